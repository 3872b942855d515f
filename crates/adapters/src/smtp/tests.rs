use chrono::DateTime;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::MailId;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::test_support::{Protection, Refusal, SmtpListener, Stage, TestCertificate};

const LINK: &str = "https://auth.example.com/magic-link#token=kwm_\
    uGEzL5BqAAAAAAAAAAAAAAAAAAAAAQAAAABq8f0VtVb1n9Yc3pZ0k7f2m4u6x8y0A1b2C3d4E5f6G7h8";
const CODE: &str = "042137";

fn settings(listener: &SmtpListener) -> SmtpSettings {
    SmtpSettings {
        security: SmtpSecurity::Plain,
        host: listener.addr().ip().to_string(),
        port: listener.addr().port(),
        login: None,
        from: Sender { name: Some("Keywright".to_owned()), address: "no-reply@auth.example.com".to_owned() },
        authorities: None,
    }
}

fn mailer(listener: &SmtpListener) -> SmtpMailer {
    SmtpMailer::new(settings(listener)).unwrap()
}

fn login() -> SmtpLogin {
    SmtpLogin { user: "keywright".to_owned(), password: "hunter".to_owned() }
}

fn message(id: u128) -> RenderedMail {
    RenderedMail {
        id: MailId(Uuid::from_u128(id)),
        to: EmailAddress::parse("ada@example.com").unwrap(),
        date: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        subject: "Sign in to auth.example.com".to_owned(),
        text: format!("Open this link:\n\n{LINK}\n\n{CODE}\n.\n..two dots\n"),
        html: format!("<p><a href=\"{LINK}\">{LINK}</a></p>\n<p>{CODE}</p>\n"),
    }
}

/// `Deferred` or `Rejected`, and the cause.
fn refused(delivered: Result<(), DeliveryError>) -> (&'static str, String) {
    let refused = match delivered.unwrap_err() {
        DeliveryError::Deferred(cause) => ("deferred", cause),
        DeliveryError::Rejected(cause) => ("rejected", cause),
    };
    assert!(
        !refused.1.contains("kwm_") && !refused.1.contains(CODE) && !refused.1.contains("hunter"),
        "{refused:?}"
    );
    refused
}

#[tokio::test]
async fn a_letter_arrives_with_both_parts_as_they_were() {
    let listener = SmtpListener::start().await;
    let message = message(1);

    mailer(&listener).deliver(&message).await.unwrap();

    let mails = listener.wait_for(1).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].from, "no-reply@auth.example.com");
    assert_eq!(mails[0].to, ["ada@example.com"]);
    assert_eq!(mails[0].text().trim_end(), message.text.trim_end());
    assert_eq!(mails[0].html().trim_end(), message.html.trim_end());
}

