//! Letters, written out by the templates in `templates/`.
//!
//! The text part is ASCII with the link and the code on lines of their own, so that no encoding breaks them, and
//! the code is the only number of six digits that stands alone in it.

mod notice;
#[cfg(test)]
mod notice_tests;

use askama::Template;
use chrono::TimeDelta;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::mail::content::RenderedMail;
use keywright_domain::mail::{MagicLinkContent, MailContent, MailRenderer, OutgoingMail, RenderingFailed};
use keywright_domain::user_agent;
use url::Url;

use self::notice::Notice;

/// Writes letters in English.
#[derive(Clone, Debug)]
pub struct AskamaMailRenderer {
    host: String,
}

struct MagicLink<'a> {
    host: &'a str,
    link: String,
    code: &'a str,
    lifetime: String,
    /// The client that asked, after "asked for".
    requester: Option<String>,
}

#[derive(Template)]
#[template(path = "magic_link.txt")]
struct MagicLinkText<'a> {
    mail: &'a MagicLink<'a>,
}

#[derive(Template)]
#[template(path = "magic_link.html")]
struct MagicLinkHtml<'a> {
    mail: &'a MagicLink<'a>,
}

impl AskamaMailRenderer {
    /// Writes in the name of the server at `public_url`.
    pub fn new(public_url: &Url) -> Self {
        Self { host: public_url.host_str().unwrap_or("Keywright").to_owned() }
    }

    fn magic_link(&self, mail: &MagicLinkContent) -> askama::Result<(String, String, String)> {
        let mail = MagicLink {
            host: &self.host,
            link: mail.link(),
            code: mail.code.expose(),
            lifetime: in_words(mail.lifetime),
            requester: requester(&mail.requester),
        };
        let text = MagicLinkText { mail: &mail }.render()?;
        let html = MagicLinkHtml { mail: &mail }.render()?;
        Ok((format!("Sign in to {}", self.host), text, html))
    }
}

impl MailRenderer for AskamaMailRenderer {
    fn render(&self, mail: &OutgoingMail) -> Result<RenderedMail, RenderingFailed> {
        let rendered = match &mail.content {
            MailContent::MagicLink(content) => self.magic_link(content),
            MailContent::DeviceApproved(content) => Notice::device_approved(&self.host, content).render(),
            MailContent::RefreshReuse(content) => Notice::refresh_reuse(&self.host, content).render(),
            MailContent::Passkey(content) => Notice::passkey(&self.host, content).render(),
            MailContent::EmailChangeAsked(content) => {
                Notice::email_change_asked(&self.host, content).render()
            }
            MailContent::EmailChanged(content) => Notice::email_changed(&self.host, content).render(),
        };
        let (subject, text, html) = rendered.map_err(|error| RenderingFailed(Box::new(error)))?;
        Ok(RenderedMail { id: mail.id, to: mail.to.clone(), date: mail.date, subject, text, html })
    }
}

/// `15 minutes`: the largest unit in which it is at least two or comes out even, rounded down.
fn in_words(lifetime: TimeDelta) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let seconds = lifetime.num_seconds().max(1);
    let fits = |(unit, _): &(i64, &str)| seconds >= 2 * unit || seconds % unit == 0;
    let (unit, name) = UNITS.into_iter().find(fits).unwrap_or((1, "second"));
    let count = seconds / unit;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

