//! The domain of Keywright: models, pure transitions and ports.
//!
//! Each concept is a folder with the same three files: `mod.rs` says what it is (types, states and the
//! pure transitions between them), `port.rs` what it needs remembered (commands and their outcomes), and
//! `flow.rs` holds its use cases. Nothing here names a database, a web framework or a runtime.

pub mod access_token;
pub mod action;
pub mod activity;
pub mod client;
pub mod client_info;
pub mod clock;
pub mod credential;
pub mod device_authorization;
pub mod email;
pub mod email_change;
pub mod entropy;
pub mod error;
pub mod health;
pub mod id;
pub mod magic_link;
pub mod mail;
pub mod organization;
pub mod page;
pub mod passkey;
pub mod rate_limit;
pub mod request_context;
pub mod resource_server;
pub mod retention;
pub mod secret;
pub mod security_event;
pub mod session;
pub mod signing_key;
pub mod stores;
pub mod user;
pub mod user_agent;
pub mod wait_budget;

pub use error::StoreError;
pub use request_context::RequestContext;
pub use stores::Stores;
