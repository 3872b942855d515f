//! The use cases of Keywright over the ports of the domain: parse, authorize, claim, shape the answer.
//!
//! Each concept is a file or folder with the name that it has in the domain. Nothing here names a database, a web
//! framework or a runtime.

pub mod action;
pub mod activity;
pub mod device_authorization;
pub mod email_change;
pub mod key_reload;
pub mod magic_link;
pub mod mail;
pub mod organization;
pub mod pacer;
pub mod passkey;
pub mod retention;
pub mod service;
pub mod session;
pub mod signing_key;
pub mod user;
pub mod user_code_misses;
pub mod waiting_room;

pub use service::{Rules, Service};
