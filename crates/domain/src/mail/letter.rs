//! What a mail says.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::credential::{Credential, SignInCode};
use crate::email::EmailAddress;
use crate::id::MailId;
use crate::origin::Origin;

/// A mail with everything that it says. Its secrets do not show in `Debug`.
#[derive(Clone, Debug)]
pub struct Letter {
    pub id: MailId,
    pub to: EmailAddress,
    pub date: DateTime<Utc>,
    pub content: Content,
}

/// What it says, by its template.
#[derive(Clone, Debug)]
pub enum Content {
    MagicLink(MagicLinkLetter),
}

/// A link and a code for signing in.
#[derive(Clone, Debug)]
pub struct MagicLinkLetter {
    /// The page that the link opens.
    pub page: Url,
    /// What the link carries in its fragment.
    pub token: Credential,
    pub code: SignInCode,
    /// How long both are good from the request on.
    pub lifetime: TimeDelta,
    /// Who asked.
    pub requester: Origin,
}

impl MagicLinkLetter {
    /// The link. The token is in the fragment, so that no server, proxy, referrer or scanner sees it.
    pub fn link(&self) -> String {
        format!("{}#token={}", self.page, self.token.expose())
    }
}

/// A letter as it is sent and shown. Holds secrets: neither log nor store it.
#[derive(Clone)]
pub struct Message {
    pub id: MailId,
    pub to: EmailAddress,
    pub date: DateTime<Utc>,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The letter could not be written out: a defect.
#[derive(Debug, thiserror::Error)]
#[error("the letter could not be written out: {0}")]
pub struct TypesettingFailed(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Writes letters out.
pub trait Typesetter: Send + Sync {
    /// The letter as text and as HTML.
    fn set(&self, letter: &Letter) -> Result<Message, TypesettingFailed>;
}
