//! The shape of what the pages say about passkeys.

use super::Around;
use super::account::Field;

#[derive(Debug)]
pub struct Passkeys {
    pub sign_in: SignIn,
    pub held: Held,
    pub add: Add,
    pub one: One,
    pub troubles: Troubles,
    /// While the browser asks.
    pub working: &'static str,
}

/// On /sign-in.
#[derive(Debug)]
pub struct SignIn {
    pub button: &'static str,
    pub cancelled: &'static str,
    pub unknown: &'static str,
    pub refused: &'static str,
}

/// The list on /account.
#[derive(Debug)]
pub struct Held {
    pub heading: &'static str,
    pub about: &'static str,
    pub none: &'static str,
    /// Around a span of time.
    pub added: Around,
    pub used: Around,
    pub never_used: &'static str,
    pub change: &'static str,
    pub was_added: &'static str,
    pub was_renamed: &'static str,
    pub was_removed: &'static str,
}

#[derive(Debug)]
pub struct Add {
    pub name: Field,
    pub button: &'static str,
    /// After the sign-in that it took.
    pub go_on: &'static str,
    pub no_script: &'static str,
    pub unsupported: &'static str,
    pub cancelled: &'static str,
    pub conflict: &'static str,
    pub full: &'static str,
    pub refused: &'static str,
}

/// The page of one of them.
#[derive(Debug)]
pub struct One {
    pub heading: &'static str,
    pub name: Field,
    pub rename: &'static str,
    pub remove_heading: &'static str,
    pub remove_about: &'static str,
    pub confirm: &'static str,
    pub remove: &'static str,
    /// What is told when it is the last way in.
    pub last: &'static str,
    pub unconfirmed: &'static str,
    pub back: &'static str,
}

/// What can go wrong with each.
#[derive(Debug)]
pub struct Troubles {
    pub limited: &'static str,
    pub busy: &'static str,
    pub offline: &'static str,
    pub foreign: &'static str,
}
