//! /account.

use crate::site::Site;

const ADA: &str = "ada@example.com";

#[actix_web::test]
async fn whoever_is_signed_out_signs_in_and_comes_back() {
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
async fn what_cannot_be_saved_comes_back_with_what_to_do_beside_each_field() {
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
