//! What a page says above its form when the form did not do what it should. The texts are in
//! `templates/notice.html`; here is only which one it is.

use keywright_http::Problem;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    BadAddress,
    /// Not six digits: it cannot be right, so it is not counted as a wrong one either.
    BadCode,
    WrongCode,
    /// The form was not as this server made it.
    StartAgain,
    NoSuchDevice,
    TooMany,
    Unavailable,
    Broken,
}

impl Notice {
    /// What `problem` means to whoever sent the form.
    pub fn of(problem: &Problem) -> Self {
        match problem.code {
            "validation_failed" => Self::BadAddress,
            "invalid_token" => Self::WrongCode,
            "not_found" => Self::NoSuchDevice,
            "rate_limited" => Self::TooMany,
            "unavailable" => Self::Unavailable,
            _ => Self::Broken,
        }
    }
}
