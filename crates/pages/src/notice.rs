//! What a page says above its form when the form did not do what it should.

use keywright_web::Problem;
use keywright_web::error_code::ErrorCode;

use crate::wording::Notices;

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
            ErrorCode::ValidationFailed => Self::BadAddress,
            ErrorCode::InvalidToken => Self::WrongCode,
            ErrorCode::NotFound => Self::NoSuchDevice,
            ErrorCode::RateLimited => Self::TooMany,
            ErrorCode::Unavailable => Self::Unavailable,
            _ => Self::Broken,
        }
    }

    /// What it says.
    pub fn said_in(self, notices: &Notices) -> &'static str {
        match self {
            Self::BadAddress => notices.bad_address,
            Self::BadCode => notices.bad_code,
            Self::WrongCode => notices.wrong_code,
            Self::StartAgain => notices.start_again,
            Self::NoSuchDevice => notices.no_such_device,
            Self::TooMany => notices.too_many,
            Self::Unavailable => notices.unavailable,
            Self::Broken => notices.broken,
        }
    }
}
