//! The errors of the use cases, as clients are told.

use actix_web::http::StatusCode;
use keywright_domain::passkey::port::CeremonyFailed;
use keywright_service::device_authorization::{BeginError, DecideError, PollError};
use keywright_service::email_change::AskError;
use keywright_service::magic_link::{RequestError, VerifyError};
use keywright_service::passkey::{ManageError, RegisterError, SignInError};
use keywright_service::session::RefreshError;
use keywright_service::session::manage::EndError;
use keywright_service::signing_key::VerificationError;
use keywright_service::user::{ChangeProfileError, DeleteError};
use tracing::Level;

use crate::error_code::ErrorCode;
use crate::problem::Problem;
use crate::rate_limit::whole_seconds;
use crate::time::seconds;

impl From<BeginError> for Problem {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::UnknownClient(error) => {
                let problem =
                    Self::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidClient, error.to_string());
                problem.with_challenge("Bearer".to_owned())
            }
            BeginError::BadClientName(error) => Self::invalid_request(error.to_string()),
            BeginError::Store(error) => error.into(),
        }
    }
}

impl From<PollError> for Problem {
    fn from(error: PollError) -> Self {
        let refused = |code| Self::new(StatusCode::BAD_REQUEST, code, error.to_string());
        match error {
            PollError::AuthorizationPending => refused(ErrorCode::AuthorizationPending),
            PollError::SlowDown { interval } => refused(ErrorCode::SlowDown).with_interval(seconds(interval)),
            PollError::AccessDenied => refused(ErrorCode::AccessDenied),
            PollError::ExpiredToken => refused(ErrorCode::ExpiredToken),
            PollError::InvalidGrant => refused(ErrorCode::InvalidGrant),
            PollError::Store(error) => error.into(),
            PollError::Signing(error) => error.into(),
        }
    }
}

impl From<DecideError> for Problem {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::NotFound => Self::not_found(error.to_string()),
            DecideError::AlreadyDecided => Self::conflict(error.to_string()),
            DecideError::OpenedByDevice => Self::forbidden(error.to_string()),
            DecideError::NotFresh => Self::reauthentication_required(),
            DecideError::SessionOver => Self::invalid_token(error.to_string()),
            DecideError::TooManyMisses { retry_after } => Self::rate_limited(whole_seconds(retry_after)),
            DecideError::Store(error) => error.into(),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Email(error) => Self::validation("email", &error.to_string()),
            RequestError::RedirectTo(error) => Self::validation("redirect_to", &error.to_string()),
            RequestError::OverBudget { retry_after } => Self::rate_limited(whole_seconds(retry_after)),
            RequestError::Store(error) => error.into(),
        }
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Refused => Self::invalid_token(error.to_string()),
            VerifyError::UnknownClient(_) => Self::validation("client_id", "is not a registered client"),
            VerifyError::Store(error) => error.into(),
            VerifyError::Signing(error) => error.into(),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::NotFresh => Self::reauthentication_required(),
            RegisterError::Name(error) => Self::validation("name", &error.to_string()),
            RegisterError::Refused(ref cause) => invalid_credential(StatusCode::BAD_REQUEST, &error, cause),
            RegisterError::AlreadyRegistered | RegisterError::TooMany => Self::conflict(error.to_string()),
            RegisterError::Gone => Self::invalid_token(error.to_string()),
            RegisterError::Ceremony(ref cause) => defect(cause),
            RegisterError::Store(error) => error.into(),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused(ref cause) => invalid_credential(StatusCode::UNAUTHORIZED, &error, cause),
            SignInError::UnknownPasskey => {
                invalid_credential(StatusCode::UNAUTHORIZED, &error, "the passkey is unknown")
            }
            SignInError::UnknownClient(_) => Self::validation("client_id", "is not a registered client"),
            SignInError::Ceremony(ref cause) => defect(cause),
            SignInError::Store(error) => error.into(),
            SignInError::Signing(error) => error.into(),
        }
    }
}

impl From<ManageError> for Problem {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::NotFresh => Self::reauthentication_required(),
            ManageError::Name(error) => Self::validation("name", &error.to_string()),
            ManageError::NotFound => Self::not_found(error.to_string()),
            ManageError::LastCredential => {
                Self::new(StatusCode::CONFLICT, ErrorCode::LastCredential, error.to_string())
            }
            ManageError::Store(error) => error.into(),
        }
    }
}

impl From<VerificationError> for Problem {
    fn from(error: VerificationError) -> Self {
        match error {
            VerificationError::Invalid(error) => Self::invalid_token(error.to_string()),
            VerificationError::Store(error) => error.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::InvalidGrant => {
                Self::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidGrant, error.to_string())
            }
            RefreshError::Store(error) => error.into(),
            RefreshError::Signing(error) => error.into(),
        }
    }
}

impl From<EndError> for Problem {
    fn from(error: EndError) -> Self {
        match error {
            EndError::NotFound => Self::not_found(error.to_string()),
            EndError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteError> for Problem {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::NotFresh => Self::reauthentication_required(),
            DeleteError::LastOwner => Self::conflict(error.to_string()),
            DeleteError::Gone => Self::invalid_token(error.to_string()),
            DeleteError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeProfileError> for Problem {
    fn from(error: ChangeProfileError) -> Self {
        match error {
            ChangeProfileError::Invalid(errors) => Self::validations(errors),
            ChangeProfileError::Gone => Self::invalid_token("the account is gone"),
            ChangeProfileError::Store(error) => error.into(),
        }
    }
}

fn invalid_credential(status: StatusCode, error: &dyn std::error::Error, cause: &str) -> Problem {
    // The cause may quote the request.
    let cause: String = cause.chars().take(200).collect();
    let problem = Problem::new(status, ErrorCode::InvalidCredential, error.to_string());
    let problem = problem.caused_by(Level::INFO, "passkey rejected", &cause);
    if status == StatusCode::UNAUTHORIZED { problem.with_challenge("Bearer".to_owned()) } else { problem }
}

fn defect(cause: &CeremonyFailed) -> Problem {
    Problem::internal().caused_by(Level::ERROR, "passkey ceremony failed to start", &cause)
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::NotFresh => Self::reauthentication_required(),
            AskError::Invalid => Self::validations([("email", "is not an e-mail address")]),
            AskError::Profile(errors) => Self::validations(errors),
            AskError::OverBudget { retry_after } => Self::rate_limited(whole_seconds(retry_after)),
            AskError::Gone => Self::invalid_token(error.to_string()),
            AskError::Store(error) => error.into(),
        }
    }
}

/// Like the others, with what lets the page tell the authenticator (WebAuthn §5.1.10.2).
pub fn unknown_passkey(error: &SignInError) -> Problem {
    let alike = invalid_credential(StatusCode::UNAUTHORIZED, error, "the passkey is unknown");
    alike.with_detail("credential", "is not known here")
}