fn requester(origin: &ClientInfo) -> Option<String> {
    let ip = origin.ip.map(|ip| format!("from {}", ip.to_canonical()));
    let words = origin.user_agent.as_ref().and_then(|agent| user_agent::in_words(agent.as_str()));
    let program = words.map(|words| format!("by {words} (unverified)"));
    match (ip, program) {
        (Some(ip), Some(program)) => Some(format!("{ip}, {program}")),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use keywright_domain::client_info::UserAgent;
    use keywright_domain::credential::{Keyring, Kind};
    use keywright_domain::email::EmailAddress;
    use keywright_domain::id::MailId;
    use keywright_domain::secret::ServerSecret;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";

    fn outgoing(record: u128, ip: Option<&str>, user_agent: Option<&str>) -> OutgoingMail {
        let keyring = Keyring::new(&ServerSecret::new(vec![1; 32]).unwrap(), None).unwrap();
        let record = Uuid::from_u128(record);
        OutgoingMail {
            id: MailId(record),
            to: EmailAddress::parse("ada@example.com").unwrap(),
            date: DateTime::UNIX_EPOCH,
            content: MailContent::MagicLink(MagicLinkContent {
                page: Url::parse("https://auth.example.com:65535/magic-link").unwrap(),
                token: keyring.issue(Kind::MagicLink, record, 0),
                code: keyring.sign_in_code(record),
                lifetime: TimeDelta::minutes(15),
                requester: ClientInfo {
                    ip: ip.map(|ip| ip.parse().unwrap()),
                    user_agent: user_agent.and_then(UserAgent::new),
                },
            }),
        }
    }

    fn render(outgoing: &OutgoingMail) -> RenderedMail {
        AskamaMailRenderer::new(&Url::parse("https://auth.example.com:65535").unwrap())
            .render(outgoing)
            .unwrap()
    }

    /// The link and the code of a outgoing.
    fn secrets(outgoing: &OutgoingMail) -> (String, String) {
        let MailContent::MagicLink(outgoing) = &outgoing.content else { panic!("{outgoing:?}") };
        (outgoing.link(), outgoing.code.expose().to_owned())
    }

    /// What `\b\d{6}\b` finds.
    fn codes(text: &str) -> Vec<&str> {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit())).collect()
    }

    #[test]
    fn the_text_has_link_and_code_once_each_on_lines_of_their_own() {
        let outgoing = outgoing(1, Some("203.0.113.7"), Some(FIREFOX));
        let (link, code) = secrets(&outgoing);

        let text = render(&outgoing).text;

        for secret in [&link, &code] {
            assert_eq!(text.matches(secret).count(), 1, "{text}");
            assert!(text.lines().any(|line| line == secret), "{text}");
        }
        assert!(text.is_ascii());
        assert!(
            !text.contains("\n\n\n") && text.lines().all(|line| line == link || line.len() <= 76),
            "{text}"
        );
    }

    #[test]
    fn a_letter_says_what_it_is_for_who_asked_and_how_long_it_lasts() {
        let message = render(&outgoing(1, Some("203.0.113.7"), Some(FIREFOX)));

        assert_eq!(message.subject, "Sign in to auth.example.com");
        for part in [&message.text, &message.html] {
            for words in [
                "This was asked for from 203.0.113.7, by Firefox 131 on Linux (unverified).",
                "within 15 minutes",
                "only on the device that asked",
                "Then ignore this mail",
            ] {
                assert!(part.contains(words), "{words}: {part}");
            }
        }
    }

    #[test]
    fn who_asked_is_said_as_far_as_it_is_known() {
        let line = |ip, user_agent| {
            let text = render(&outgoing(1, ip, user_agent)).text;
            text.lines()
                .find(|line| line.contains("asked for from") || line.contains("asked for by"))
                .map(str::to_owned)
        };

        assert_eq!(line(Some("::ffff:203.0.113.7"), None).unwrap(), "This was asked for from 203.0.113.7.");
        assert_eq!(line(None, Some("curl/8")).unwrap(), "This was asked for by curl (unverified).");
        assert_eq!(line(None, None), None);
        assert_eq!(line(None, Some("<script>")), None);
    }

    #[test]
    fn html_shows_the_address_of_its_only_link_and_loads_nothing() {
        let outgoing = outgoing(1, Some("2001:db8::1"), Some(FIREFOX));
        let (link, code) = secrets(&outgoing);

        let html = render(&outgoing).html;

        assert!(html.contains(&format!(r#"<a href="{link}">{link}</a>"#)), "{html}");
        assert_eq!(html.matches("<a ").count(), 1);
        assert_eq!(html.matches("http").count(), 2);
        assert_eq!(codes(&html), [code]);
        for loads in ["<img", "<script", "<link", "<style", "url(", "src="] {
            assert!(!html.contains(loads), "{loads}");
        }
    }

    #[test]
    fn html_escapes_what_is_put_into_it() {
        let outgoing = MagicLink {
            host: "<script>",
            link: "\"><script>".to_owned(),
            code: "'\"&",
            lifetime: "<b>".to_owned(),
            requester: Some("<script>alert(1)</script>".to_owned()),
        };

        let html = MagicLinkHtml { mail: &outgoing }.render().unwrap();

        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("'\"&"), "{html}");
    }

    #[test]
    fn a_hostile_user_agent_says_nothing_in_a_mail() {
        let hostile = "<script>alert(1)</script> http://evil.example 123456";

        let message = render(&outgoing(1, None, Some(hostile)));

        for part in [&message.subject, &message.text, &message.html] {
            assert!(!part.contains("script") && !part.contains("evil") && !part.contains("123456"), "{part}");
        }
    }

    #[test]
    fn the_subject_is_one_short_line_of_ascii_whatever_the_host() {
        for url in ["http://localhost:8080", "http://[::1]:8080", "https://b\u{fc}cher.example", "data:none"]
        {
            let subject = AskamaMailRenderer::new(&Url::parse(url).unwrap())
                .render(&outgoing(1, None, None))
                .unwrap()
                .subject;

            assert!(
                subject.starts_with("Sign in to ")
                    && subject.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            );
        }
    }

    #[test]
    fn lifetimes_are_rounded_down_to_a_unit() {
        for (seconds, words) in [
            (0, "1 second"),
            (1, "1 second"),
            (60, "1 minute"),
            (90, "90 seconds"),
            (125, "2 minutes"),
            (900, "15 minutes"),
            (3600, "1 hour"),
            (5400, "90 minutes"),
            (86_400, "1 day"),
            (100_001, "27 hours"),
            (864_001, "10 days"),
        ] {
            assert_eq!(in_words(TimeDelta::seconds(seconds)), words);
        }
    }

    proptest! {
        #[test]
        fn the_code_is_the_only_number_of_six_digits(
            record: u128,
            ip: std::net::IpAddr,
            user_agent in "(Mozilla/)?(\\PC|Firefox/[0-9]{0,9}|Linux|[0-9]{6}| ){0,20}",
        ) {
            let outgoing = outgoing(record, Some(&ip.to_string()), Some(&user_agent));
            let (_, code) = secrets(&outgoing);

            let message = render(&outgoing);

            prop_assert_eq!(codes(&message.text), [code.as_str()]);
            prop_assert!(!message.subject.contains(['\r', '\n']));
        }
    }
}
