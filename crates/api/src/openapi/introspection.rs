//! Introspection.

use utoipa::ToSchema;
use uuid::Uuid;

/// RFC 7662 §2.1.
#[derive(ToSchema)]
pub struct IntrospectionRequest {
    /// An access or refresh token.
    pub token: String,
    /// Not needed.
    pub token_type_hint: Option<String>,
    /// With `client_secret`, for who does not authenticate by HTTP Basic.
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
}

/// RFC 7662 §2.2. Of a token that is not active nothing else is said.
#[derive(ToSchema)]
pub struct IntrospectionAnswer {
    pub active: bool,
    #[schema(nullable = false)]
    pub token_type: Option<super::session::TokenType>,
    #[schema(nullable = false)]
    pub token_use: Option<TokenUse>,
    #[schema(nullable = false)]
    pub client_id: Option<String>,
    #[schema(nullable = false)]
    pub iss: Option<String>,
    /// The account.
    #[schema(nullable = false)]
    pub sub: Option<Uuid>,
    #[schema(nullable = false)]
    pub aud: Option<String>,
    /// Unix seconds.
    #[schema(nullable = false)]
    pub exp: Option<i64>,
    /// Unix seconds.
    #[schema(nullable = false)]
    pub iat: Option<i64>,
    #[schema(nullable = false)]
    pub jti: Option<String>,
    /// The session.
    #[schema(nullable = false)]
    pub sid: Option<Uuid>,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenUse {
    AccessToken,
    RefreshToken,
}
