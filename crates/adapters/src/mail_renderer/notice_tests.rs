use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::client::ClientName;
use keywright_domain::client_info::{ClientInfo, UserAgent};
use keywright_domain::credential::{Keyring, Kind};
use keywright_domain::email::EmailAddress;
use keywright_domain::id::MailId;
use keywright_domain::mail::{
    ActionLink, DeviceApprovedContent, EmailChangeContent, MailContent, MailRenderer, OutgoingMail,
    PasskeyContent, PasskeyNews, RefreshReuseContent, RenderedMail,
};
use keywright_domain::secret::ServerSecret;
use url::Url;
use uuid::Uuid;

use super::AskamaMailRenderer;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";
const HOSTILE: &str = "<script>alert(1)</script> http://evil.example 123456";

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minute)
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn origin(user_agent: &str) -> ClientInfo {
    ClientInfo { ip: Some([203, 0, 113, 7].into()), user_agent: UserAgent::new(user_agent) }
}

fn page(path: &str) -> Url {
    Url::parse("https://auth.example.com").unwrap().join(path).unwrap()
}

fn action() -> ActionLink {
    let keyring = Keyring::new(&ServerSecret::new(vec![1; 32]).unwrap(), None).unwrap();
    ActionLink { page: page("/action"), token: keyring.issue(Kind::Action, Uuid::from_u128(7), 1) }
}

fn approved(client_name: Option<&str>, user_agent: &str) -> MailContent {
    MailContent::DeviceApproved(DeviceApprovedContent {
        client: "Command line".to_owned(),
        client_name: client_name.and_then(|name| ClientName::parse(name).unwrap()),
        device: origin(user_agent),
        requested_at: at(0),
        approved_at: at(2),
        end: action(),
    })
}

fn reuse(user_agent: &str) -> MailContent {
    MailContent::RefreshReuse(RefreshReuseContent {
        client: "Command line".to_owned(),
        client_name: None,
        opened_from: origin(user_agent),
        opened_at: at(0),
        ended_at: at(60),
        account: page("/account"),
    })
}

fn change(user_agent: &str) -> EmailChangeContent {
    EmailChangeContent {
        old: email("ada@example.com"),
        new: email("countess@example.org"),
        at: at(0),
        requester: origin(user_agent),
        action: action(),
        lifetime: TimeDelta::days(7),
    }
}

fn passkey(news: PasskeyNews, user_agent: &str) -> MailContent {
    MailContent::Passkey(PasskeyContent {
        news,
        name: "Ada's key".to_owned(),
        at: at(0),
        by: origin(user_agent),
        account: page("/account"),
    })
}

fn all(user_agent: &str) -> [MailContent; 7] {
    [
        passkey(PasskeyNews::Added, user_agent),
        passkey(PasskeyNews::Removed, user_agent),
        passkey(PasskeyNews::CounterRejected, user_agent),
        approved(Some("Ada's laptop"), user_agent),
        reuse(user_agent),
        MailContent::EmailChangeAsked(change(user_agent)),
        MailContent::EmailChanged(change(user_agent)),
    ]
}

fn render(content: MailContent) -> RenderedMail {
    let mail =
        OutgoingMail { id: MailId(Uuid::from_u128(7)), to: email("ada@example.com"), date: at(0), content };
    AskamaMailRenderer::new(&page("/")).render(&mail).unwrap()
}

fn link(content: &MailContent) -> String {
    match content {
        MailContent::DeviceApproved(mail) => mail.end.link(),
        MailContent::RefreshReuse(mail) => mail.account.to_string(),
        MailContent::Passkey(mail) => mail.account.to_string(),
        MailContent::EmailChangeAsked(mail) | MailContent::EmailChanged(mail) => mail.action.link(),
        MailContent::MagicLink(mail) => mail.link(),
    }
}

#[test]
fn an_approval_names_the_device_and_says_how_to_sign_it_out() {
    let message = render(approved(Some("Ada's laptop (2)"), FIREFOX));

    assert_eq!(message.subject, "A device was approved at auth.example.com");
    for line in [
        "Program: Command line",
        "Name (unverified): Ada's laptop (2)",
        "Address: 203.0.113.7",
        "By (unverified): Firefox 131 on Linux",
        "Asked: 15 January 2027, 08:00 UTC",
        "Approved: 15 January 2027, 08:02 UTC",
    ] {
        assert!(message.text.lines().any(|found| found == line), "{line}: {}", message.text);
    }
    for words in ["Ada&#39;s laptop (2)", "203.0.113.7", "Firefox 131 on Linux", "Was that not you?"] {
        assert!(message.html.contains(words), "{words}: {}", message.html);
    }
}

#[test]
fn every_letter_has_one_link_whose_text_is_its_address_and_loads_nothing() {
    for content in all(FIREFOX) {
        let link = link(&content);

        let message = render(content);

        assert_eq!(message.text.lines().filter(|line| *line == link).count(), 1, "{}", message.text);
        assert_eq!(message.text.matches("://").count(), 1);
        assert!(message.html.contains(&format!(r#"<a href="{link}">{link}</a>"#)), "{}", message.html);
        assert_eq!(message.html.matches("<a ").count(), 1);
        assert_eq!(message.html.matches("://").count(), 2);
        for loads in ["<img", "<script", "<link", "<style", "url(", "src="] {
            assert!(!message.html.contains(loads), "{loads}");
        }
    }
}

#[test]
fn text_is_short_lines_of_ascii_without_gaps() {
    for content in all(FIREFOX) {
        let text = render(content).text;

        assert!(text.is_ascii() && !text.contains("\n\n\n"), "{text}");
        assert!(text.ends_with('\n') || text.ends_with('.'), "{text:?}");
    }
}

#[test]
fn a_hostile_user_agent_says_nothing() {
    for content in all(HOSTILE) {
        let message = render(content);

        for part in [&message.subject, &message.text, &message.html] {
            assert!(!part.contains("script") && !part.contains("evil") && !part.contains("123456"), "{part}");
        }
    }
}

#[test]
fn what_is_not_known_is_left_out() {
    let text = render(approved(None, "")).text;

    assert!(!text.contains("Name") && !text.contains("By (unverified)"), "{text}");
}

#[test]
fn a_passkey_is_named_with_what_happened_to_it() {
    for (news, subject) in [
        (PasskeyNews::Added, "A passkey was added at auth.example.com"),
        (PasskeyNews::Removed, "A passkey was removed at auth.example.com"),
        (PasskeyNews::CounterRejected, "A passkey was refused at auth.example.com"),
    ] {
        let message = render(passkey(news, FIREFOX));

        assert_eq!(message.subject, subject);
        assert!(message.text.contains("Passkey: Ada's key"), "{}", message.text);
        assert!(message.text.contains("When: 15 January 2027, 08:00 UTC"), "{}", message.text);
    }
}

#[test]
fn a_change_names_both_addresses_and_how_long_its_link_lasts() {
    for content in
        [MailContent::EmailChangeAsked(change(FIREFOX)), MailContent::EmailChanged(change(FIREFOX))]
    {
        let text = render(content).text;

        for words in ["Old: ada@example.com", "New: countess@example.org", "good for 7 days"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}
