//! Discovery and health.

use utoipa::ToSchema;

/// RFC 8414 §2.
#[derive(ToSchema)]
pub struct Metadata {
    pub issuer: String,
    pub token_endpoint: String,
    pub device_authorization_endpoint: String,
    pub revocation_endpoint: String,
    pub introspection_endpoint: String,
    pub jwks_uri: String,
    pub grant_types_supported: Vec<String>,
    pub response_types_supported: Vec<String>,
    pub token_endpoint_auth_methods_supported: Vec<String>,
    pub revocation_endpoint_auth_methods_supported: Vec<String>,
    pub introspection_endpoint_auth_methods_supported: Vec<String>,
}

/// RFC 7517 §5.
#[derive(ToSchema)]
pub struct KeySet {
    pub keys: Vec<Key>,
}

/// A public key: RFC 7517 §4, with the members of its type.
#[derive(ToSchema)]
pub struct Key {
    pub kty: String,
    pub kid: String,
    pub alg: String,
    /// `sig`
    pub r#use: String,
}

#[derive(ToSchema)]
pub struct Health {
    #[schema(examples("ok"))]
    pub status: String,
}

/// Where passkey managers send people.
#[derive(ToSchema)]
pub struct PasskeyEndpoints {
    pub enroll: String,
    pub manage: String,
}

/// WebAuthn Level 3 §5.11.1.
#[derive(ToSchema)]
pub struct RelatedOrigins {
    pub origins: Vec<String>,
}
