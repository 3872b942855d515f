//! What clients are told of a ceremony or a passkey that is no good.

use actix_web::http::StatusCode;
use keywright_domain::passkey::flow::{ManageError, RegisterError, SignInError};
use keywright_domain::passkey::port::CeremonyFailed;

use crate::problem::Problem;

fn invalid_credential(status: StatusCode, error: &dyn std::error::Error, cause: &str) -> Problem {
    // It may quote what was sent.
    let cause: String = cause.chars().take(200).collect();
    tracing::info!(error.cause = cause, "a passkey was not accepted");
    let problem = Problem::new(status, "invalid_credential", error.to_string());
    if status == StatusCode::UNAUTHORIZED { problem.with_challenge("Bearer".to_owned()) } else { problem }
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
                Self::new(StatusCode::CONFLICT, "last_credential", error.to_string())
            }
            ManageError::Store(error) => error.into(),
        }
    }
}

/// Like the others, with what lets the page tell the authenticator (WebAuthn §5.1.10.2).
pub(super) fn unknown_passkey(error: &SignInError) -> Problem {
    let alike = invalid_credential(StatusCode::UNAUTHORIZED, error, "the passkey is unknown");
    let mut problem =
        Problem::validation("credential", "is not known here").with_challenge("Bearer".to_owned());
    (problem.status, problem.code, problem.message) = (alike.status, alike.code, alike.message);
    problem
}

fn defect(cause: &CeremonyFailed) -> Problem {
    tracing::error!(error.cause = %cause, "a passkey ceremony could not be begun");
    Problem::internal()
}
