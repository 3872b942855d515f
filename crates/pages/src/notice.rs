//! The notices above a form that failed.

use keywright_web::Problem;

/// The reason why a form failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    BadAddress,
    /// Not six digits. It is not counted as a wrong code.
    BadCode,
    WrongCode,
    /// The form lacks a field that this server put into it.
    StartAgain,
    NoSuchDevice,
    TooMany,
    Unavailable,
    Broken,
}

impl Notice {
    /// The notice about `problem`.
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
