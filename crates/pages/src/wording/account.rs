//! The shape of what /account says.

use super::Around;

/// /account
#[derive(Debug)]
pub struct Account {
    pub heading: &'static str,
    /// Around the address.
    pub who: Around,
    pub saved: &'static str,
    pub profile: Profile,
}

#[derive(Debug)]
pub struct Profile {
    pub heading: &'static str,
    pub name: Field,
    pub avatar_url: Field,
    pub locale: Field,
    pub time_zone: Field,
    pub save: &'static str,
    pub refused: &'static str,
}

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    pub label: &'static str,
    pub hint: &'static str,
    /// What is told of a value that it cannot have.
    pub wrong: &'static str,
}
