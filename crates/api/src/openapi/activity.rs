//! What happened to the account.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::Meta;

#[derive(ToSchema)]
pub struct Activity {
    pub id: Uuid,
    /// New kinds may come.
    #[schema(examples("signed_in"))]
    pub event: String,
    pub occurred_at: DateTime<Utc>,
    /// Null once it is older than its retention.
    #[schema(required, value_type = Option<String>)]
    pub ip_address: Option<IpAddr>,
    /// Null once it is older than its retention.
    #[schema(required)]
    pub user_agent: Option<String>,
    #[schema(required)]
    pub client_id: Option<String>,
    #[schema(required)]
    pub session_id: Option<Uuid>,
    /// What else there is to say of an event of this kind.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

#[derive(ToSchema)]
pub struct Activities {
    pub data: Vec<Activity>,
    pub meta: Meta,
}
