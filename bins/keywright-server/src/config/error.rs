//! Why a configuration was refused, as one sentence for the person who starts the server.

use std::fmt;

use super::source::Source;

/// Every variant's text names the key or file, where the value came from, and the remedy. None holds a
/// secret, so all of it may be printed and logged.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file is missing although it was named, or cannot be read.
    #[error("the configuration file {0}")]
    File(Box<Refusal>),
    /// A key of the file that no setting has.
    #[error("{0}")]
    UnknownKey(Box<Refusal>),
    /// A value that its key does not take.
    #[error("{0}")]
    BadValue(Box<Refusal>),
    /// Values that are good by themselves and may not go together.
    #[error("{0}")]
    Unsafe(Box<Refusal>),
    /// The secret's file is missing, unreadable, or holds something else.
    #[error("secret_file {0}")]
    SecretFile(Box<Refusal>),
}

/// The parts of the sentence.
#[derive(Debug)]
pub struct Refusal {
    /// The key with its section, or the file.
    pub subject: String,
    /// Where it came from.
    pub from: Source,
    /// What is wrong with it.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

impl Refusal {
    pub(super) fn new(
        subject: impl fmt::Display,
        from: &Source,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (subject, from) = (subject.to_string(), from.clone());
        Self { subject, from, reason: reason.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, from, reason, remedy } = self;
        write!(f, "{subject} ({from}) {reason}; {remedy}")
    }
}
