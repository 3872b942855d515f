//! The account.

use chrono::{DateTime, Utc};
use utoipa::ToSchema;
use uuid::Uuid;

/// An account.
#[derive(ToSchema)]
pub struct User {
    pub id: Uuid,
    /// In lower case.
    pub email: String,
    pub email_verified: bool,
    /// The address that waits for its confirmation.
    #[schema(required)]
    pub pending_email: Option<String>,
    #[schema(required)]
    pub name: Option<String>,
    #[schema(required)]
    pub avatar_url: Option<String>,
    /// BCP 47.
    #[schema(required)]
    pub locale: Option<String>,
    /// A name of the IANA time zone database.
    #[schema(required)]
    pub time_zone: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[schema(required)]
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

/// The account of the caller.
#[derive(ToSchema)]
pub struct UserAnswer {
    pub user: User,
}

/// What to change; what is absent stays.
#[derive(ToSchema)]
pub struct UserChange {
    /// 1 to 128 characters.
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// An https URL, or null for none.
    pub avatar_url: Option<String>,
    /// BCP 47.
    #[schema(nullable = false)]
    pub locale: Option<String>,
    /// A name of the IANA time zone database.
    #[schema(nullable = false)]
    pub time_zone: Option<String>,
    /// The address to change to once a link that is mailed there has been pressed. Needs a fresh sign-in.
    #[schema(nullable = false)]
    pub email: Option<String>,
}
