//! Signing in by mail.

use utoipa::ToSchema;
use uuid::Uuid;

use super::session::TokenType;
use super::user::User;

#[derive(ToSchema)]
pub struct MagicLinkRequest {
    #[schema(examples("user@example.com"))]
    pub email: String,
    /// A path on this server, or a URL on one of `magic_link.redirect_origins`. It comes back from `verify`.
    #[schema(examples("/account"))]
    pub redirect_to: Option<String>,
}

/// The same whether or not the address has an account.
#[derive(ToSchema)]
pub struct MagicLinkAnswer {
    pub message: String,
    /// What the code from the mail is sent with.
    pub request_id: Uuid,
    /// In seconds.
    #[schema(examples(900))]
    pub expires_in: i64,
}

/// What proves that the mail has arrived.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum VerifyRequest {
    Token(VerifyToken),
    Code(VerifyCode),
}

/// By the link.
#[derive(ToSchema)]
pub struct VerifyToken {
    /// `kwm_…`, from the fragment of the link.
    pub token: String,
    pub session: Option<SessionWanted>,
    /// A public client [default: web].
    pub client_id: Option<String>,
}

/// By the six digits, on the device that asked.
#[derive(ToSchema)]
pub struct VerifyCode {
    /// From the answer to the request for the link.
    pub request_id: Uuid,
    #[schema(pattern = "^[0-9]{6}$")]
    pub code: String,
    pub session: Option<SessionWanted>,
    /// A public client [default: web].
    pub client_id: Option<String>,
}

/// Sets a cookie for a browser instead of answering with tokens. Only from the server's own pages.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionWanted {
    Cookie,
}

/// Who has signed in, with tokens unless a cookie was asked for.
#[derive(ToSchema)]
pub struct SignIn {
    pub user: User,
    /// Whether the account has just been made.
    pub new_user: bool,
    #[schema(nullable = false)]
    pub redirect_to: Option<String>,
    #[schema(nullable = false)]
    pub access_token: Option<String>,
    #[schema(nullable = false)]
    pub token_type: Option<TokenType>,
    /// Of the access token, in seconds.
    #[schema(nullable = false)]
    pub expires_in: Option<i64>,
    #[schema(nullable = false)]
    pub refresh_token: Option<String>,
}
