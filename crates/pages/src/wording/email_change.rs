//! The shape of what /account says about the e-mail address.

use super::Around;
use super::account::Field;

#[derive(Debug)]
pub struct EmailChange {
    pub heading: &'static str,
    /// Around the address.
    pub now: Around,
    /// Around the address that is wanted.
    pub pending: Around,
    pub new: Field,
    pub button: &'static str,
    /// After the sign-in that it took.
    pub go_on: &'static str,
    pub too_many: &'static str,
}
