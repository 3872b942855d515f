//! The notices above a form that failed.

use keywright_web::Problem;
use keywright_web::error_code::ErrorCode;

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
            ErrorCode::ValidationFailed => Self::BadAddress,
            ErrorCode::InvalidToken => Self::WrongCode,
            ErrorCode::NotFound => Self::NoSuchDevice,
            ErrorCode::RateLimited => Self::TooMany,
            ErrorCode::Unavailable => Self::Unavailable,
            _ => Self::Broken,
        }
    }
}