#[tokio::test]
async fn the_header_says_what_rfc_5322_and_rfc_3834_want() {
    let listener = SmtpListener::start().await;

    mailer(&listener).deliver(&message(1)).await.unwrap();

    let mail = listener.wait_for(1).await.remove(0);
    for (name, value) in [
        ("Message-ID", "<00000000-0000-0000-0000-000000000001@auth.example.com>"),
        ("Date", "Fri, 15 Jan 2027 08:00:00 +0000"),
        ("From", "Keywright <no-reply@auth.example.com>"),
        ("To", "ada@example.com"),
        ("Subject", "Sign in to auth.example.com"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(mail.header(name).as_deref(), Some(value), "{name}");
    }
    assert!(mail.header("Content-Type").unwrap().starts_with("multipart/alternative"));
}

#[tokio::test]
async fn link_and_code_are_whole_lines_of_the_mail_also_before_it_is_decoded() {
    let listener = SmtpListener::start().await;

    mailer(&listener).deliver(&message(1)).await.unwrap();

    let data = &listener.wait_for(1).await[0].data;
    assert!(
        data.split("\r\n").any(|line| line == LINK) && data.split("\r\n").any(|line| line == CODE),
        "{data}"
    );
    assert!(data.is_ascii());
    assert!(data.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
}

#[tokio::test]
async fn what_is_not_ascii_or_too_long_for_a_line_arrives_too() {
    let listener = SmtpListener::start().await;
    let texts = ["Grüße an Ada ☕\n".to_owned(), format!("{}\n", "a".repeat(2000)), "a\rb\n".to_owned()];

    for text in &texts {
        let message = RenderedMail { text: text.clone(), subject: "Grüße".to_owned(), ..message(1) };
        mailer(&listener).deliver(&message).await.unwrap();
    }

    let mails = listener.wait_for(3).await;
    assert_eq!(mails[0].text().trim_end(), texts[0].trim_end());
    assert_eq!(mails[1].text().trim_end(), texts[1].trim_end());
    assert_eq!(mails[0].header("Subject").as_deref(), Some("Grüße"));
    assert!(mails.iter().all(|mail| mail.data.is_ascii()));
}

#[tokio::test]
async fn no_text_adds_a_header_or_a_command() {
    let listener = SmtpListener::start().await;
    let hostile = RenderedMail {
        subject: "Hello\r\nBcc: eve@example.com\r\n\r\nbody".to_owned(),
        text: "one\n.\nMAIL FROM:<eve@example.com>\n".to_owned(),
        ..message(1)
    };

    mailer(&listener).deliver(&hostile).await.unwrap();

    let mails = listener.wait_for(1).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["ada@example.com"]);
    assert_eq!(mails[0].header("Bcc"), None);
    assert_eq!(mails[0].text().trim_end(), hostile.text.trim_end());
}

#[tokio::test]
async fn a_letter_that_is_sent_again_has_the_same_message_id() {
    let listener = SmtpListener::start().await;
    let mailer = mailer(&listener);

    mailer.deliver(&message(1)).await.unwrap();
    mailer.deliver(&message(1)).await.unwrap();
    mailer.deliver(&message(2)).await.unwrap();

    let ids: Vec<_> =
        listener.wait_for(3).await.iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[tokio::test]
async fn letters_that_follow_each_other_share_a_connection() {
    let listener = SmtpListener::start().await;
    let mailer = mailer(&listener);

    for id in 0..5 {
        mailer.deliver(&message(id)).await.unwrap();
    }

    assert_eq!(listener.wait_for(5).await.len(), 5);
    assert_eq!(listener.connections(), 1);
}

#[tokio::test]
async fn letters_at_the_same_time_all_arrive() {
    let listener = SmtpListener::start().await;
    let mailer = std::sync::Arc::new(mailer(&listener));

    let deliveries = (0..8).map(|id| {
        let mailer = mailer.clone();
        tokio::spawn(async move { mailer.deliver(&message(id)).await.unwrap() })
    });
    for delivery in deliveries.collect::<Vec<_>>() {
        delivery.await.unwrap();
    }

    let ids: std::collections::HashSet<_> =
        listener.wait_for(8).await.iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids.len(), 8);
}

#[tokio::test]
async fn what_is_refused_for_good_is_rejected_and_what_is_refused_for_now_deferred() {
    let listener = SmtpListener::start().await;
    let mailer = mailer(&listener);

    for stage in [Stage::Sender, Stage::Recipient, Stage::Data, Stage::Content] {
        for (answer, kind, cause) in [
            ("550 5.7.1 not today", "rejected", "the mail server refuses the letter: 550 5.7.1 … not today"),
            (
                "451 4.3.0 not now",
                "deferred",
                "the mail server does not take the letter now: 451 4.3.0 … not now",
            ),
            ("421 bye", "deferred", "the mail server does not take the letter now: 421 bye"),
            (
                "530 5.7.0 sign in first",
                "deferred",
                "the mail server does not take the letter now: 530 5.7.0 … sign in first",
            ),
        ] {
            listener.refuse(stage, answer);
            let refused = refused(mailer.deliver(&message(1)).await);
            assert_eq!(refused, (kind, cause.to_owned()), "{stage:?}");
        }
        listener.accept();
        mailer.deliver(&message(1)).await.unwrap();
    }
    assert_eq!(listener.messages().len(), 4);
}

#[tokio::test]
async fn a_refusal_that_quotes_the_letter_or_the_login_is_not_repeated() {
    let listener = SmtpListener::start().await;
    let settings = SmtpSettings { login: Some(login()), ..settings(&listener) };
    let mailer = SmtpMailer::new(settings).unwrap();

    listener.refuse(Stage::Content, format!("554 5.7.1 <ada@example.com> spam: {LINK} {CODE}").as_str());
    let (kind, cause) = refused(mailer.deliver(&message(1)).await);
    assert_eq!(
        (kind, cause.as_str()),
        ("rejected", "the mail server refuses the letter: 554 5.7.1 … spam: …")
    );

    listener.accept();
    listener.refuse(Stage::Login, "535 5.7.8 bad AUTH PLAIN AGtleXdyaWdodABodW50ZXI= for hunter");
    let (kind, cause) = refused(mailer.deliver(&message(1)).await);
    assert_eq!((kind, cause.as_str()), ("deferred", "no login at the mail server, see mail.url: 535 5.7.8"));
}

#[tokio::test]
async fn whatever_fails_before_the_letter_is_deferred() {
    let listener = SmtpListener::start().await;
    let with_login = |login| SmtpMailer::new(SmtpSettings { login, ..settings(&listener) }).unwrap();

    for refusal in ["554 5.3.2 no service", "421 4.3.2 busy", "no smtp"] {
        listener.refuse(Stage::Greeting, refusal);
        assert_eq!(refused(with_login(None).deliver(&message(1)).await).0, "deferred", "{refusal}");
    }
    listener.accept();
    for refusal in ["535 5.7.8 no", "454 4.7.0 later", "500 what"] {
        listener.refuse(Stage::Login, refusal);
        assert_eq!(refused(with_login(Some(login())).deliver(&message(1)).await).0, "deferred", "{refusal}");
    }
    listener.accept();
    with_login(Some(login())).deliver(&message(1)).await.unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_up_defers_and_the_next_attempt_delivers() {
    let listener = SmtpListener::start().await;
    let mailer = mailer(&listener);

    for stage in [Stage::Greeting, Stage::Sender, Stage::Recipient, Stage::Data, Stage::Content] {
        listener.refuse(stage, Refusal::HangUp);
        let (kind, cause) = refused(SmtpMailer::new(settings(&listener)).unwrap().deliver(&message(1)).await);
        assert_eq!(kind, "deferred", "{stage:?}: {cause}");
    }
    listener.accept();
    mailer.deliver(&message(1)).await.unwrap();

    assert_eq!(listener.messages().len(), 1);
}

#[tokio::test]
async fn a_server_that_falls_silent_defers_in_time_and_its_connection_is_not_used_again() {
    let listener = SmtpListener::start().await;
    let mut mailer = mailer(&listener);
    mailer.deliver(&message(1)).await.unwrap();
    mailer.deadline = Duration::from_millis(200);

    // The first meets the kept connection, the others a new one each.
    for stage in [Stage::Sender, Stage::Recipient, Stage::Data, Stage::Content, Stage::Greeting] {
        listener.refuse(stage, Refusal::Silence);
        let (kind, cause) = refused(mailer.deliver(&message(2)).await);
        assert_eq!(kind, "deferred", "{stage:?}");
        assert!(cause.starts_with("the mail server has not taken the letter within"), "{cause}");
        listener.accept();
    }
    mailer.deadline = DELIVERY;
    mailer.deliver(&message(3)).await.unwrap();

    assert_eq!(listener.messages().len(), 2);
}

#[tokio::test]
async fn a_server_that_was_away_gets_the_letter_when_it_is_back() {
    let mut listener = SmtpListener::start().await;
    let mailer = mailer(&listener);
    mailer.deliver(&message(1)).await.unwrap();

    listener.stop().await;
    let (kind, cause) = refused(mailer.deliver(&message(2)).await);
    listener.restart().await;
    mailer.deliver(&message(2)).await.unwrap();

    assert_eq!(kind, "deferred");
    assert!(cause.starts_with("no connection to the mail server: "), "{cause}");
    assert_eq!(listener.messages().len(), 2);
}

#[tokio::test]
async fn a_restart_between_two_letters_goes_unnoticed() {
    let mut listener = SmtpListener::start().await;
    let mailer = mailer(&listener);
    mailer.deliver(&message(1)).await.unwrap();

    listener.restart().await;
    mailer.deliver(&message(2)).await.unwrap();

    assert_eq!(listener.messages().len(), 2);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_deferred() {
    let listener = SmtpListener::start().await;
    let settings = SmtpSettings { host: "nowhere.invalid".to_owned(), ..settings(&listener) };
    let mailer = SmtpMailer::new(settings).unwrap();

    assert_eq!(refused(mailer.deliver(&message(1)).await).0, "deferred");
}

/// A listener of each protected kind with a certificate of its own, and how it is spoken with.
async fn protected(certificate: &TestCertificate) -> [(SmtpListener, SmtpSecurity); 2] {
    let kinds = [Protection::StartTls(certificate.clone()), Protection::Tls(certificate.clone())];
    let [start_tls, tls] = kinds.map(SmtpListener::start_protected);
    [(start_tls.await, SmtpSecurity::StartTls), (tls.await, SmtpSecurity::Tls)]
}

#[tokio::test]
async fn over_tls_a_letter_arrives_with_and_without_login() {
    let certificate = TestCertificate::of("127.0.0.1");
    for (listener, security) in protected(&certificate).await {
        for login in [None, Some(login())] {
            let authorities = Some(certificate.pem().as_bytes().to_vec());
            let settings = SmtpSettings { security, login, authorities, ..settings(&listener) };

            SmtpMailer::new(settings).unwrap().deliver(&message(1)).await.unwrap();
        }

        let mails = listener.wait_for(2).await;
        assert_eq!(mails[0].text().trim_end(), message(1).text.trim_end());
        assert_eq!(listener.logins().len(), 1, "{security:?}");
        assert!(listener.logins()[0].starts_with("PLAIN "));
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_another_hosts_gets_neither_login_nor_letter() {
    let (mine, other) = (TestCertificate::of("127.0.0.1"), TestCertificate::of("mail.example.com"));
    for (certificate, trusted) in [(&mine, None), (&mine, Some(&other)), (&other, Some(&other))] {
        for (listener, security) in protected(certificate).await {
            let authorities = trusted.map(|trusted| trusted.pem().as_bytes().to_vec());
            let settings =
                SmtpSettings { security, login: Some(login()), authorities, ..settings(&listener) };

            let (kind, cause) = refused(SmtpMailer::new(settings).unwrap().deliver(&message(1)).await);

            assert_eq!(kind, "deferred", "{cause}");
            assert!(listener.logins().is_empty() && listener.messages().is_empty());
        }
    }
}

#[tokio::test]
async fn what_is_no_certificate_is_refused_before_anything_is_sent() {
    let listener = SmtpListener::start().await;
    let authorities = Some(b"no certificate".to_vec());

    let mailer =
        SmtpMailer::new(SmtpSettings { security: SmtpSecurity::Tls, authorities, ..settings(&listener) });

    assert!(matches!(mailer, Err(SmtpSettingsError::NoAuthority)));
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_when_tls_is_wanted() {
    let listener = SmtpListener::start().await;

    for security in [SmtpSecurity::StartTls, SmtpSecurity::Tls] {
        let settings = SmtpSettings { security, login: Some(login()), ..settings(&listener) };
        listener.refuse(Stage::Login, Refusal::HangUp);
        let mut mailer = SmtpMailer::new(settings).unwrap();
        mailer.deadline = Duration::from_secs(2);

        let (kind, cause) = refused(mailer.deliver(&message(1)).await);

        assert_eq!(kind, "deferred");
        assert!(!cause.contains("no login"), "{cause}");
    }
    assert!(listener.messages().is_empty());
}

#[test]
fn the_password_is_never_shown() {
    let settings = SmtpSettings {
        security: SmtpSecurity::Tls,
        host: "mail.example.com".to_owned(),
        port: SmtpSecurity::Tls.default_port(),
        login: Some(login()),
        from: Sender { name: None, address: "a@b.example".to_owned() },
        authorities: None,
    };

    let shown = format!("{settings:?}");
    let mailer = SmtpMailer::new(settings).unwrap();

    assert!(shown.contains("keywright") && !shown.contains("hunter"), "{shown}");
    assert!(!format!("{mailer:?}").contains("hunter"));
}

#[test]
fn a_sender_without_an_address_or_with_more_than_a_name_is_refused() {
    let new = |name: Option<&str>, address: &str| {
        let from = Sender { name: name.map(str::to_owned), address: address.to_owned() };
        let settings = SmtpSettings {
            security: SmtpSecurity::Plain,
            host: "localhost".to_owned(),
            port: 25,
            login: None,
            from,
            authorities: None,
        };
        SmtpMailer::new(settings)
    };

    for address in ["", "a", "a@", "a b@c.d", "a@b.c\r\nBcc: d@e.f"] {
        assert!(matches!(new(None, address), Err(SmtpSettingsError::Sender(_))), "{address:?}");
    }
    for name in ["Key\r\nBcc: d@e.f", "\0", "\u{7f}"] {
        assert!(matches!(new(Some(name), "a@b.example"), Err(SmtpSettingsError::SenderName)), "{name:?}");
    }
}

#[test]
fn ports_are_those_of_the_protocols() {
    let ports =
        [SmtpSecurity::Plain, SmtpSecurity::StartTls, SmtpSecurity::Tls].map(SmtpSecurity::default_port);

    assert_eq!(ports, [25, 587, 465]);
}

proptest! {
    #[test]
    fn every_name_and_every_text_make_a_mail(
        name in "[^\\x00-\\x1f\\x7f-\\x9f]{0,80}",
        subject in any::<String>(),
        text in any::<String>(),
    ) {
        let from = Mailbox::new(Some(name), "a@b.example".parse().unwrap());
        let message = RenderedMail { subject, html: text.clone(), text, ..message(1) };

        let mail = mime::mail(&from, &message).unwrap().formatted();

        let (header, _) = mail.split_at(mail.windows(4).position(|end| end == b"\r\n\r\n").unwrap());
        let names = header.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b" ")).map(|line| {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            String::from_utf8_lossy(name).into_owned()
        });
        let expected =
            ["Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"];
        prop_assert_eq!(names.collect::<Vec<_>>(), expected);
        prop_assert!(mail.is_ascii());
    }
}
