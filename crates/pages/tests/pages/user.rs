//! /account.

use crate::site::{Page, Site};

const ADA: &str = "ada@example.com";

#[actix_web::test]
async fn a_signed_out_person_signs_in_and_returns() {
    let mut site = Site::open().await;

    for answer in [site.get("/account").await, site.submit("/account", &[("name", "Eve")]).await] {
        assert_eq!((answer.status, answer.header("location")), (303, "/sign-in?next=%2Faccount"));
    }
}

#[actix_web::test]
async fn a_person_changes_their_profile() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;
    let empty = site.get("/account").await;
    assert_eq!((empty.status, empty.field("name").as_str()), (200, ""));
    assert!(empty.text.contains(ADA), "{}", empty.text);

    let all = [
        ("name", " Ada "),
        ("avatar_url", "https://example.com/ada.png"),
        ("locale", "en-gb"),
        ("time_zone", "europe/lisbon"),
    ];
    let saved = site.submit("/account", &all).await;
    assert_eq!((saved.status, saved.header("location")), (303, "/account?saved=1"));

    let shown = site.get("/account?saved=1").await;
    assert!(shown.text.contains(r#"role="status">Saved."#), "{}", shown.text);
    let fields = ["name", "avatar_url", "locale", "time_zone"].map(|name| shown.field(name));
    assert_eq!(fields, ["Ada", "https://example.com/ada.png", "en-GB", "Europe/Lisbon"]);

    let without = [("name", "Ada"), ("avatar_url", ""), ("locale", "de"), ("time_zone", "Europe/Berlin")];
    site.submit("/account", &without).await;
    let shown = site.get("/account").await;
    assert_eq!(shown.field("avatar_url"), "");
    assert!(shown.text.contains(r#"<html lang="de">"#), "at once in the new language: {}", shown.text);
}

#[actix_web::test]
async fn invalid_fields_are_shown_again_with_a_remedy_beside_each() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;
    site.submit("/account", &[("name", "Ada")]).await;

    let wrong = [
        ("name", ""),
        ("avatar_url", "javascript:alert(1)"),
        ("locale", "\"><script>"),
        ("time_zone", "Mars/Olympus"),
    ];
    let again = site.submit("/account", &wrong).await;

    assert_eq!(again.status, 422);
    assert_eq!(again.text.matches(r#"aria-invalid="true""#).count(), 4, "{}", again.text);
    assert!(again.text.contains(r#"aria-describedby="time_zone-hint time_zone-wrong""#), "{}", again.text);
    assert!(again.text.contains("There is no time zone of this name."), "{}", again.text);
    assert!(again.text.contains("<title>Error: ") && !again.text.contains("<script>"), "{}", again.text);
    assert_eq!(again.field("time_zone"), "Mars/Olympus");
    assert_eq!(site.get("/account").await.field("name"), "Ada", "nothing of it was saved");

    let endless = "a".repeat(10_000);
    let again = site.submit("/account", &[("name", endless.as_str())]).await;
    assert_eq!(again.status, 422);
    assert!(again.text.len() < 20_000, "{}", again.text.len());
}

/// Returns the hidden ids of the sessions that can be ended.
fn sessions(page: &Page) -> Vec<String> {
    let forms = page.text.split(r#"name="session" value=""#).skip(1);
    forms.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_person_sees_their_sessions_and_ends_one() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;
    let mut other = site.clone();
    other.forget_cookie();
    other.sign_in(ADA).await;
    site.sign_in_device("Ada's laptop", "keywright-cli/1.0 (Linux)").await;

    let page = site.get("/account").await;
    assert_eq!(page.text.matches(r#"class="mark">This browser"#).count(), 1, "{}", page.text);
    for shown in
        ["Ada&#39;s laptop", "keywright-cli, Linux, 203.0.113.7", "Signed in just now, last used just now"]
    {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    let [device, browser] = <[String; 2]>::try_from(sessions(&page)).unwrap();

    let ended = site.submit("/account/sessions/end", &[("session", &device)]).await;
    assert_eq!((ended.status, ended.header("location")), (303, "/account#sessions"));
    assert_eq!(sessions(&site.get("/account").await), [browser]);
    let again = site.submit("/account/sessions/end", &[("session", &device)]).await;
    assert_eq!(again.status, 303, "it is what was wanted");

    let all = site.submit("/account/sessions/end-others", &[]).await;
    assert_eq!((all.status, all.header("location")), (303, "/account#sessions"));
    assert_eq!(other.get("/account").await.status, 303, "it has to sign in");
    let page = site.get("/account").await;
    assert!(sessions(&page).is_empty() && !page.text.contains("end-others"), "{}", page.text);
    assert_eq!(page.text.matches("A session was ended").count(), 2, "{}", page.text);
}

#[actix_web::test]
async fn a_session_of_another_account_cannot_be_ended() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;
    site.sign_in_device("", "").await;
    let of_ada = sessions(&site.get("/account").await);

    let mut eve = site.clone();
    eve.forget_cookie();
    for (path, form) in
        [("/account/sessions/end", vec![("session", &*of_ada[0])]), ("/account/sessions/end-others", vec![])]
    {
        let stranger = eve.submit(path, &form).await;
        assert_eq!((stranger.status, stranger.header("location")), (303, "/sign-in?next=%2Faccount"));
    }
    eve.sign_in("eve@example.com").await;
    eve.submit("/account/sessions/end", &[("session", &of_ada[0])]).await;
    eve.submit("/account/sessions/end-others", &[]).await;

    assert_eq!(sessions(&site.get("/account").await), of_ada);
    assert!(!eve.get("/account").await.text.contains(ADA));
    let odd = site.submit("/account/sessions/end", &[("session", "\"><script>")]).await;
    assert_eq!(odd.status, 422);
    assert_eq!(site.get("/account/sessions/end").await.header("location"), "/account#sessions");
}

#[actix_web::test]
async fn a_person_sees_their_activity() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;
    site.clock.advance(chrono::TimeDelta::hours(2));
    site.submit("/account", &[("name", "Ada"), ("locale", "de")]).await;

    let page = site.get("/account").await;

    let (_, activity) = page.text.split_once(r#"<h2 id="activity">"#).unwrap();
    let changed = activity.find("Das Profil wurde geändert").unwrap();
    let signed_in = activity.find("<h3>Angemeldet</h3>").unwrap();
    assert!(changed < signed_in, "the newest first: {activity}");
    assert!(activity.contains("gerade eben, 127.0.0.1") && activity.contains("vor 2 Stunden"), "{activity}");
}
