//! The organizations of the caller.

use chrono::{DateTime, Utc};
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::Meta;

#[derive(ToSchema)]
pub struct Organization {
    pub id: Uuid,
    pub name: String,
    pub slug: String,
    /// Of the caller.
    #[schema(examples("owner"))]
    pub role: String,
    pub created_at: DateTime<Utc>,
}

#[derive(ToSchema)]
pub struct Organizations {
    pub data: Vec<Organization>,
    pub meta: Meta,
}
