//! The same API on PostgreSQL.

#[path = "api/main.rs"]
mod api;

use api::{authenticator, harness};
