//! The shape of what /action says.

use super::{Around, Linked, Told};

/// /action
#[derive(Debug)]
pub struct Actions {
    pub refused: Told,
    /// Under the text of a link that is refused.
    pub see_account: Linked,
    pub end_device: ActionWords,
    pub prove_email: ActionWords,
    pub undo_email: ActionWords,
    pub old: &'static str,
    pub new: &'static str,
}

/// What is said about one action; the texts are around the address of whose account it is.
#[derive(Debug)]
pub struct ActionWords {
    /// It can be done.
    pub open: Step,
    /// It has been done just now.
    pub done: Step,
    /// There is nothing left to do.
    pub over: Step,
    pub button: &'static str,
}

#[derive(Debug)]
pub struct Step {
    pub heading: &'static str,
    pub text: Around,
}
