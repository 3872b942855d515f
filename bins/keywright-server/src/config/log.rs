//! What is logged, and how.

use std::io::{self, IsTerminal as _};

use super::error::ConfigError;
use super::reader::Reader;
use super::value::choice;

/// `log.*`
#[derive(Clone, Debug)]
pub struct Log {
    /// `log.format`. Default: `pretty` when the standard error is a terminal, else `json`.
    pub format: LogFormat,
    /// `log.level`. Default: `info`.
    pub level: LogLevel,
}

choice! {
    /// The shape of a log line.
    LogFormat {
        /// For people.
        Pretty = "pretty",
        /// For machines: one object a line.
        Json = "json",
    }
}

choice! {
    /// The least that is logged.
    LogLevel {
        /// What failed.
        Error = "error",
        /// What may fail next.
        Warn = "warn",
        /// What happened.
        Info = "info",
        /// How it happened.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

impl Log {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            format: reader.value_or("log.format", format_of_stderr)?,
            level: reader.value("log.level", "info")?,
        })
    }
}

fn format_of_stderr() -> LogFormat {
    if io::stderr().is_terminal() { LogFormat::Pretty } else { LogFormat::Json }
}
