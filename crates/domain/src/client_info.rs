//! Where a request came from, as far as the server believes it.

use std::net::IpAddr;

/// The address and the user agent of a request. Either may be unknown, or cleared once it is old.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientInfo {
    pub ip: Option<IpAddr>,
    pub user_agent: Option<UserAgent>,
}

/// User agent of a client: at most [`UserAgent::MAX`] characters, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// Largest number of characters kept.
    pub const MAX: usize = 256;

    /// The presentable part of `raw`; none if nothing is left.
    pub fn new(raw: &str) -> Option<Self> {
        let kept: String = raw.chars().filter(|c| !c.is_control()).take(Self::MAX).collect();
        let kept = kept.trim();
        (!kept.is_empty()).then(|| Self(kept.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
