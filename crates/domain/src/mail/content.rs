//! Contents of mails.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::client::ClientName;
use crate::client_info::ClientInfo;
use crate::credential::{Credential, SignInCode};
use crate::email::EmailAddress;
use crate::id::MailId;

/// A mail with everything that it says. Its secrets do not show in `Debug`.
#[derive(Clone, Debug)]
pub struct OutgoingMail {
    pub id: MailId,
    pub to: EmailAddress,
    pub date: DateTime<Utc>,
    pub content: MailContent,
}

/// The content of a mail, by its template.
#[derive(Clone, Debug)]
pub enum MailContent {
    MagicLink(MagicLinkContent),
    DeviceApproved(DeviceApprovedContent),
    RefreshReuse(RefreshReuseContent),
    Passkey(PasskeyContent),
    /// To the new address: it is taken when the action is done.
    EmailChangeAsked(EmailChangeContent),
    /// To the old address: the action undoes it.
    EmailChanged(EmailChangeContent),
}

/// A link to a page that shows what it would do, and does it when a button there is pressed.
#[derive(Clone, Debug)]
pub struct ActionLink {
    pub page: Url,
    pub token: Credential,
}

impl ActionLink {
    /// The link. Its page works without a script, so the token is in the query (docs/adr/0004).
    pub fn link(&self) -> String {
        format!("{}?token={}", self.page, self.token.expose())
    }
}

/// A device that its recipient has approved.
#[derive(Clone, Debug)]
pub struct DeviceApprovedContent {
    /// Registered name of the client.
    pub client: String,
    /// Name that the device claims; unverified.
    pub client_name: Option<ClientName>,
    /// Where the device asked from.
    pub device: ClientInfo,
    pub requested_at: DateTime<Utc>,
    pub approved_at: DateTime<Utc>,
    /// Ends its session.
    pub end: ActionLink,
}

/// A session that was ended because two held its refresh token.
#[derive(Clone, Debug)]
pub struct RefreshReuseContent {
    /// Registered name of the client.
    pub client: String,
    /// Name that the device claims; unverified.
    pub client_name: Option<ClientName>,
    /// Where it was opened.
    pub opened_from: ClientInfo,
    pub opened_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    /// Where the recipient sees what else is signed in.
    pub account: Url,
}

/// An event of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyNews {
    Added,
    Removed,
    /// It was presented with a counter that did not rise, as a copy would be (WebAuthn §6.1.1), and was refused.
    CounterRejected,
}

/// An event of one of the recipient's passkeys.
#[derive(Clone, Debug)]
pub struct PasskeyContent {
    pub news: PasskeyNews,
    /// Name of the passkey.
    pub name: String,
    pub at: DateTime<Utc>,
    /// The client that did it.
    pub by: ClientInfo,
    /// Where the recipient sees and removes passkeys.
    pub account: Url,
}

/// A change of an account's address.
#[derive(Clone, Debug)]
pub struct EmailChangeContent {
    pub old: EmailAddress,
    pub new: EmailAddress,
    /// When it was asked for, or done.
    pub at: DateTime<Utc>,
    /// The client that asked.
    pub requester: ClientInfo,
    pub action: ActionLink,
    /// Time in which the action can be done.
    pub lifetime: TimeDelta,
}

/// A link and a code for signing in.
#[derive(Clone, Debug)]
pub struct MagicLinkContent {
    /// The page that the link opens.
    pub page: Url,
    /// Token in the fragment of the link.
    pub token: Credential,
    pub code: SignInCode,
    /// Lifetime of both, from the request on.
    pub lifetime: TimeDelta,
    /// The client that asked.
    pub requester: ClientInfo,
}

impl MagicLinkContent {
    /// The link. The token is in the fragment, so that no server, proxy, referrer or scanner sees it.
    pub fn link(&self) -> String {
        format!("{}#token={}", self.page, self.token.expose())
    }
}

/// A letter as it is sent and shown. Holds secrets: neither log nor store it.
#[derive(Clone)]
pub struct RenderedMail {
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
pub struct RenderingFailed(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Writes letters out.
pub trait MailRenderer: Send + Sync {
    /// The letter as text and as HTML.
    fn render(&self, mail: &OutgoingMail) -> Result<RenderedMail, RenderingFailed>;
}
