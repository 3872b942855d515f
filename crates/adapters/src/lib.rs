//! The driven sides of Keywright, one external thing a file: what the ports of the domain, the stores apart, mean
//! in the world.

pub mod clock;
pub mod entropy;
pub mod inbox;
mod jwk;
pub mod jwt;
mod key_set;
pub mod mail_renderer;
mod seal;
pub mod smtp;
#[cfg(any(test, feature = "test-support"))]
pub mod test_support;
pub mod webauthn;
