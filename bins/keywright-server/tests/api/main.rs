//! The API over real HTTP, one file a concept, mirroring the URL tree. Every test has a server and a store of
//! its own, and moves the clock instead of sleeping.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod action;
mod activity;
pub(crate) mod authenticator;
mod conventions;
mod cors;
mod delete_me;
mod device;
mod device_flow;
mod device_misses;
mod device_page;
mod device_verify;
mod device_wait;
mod discovery;
mod email_change;
mod forwarded;
pub(crate) mod harness;
mod introspect;
mod logout;
mod magic_link;
mod magic_link_budget;
mod mail;
mod main_job;
mod me;
mod metrics;
mod no_oracle;
mod openapi;
mod organizations;
mod passkey;
mod passkey_login;
mod passkey_register;
mod personal_data;
mod production;
mod rate_limit;
mod refresh;
mod retention;
mod revoke;
mod sessions;
mod signing_key;
mod stock_client;
mod token;
