//! Budgets of links and wrong codes per address (contract §5).

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{Answer, Keywright};

const ADA: &str = "ada@example.com";

async fn ask(keywright: &Keywright, email: &str) -> Answer {
    keywright.post("/magic_link", json!({"email": email})).await
}

#[tokio::test]
async fn an_address_gets_five_links_in_fifteen_minutes_with_or_without_an_account() {
    let keywright = Keywright::start().await;
    keywright.sign_in("known@example.com").await;
    keywright.sign_in("disabled@example.com").await;
    keywright.disable("disabled@example.com").await;
    keywright.advance(900);

    let mut refusals = vec![];
    for email in ["known@example.com", "unknown@example.com", "disabled@example.com"] {
        for _ in 0..5 {
            assert_eq!(ask(&keywright, email).await.status, 200, "{email}");
        }
        let refused = ask(&keywright, &email.to_uppercase()).await;
        assert_eq!(refused.code(), "429 rate_limited", "{email}");
        refusals.push((refused.header("retry-after").to_owned(), refused.text));
    }

    assert_eq!(refusals[0].0, "900");
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    assert_eq!(ask(&keywright, "somebody.else@example.com").await.status, 200);
    keywright.advance(899);
    assert_eq!(ask(&keywright, "known@example.com").await.header("retry-after"), "1");
    keywright.advance(1);
    assert_eq!(ask(&keywright, "known@example.com").await.status, 200);
}

#[tokio::test]
async fn an_address_gets_thirty_links_an_hour_in_total() {
    let settings = [("RATE_LIMIT__MAGIC_LINK_PER_EMAIL_AND_NETWORK", "1000/15m")];
    let keywright = Keywright::start_with(&settings).await;

    for _ in 0..30 {
        assert_eq!(ask(&keywright, ADA).await.status, 200);
    }

    assert_eq!(ask(&keywright, ADA).await.header("retry-after"), "3600");
    keywright.advance(3600);
    assert_eq!(ask(&keywright, ADA).await.status, 200);
}

#[tokio::test]
async fn concurrent_requests_do_not_exceed_the_budget() {
    let keywright = Keywright::start().await;

    let answers = join_all((0..20).map(|_| ask(&keywright, ADA))).await;

    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 5);
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 15);
}

#[tokio::test]
async fn the_page_reports_the_exceeded_budget() {
    let keywright = Keywright::start().await;
    for _ in 0..5 {
        assert_eq!(keywright.submit("", "/sign-in", &[("email", ADA)]).await.status, 200);
    }

    let page = keywright.submit("", "/sign-in", &[("email", ADA)]).await;

    assert_eq!((page.status, page.header("retry-after")), (429, "900"));
    assert!(page.text.contains("Too many attempts"), "{}", page.text);
}

#[tokio::test]
async fn ten_wrong_codes_disable_codes_for_a_day_with_unchanged_answers() {
    let keywright = Keywright::start().await;
    let verify = |request_id: String, code: String| {
        let body = json!({"request_id": request_id, "code": code});
        async { keywright.post("/magic_link/verify", body).await }
    };
    let mut wrong = vec![];
    for _ in 0..3 {
        let request_id = keywright.ask_for_link(ADA).await;
        let code = keywright.mail(ADA, 1).await.code;
        let other = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..4 {
            wrong.push(verify(request_id.clone(), other.to_owned()).await);
        }
    }
    let before = keywright.mails(ADA).await.len();
    let request_id = keywright.ask_for_link(ADA).await;
    let mail = keywright.mail(ADA, before + 1).await;

    let right = verify(request_id.clone(), mail.code.clone()).await;

    for answer in wrong.iter().chain([&right]) {
        assert_eq!((answer.code().as_str(), &answer.text), ("401 invalid_token", &wrong[0].text));
    }
    let by_link = keywright.post("/magic_link/verify", json!({"token": mail.token})).await;
    assert_eq!(by_link.status, 200, "links are never off");
    keywright.advance(86_400);
    let before = keywright.mails(ADA).await.len();
    let request_id = keywright.ask_for_link(ADA).await;
    let mail = keywright.mail(ADA, before + 1).await;
    assert_eq!(verify(request_id, mail.code).await.status, 200);
}
