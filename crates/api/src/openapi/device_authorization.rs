//! The device flow and the token endpoint.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use utoipa::{IntoParams, ToSchema};

/// RFC 8628 §3.1.
#[derive(ToSchema)]
pub struct DeviceRequest {
    /// A public client [default: cli].
    pub client_id: Option<String>,
    /// Unknown scopes are dropped.
    pub scope: Option<String>,
    /// Up to 64 letters, digits, spaces and `. _ - ( ) '`; shown to the person as unverified.
    pub client_name: Option<String>,
}

/// RFC 8628 §3.2.
#[derive(ToSchema)]
pub struct DeviceAnswer {
    /// `kwd_…`: what the device polls with.
    pub device_code: String,
    #[schema(examples("WDJB-MJHT"))]
    pub user_code: String,
    pub verification_uri: String,
    pub verification_uri_complete: String,
    /// In seconds.
    #[schema(examples(600))]
    pub expires_in: i64,
    /// How many seconds to leave between polls.
    #[schema(examples(5))]
    pub interval: i64,
}

/// What tokens are granted for.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum TokenRequest {
    DeviceCode(DeviceCodeGrant),
    RefreshToken(RefreshTokenGrant),
}

/// RFC 8628 §3.4.
#[derive(ToSchema)]
pub struct DeviceCodeGrant {
    /// May be left out.
    pub grant_type: Option<DeviceCodeGrantType>,
    pub device_code: String,
    /// The client that started the flow.
    pub client_id: Option<String>,
    /// For how many seconds the answer may wait for the decision [default: 0].
    #[schema(minimum = 1, maximum = 30)]
    pub wait: Option<i64>,
}

#[derive(ToSchema)]
pub enum DeviceCodeGrantType {
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
}

/// RFC 6749 §6.
#[derive(ToSchema)]
pub struct RefreshTokenGrant {
    pub grant_type: RefreshTokenGrantType,
    pub refresh_token: String,
    /// The client that the session was opened for.
    pub client_id: Option<String>,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefreshTokenGrantType {
    RefreshToken,
}

/// Which device.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeviceQuery {
    /// Case, spaces and hyphens do not matter.
    #[param(example = "WDJB-MJHT")]
    pub user_code: String,
}

/// What the person is asked to decide about.
#[derive(ToSchema)]
pub struct DeviceAuthorization {
    pub user_code: String,
    pub client_id: String,
    /// What the device calls itself: unverified.
    #[schema(required)]
    pub client_name: Option<String>,
    pub requested_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// Null once it is older than its retention.
    #[schema(required, value_type = Option<String>)]
    pub ip_address: Option<IpAddr>,
    #[schema(required)]
    pub user_agent: Option<String>,
    pub status: DeviceStatus,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStatus {
    Pending,
    Approved,
    Denied,
    Claimed,
}

#[derive(ToSchema)]
pub struct DeviceAuthorizationAnswer {
    pub device_authorization: DeviceAuthorization,
}

#[derive(ToSchema)]
pub struct DecisionRequest {
    /// Case, spaces and hyphens do not matter.
    #[schema(examples("WDJB-MJHT"))]
    pub user_code: String,
    /// [default: approve]
    pub action: Option<DecisionAction>,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionAction {
    Approve,
    Deny,
}

#[derive(ToSchema)]
pub struct DecisionAnswer {
    pub status: DecisionStatus,
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionStatus {
    Approved,
    Denied,
}
