//! Who may make an account.

use super::error::ConfigError;
use super::origin::Domain;
use super::reader::Reader;
use super::value::choice;

/// `signup.*`
#[derive(Clone, Debug)]
pub struct Signup {
    /// `signup.policy`. Default: `open`.
    pub policy: SignupPolicy,
    /// `signup.domains`: whose addresses may, under the policy `domains`. Default: none.
    pub domains: Vec<Domain>,
}

choice! {
    /// Who may make an account.
    SignupPolicy {
        /// Anybody with an e-mail address.
        Open = "open",
        /// Whose address is at one of `signup.domains`.
        Domains = "domains",
        /// Nobody: an administrator makes accounts.
        Closed = "closed",
    }
}

impl Signup {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            policy: reader.value("signup.policy", "open")?,
            domains: reader.list("signup.domains", Vec::new)?,
        })
    }
}
