//! Letters that tell the owner of an account what happened to it: all in one form.

use askama::Template;
use chrono::{DateTime, Utc};
use keywright_domain::client::ClientName;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::mail::{
    DeviceApprovedContent, EmailChangeContent, PasskeyContent, PasskeyNews, RefreshReuseContent,
};

use super::in_words;
use keywright_domain::user_agent;

/// A notice: an event, and the one link that helps.
pub(super) struct Notice {
    pub subject: String,
    /// The event, in a sentence or two.
    pub opening: String,
    /// A name and what goes by it.
    pub facts: Vec<(&'static str, String)>,
    /// Purpose of the link.
    pub invitation: &'static str,
    pub link: String,
    pub closing: String,
}

#[derive(Template)]
#[template(path = "notice.txt")]
struct Text<'a> {
    notice: &'a Notice,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Html<'a> {
    notice: &'a Notice,
}

impl Notice {
    /// Subject, text and HTML.
    pub(super) fn render(self) -> askama::Result<(String, String, String)> {
        let text = Text { notice: &self }.render()?;
        let html = Html { notice: &self }.render()?;
        Ok((self.subject, text, html))
    }

    /// A device was approved.
    pub(super) fn device_approved(host: &str, letter: &DeviceApprovedContent) -> Self {
        let facts = [
            device(&letter.client, letter.client_name.as_ref()),
            origin(&letter.device),
            vec![("Asked", date(letter.requested_at)), ("Approved", date(letter.approved_at))],
        ];
        Self {
            subject: format!("A device was approved at {host}"),
            opening: format!("A device was approved, which signs it in to your account at {host}."),
            facts: facts.concat(),
            invitation: "Was that not you? Open this link, and press the button there, to sign the device out:",
            link: letter.end.link(),
            closing: "The link is good for 7 days. If it was you, there is nothing to do.".to_owned(),
        }
    }

    /// A refresh token was presented by two.
    pub(super) fn refresh_reuse(host: &str, letter: &RefreshReuseContent) -> Self {
        let facts = [
            device(&letter.client, letter.client_name.as_ref()),
            origin(&letter.opened_from),
            vec![("Signed in", date(letter.opened_at)), ("Ended", date(letter.ended_at))],
        ];
        Self {
            subject: format!("A session at {host} was ended for safety"),
            opening: format!(
                "A credential of your account at {host} was used a second time, as happens when somebody has \
                 copied it. So the session that it belongs to was ended at once."
            ),
            facts: facts.concat(),
            invitation: "See what else is signed in to your account, and end what you do not know:",
            link: letter.account.to_string(),
            closing: "To go on with the device above, sign it in again. A backup or a copied folder can cause this, \
                      too; if it happens again, look for malware on the device."
                .to_owned(),
        }
    }

    /// Something happened to a passkey.
    pub(super) fn passkey(host: &str, letter: &PasskeyContent) -> Self {
        let (subject, opening, closing) = match letter.news {
            PasskeyNews::Added => (
                format!("A passkey was added at {host}"),
                format!("A passkey was added to your account at {host}. Whoever has it can sign in."),
                "If it was you, there is nothing to do. If not, remove it there and end the sessions you do not know.",
            ),
            PasskeyNews::Removed => (
                format!("A passkey was removed at {host}"),
                format!(
                    "A passkey was removed from your account at {host}. Nobody can sign in with it any more."
                ),
                "If it was you, there is nothing to do. If not, end the sessions that you do not know there.",
            ),
            PasskeyNews::CounterRejected => (
                format!("A passkey was refused at {host}"),
                format!(
                    "A passkey of your account at {host} was presented in a state that it had been in before, as happens \
                     when somebody has copied it. It was refused, and nobody was signed in."
                ),
                "If you do not know why, remove this passkey there and add a new one.",
            ),
        };
        let name = vec![("Passkey", letter.name.clone())];
        Self {
            subject,
            opening,
            facts: [name, origin(&letter.by), vec![("When", date(letter.at))]].concat(),
            invitation: "Your passkeys and what is signed in to your account:",
            link: letter.account.to_string(),
            closing: closing.to_owned(),
        }
    }

    /// An address is to be taken.
    pub(super) fn email_change_asked(host: &str, letter: &EmailChangeContent) -> Self {
        Self {
            subject: format!("Confirm your address for {host}"),
            opening: format!("This address was entered as the new one of an account at {host}."),
            facts: change(letter, "Asked"),
            invitation: "Was that you? Open this link, and press the button there, to confirm it:",
            link: letter.action.link(),
            closing: format!(
                "The link is good for {}. Was that not you? Then ignore this mail: without it nothing changes.",
                in_words(letter.lifetime)
            ),
        }
    }

    /// An address was changed.
    pub(super) fn email_changed(host: &str, letter: &EmailChangeContent) -> Self {
        Self {
            subject: format!("Your address at {host} was changed"),
            opening: format!("The address of your account at {host} is another one now."),
            facts: change(letter, "Changed"),
            invitation: "Was that not you? Open this link, and press the button there, to undo it:",
            link: letter.action.link(),
            closing: format!(
                "The link is good for {}. If it was you, there is nothing to do.",
                in_words(letter.lifetime)
            ),
        }
    }
}

fn device(client: &str, client_name: Option<&ClientName>) -> Vec<(&'static str, String)> {
    let name = client_name.map(|name| ("Name (unverified)", name.as_str().to_owned()));
    std::iter::once(("Program", client.to_owned())).chain(name).collect()
}

fn origin(origin: &ClientInfo) -> Vec<(&'static str, String)> {
    let ip = origin.ip.map(|ip| ("Address", ip.to_canonical().to_string()));
    let words = origin.user_agent.as_ref().and_then(|agent| user_agent::in_words(agent.as_str()));
    ip.into_iter().chain(words.map(|words| ("By (unverified)", words))).collect()
}

fn change(letter: &EmailChangeContent, when: &'static str) -> Vec<(&'static str, String)> {
    let addresses = vec![("Old", letter.old.to_string()), ("New", letter.new.to_string())];
    [addresses, origin(&letter.requester), vec![(when, date(letter.at))]].concat()
}

/// `24 November 2026, 07:02 UTC`
fn date(instant: DateTime<Utc>) -> String {
    instant.format("%-d %B %Y, %H:%M UTC").to_string()
}
