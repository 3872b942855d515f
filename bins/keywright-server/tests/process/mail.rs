//! Mail by SMTP, from the request to a real listener: delivered once, even after an outage of the mail server
//! or of this one.

use keywright_adapters::test_support::SmtpListener;
use keywright_domain::mail::MailState;
use rustix::process::Signal;
use serde_json::json;

use crate::client::{Answer, Letter};
use crate::harness::{Place, Server, until};

fn place(smtp: &SmtpListener) -> Place {
    let url = format!("smtp://{}", smtp.addr());
    Place::with(&[("MAIL__URL", &url), ("MAIL__FROM", "Keywright <auth@example.com>")])
}

async fn ask(server: &Server, email: &str) -> Answer {
    server.client().post("/magic_link", json!({"email": email})).await
}

/// Waits until `count` mails are recorded as sent, so that none is sent again.
async fn are_sent(place: &Place, count: usize) {
    let stores = place.stores();
    until("the end of the queue", async || {
        let mails = stores.mails.newest(100).await.unwrap();
        mails.len() == count && mails.iter().all(|mail| matches!(mail.state, MailState::Sent(_)))
    })
    .await;
}

#[tokio::test]
async fn a_mail_arrives_once_and_signs_in() {
    let smtp = SmtpListener::start().await;
    let place = place(&smtp);
    let server = place.start().await;

    let asked = ask(&server, "Ada@Example.com").await;
    let mail = smtp.wait_for(1).await.remove(0);
    are_sent(&place, 1).await;
    let token = Letter::read(&mail.text()).token;
    let signed_in = server.client().post("/magic_link/verify", json!({"token": token})).await;
    server.stop().await;
    let server = place.start().await;
    ask(&server, "bob@example.com").await;
    let mails = smtp.wait_for(2).await;

    assert_eq!(asked.status, 200);
    assert_eq!((mail.from.as_str(), mail.to), ("auth@example.com", vec!["ada@example.com".to_owned()]));
    assert!(mail.data.contains("Message-ID: <") && mail.data.contains("Date: "), "{}", mail.data);
    assert!(mails[0].html().contains("/magic-link#token="));
    assert_eq!(signed_in.json()["user"]["email"], "ada@example.com");
    assert_eq!(mails[1].to, ["bob@example.com"]);
}

#[tokio::test]
async fn a_mail_server_outage_changes_no_answer_and_the_mail_goes_out_once_afterwards() {
    let mut smtp = SmtpListener::start().await;
    let place = place(&smtp);
    let mut server = place.start().await;
    let before = ask(&server, "ada@example.com").await;
    smtp.wait_for(1).await;
    are_sent(&place, 1).await;

    smtp.stop().await;
    let during = ask(&server, "bob@example.com").await;
    server.process.logs("mail deferred").await;
    smtp.restart().await;
    let mails = smtp.wait_for(2).await;
    are_sent(&place, 2).await;
    server.stop().await;

    assert_eq!((during.status, during.field("message")), (200, before.field("message")));
    assert_eq!(during.json()["expires_in"], before.json()["expires_in"]);
    assert_eq!(mails[1].to, ["bob@example.com"]);
    assert_eq!(smtp.messages().len(), 2, "each once");
}

#[tokio::test]
async fn queued_mail_goes_out_once_after_a_restart() {
    let mut smtp = SmtpListener::start().await;
    let place = place(&smtp);
    smtp.stop().await;
    for ending in [Signal::TERM, Signal::KILL] {
        let mut server = place.start().await;
        assert_eq!(ask(&server, &format!("{}@example.com", ending.as_raw())).await.status, 200);
        server.process.logs("mail deferred").await;
        server.process.signal(ending);
        if ending == Signal::TERM {
            assert_eq!(server.process.exit_code().await, 0);
        } else {
            server.kill();
        }
    }

    smtp.restart().await;
    let server = place.start().await;
    smtp.wait_for(2).await;
    are_sent(&place, 2).await;
    server.stop().await;

    let mut to: Vec<_> = smtp.messages().into_iter().flat_map(|mail| mail.to).collect();
    to.sort();
    assert_eq!(to, ["15@example.com", "9@example.com"]);
}

#[tokio::test]
async fn with_sign_up_closed_an_unknown_address_gets_the_same_answer_and_no_mail() {
    let smtp = SmtpListener::start().await;
    let mut place = place(&smtp);
    let server = place.start().await;
    ask(&server, "ada@example.com").await;
    let token = Letter::read(&smtp.wait_for(1).await[0].text()).token;
    server.client().post("/magic_link/verify", json!({"token": token})).await.tokens();
    server.stop().await;

    place.set("SIGNUP__POLICY", "closed");
    let mut server = place.start().await;
    let unknown = ask(&server, "eve@example.com").await;
    let known = ask(&server, "ada@example.com").await;
    server.process.logs("mail dropped").await;
    let mails = smtp.wait_for(2).await;
    server.stop().await;

    assert_eq!((unknown.status, unknown.field("message")), (known.status, known.field("message")));
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.to == ["ada@example.com"]), "{mails:?}");
}
