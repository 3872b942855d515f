//! Findings about a configuration: mistakes that keep the server from starting, and warnings.

use std::fmt;

use super::source::Source;

/// One mistake or warning, as a sentence for the person who starts the server. Holds no secret, so all of it may be
/// printed and logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The key with its section, such as `session.idle`, or the name of the thing.
    pub key: String,
    /// Text that follows the key: the value where it can be quoted, or a path.
    pub detail: String,
    /// The source of the value. `None` if the key says it.
    pub source: Option<Source>,
    /// The end of a sentence that begins with the key.
    pub reason: String,
    /// The instruction to follow.
    pub remedy: String,
}

impl Finding {
    pub(super) fn new(
        key: impl Into<String>,
        source: &Source,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (key, source) = (key.into(), Some(source.clone()));
        Self { key, detail: String::new(), source, reason: reason.into(), remedy: remedy.into() }
    }

    pub(super) fn with_detail(self, detail: impl fmt::Display) -> Self {
        Self { detail: format!(" {detail}"), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, detail, source, reason, remedy } = self;
        write!(f, "{key}{detail} ")?;
        if let Some(source) = source {
            write!(f, "({source}) ")?;
        }
        write!(f, "{reason}; {remedy}")
    }
}

/// Every mistake of a configuration that was refused.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(pub Vec<Finding>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => only.fmt(f),
            all => {
                write!(f, "the configuration has {} mistakes:", all.len())?;
                all.iter().try_for_each(|finding| write!(f, "\n  {finding}"))
            }
        }
    }
}

impl From<Finding> for ConfigError {
    fn from(finding: Finding) -> Self {
        Self(vec![finding])
    }
}

impl ConfigError {
    /// Succeeds if there are no mistakes.
    pub(super) fn check(mistakes: Vec<Finding>) -> Result<(), Self> {
        if mistakes.is_empty() { Ok(()) } else { Err(Self(mistakes)) }
    }
}
