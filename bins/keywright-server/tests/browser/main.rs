//! The pages in a real Chromium. Every test has its own server, store and browser; it waits for the browser
//! in short steps, within a bound.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod accessibility;
mod authenticator;
mod browser;
mod chromedriver;
mod device_verify;
mod email_change;
mod magic_link;
mod passkey;
mod passkey_sign_in;
mod policy;
mod screenshots;
#[path = "../api/harness.rs"]
#[expect(dead_code, reason = "the server that the API's tests use; here its browser does most of the asking")]
mod server;
mod session;
mod step_up;
mod without_script;
