//! The email address on /account.

use crate::site::Site;

const ADA: &str = "ada@example.com";

#[actix_web::test]
async fn a_requested_address_is_shown_as_pending() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;
    assert!(!site.get("/account").await.text.contains("pending-email"));

    let asked = site.submit("/account/email", &[("email", " Ada@New.example ")]).await;

    assert_eq!((asked.status, asked.header("location")), (303, "/account#email"));
    let page = site.get("/account").await;
    assert!(page.text.contains("<bdi>ada@new.example</bdi>"), "{}", page.text);
    assert!(page.text.contains("Your account goes by <strong><bdi>ada@example.com"), "{}", page.text);
    site.submit("/account/email", &[("email", ADA)]).await;
    assert!(!site.get("/account").await.text.contains("pending-email"), "their own takes it back");
}

#[actix_web::test]
async fn an_invalid_address_is_shown_again_and_too_many_requests_are_refused() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;

    for bad in ["", "ada", "\"><script>", &"a".repeat(9_999)] {
        let refused = site.submit("/account/email", &[("email", bad)]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("<title>Error: ") && refused.text.contains("new-email-wrong"));
        assert!(!refused.text.contains("<script>") && !refused.text.contains(&"a".repeat(300)));
    }
    for number in 0..5 {
        let email = format!("ada{number}@new.example");
        assert_eq!(site.submit("/account/email", &[("email", &email)]).await.status, 303);
    }
    let refused = site.submit("/account/email", &[("email", "ada9@new.example")]).await;

    assert_eq!((refused.status, refused.field("email").as_str()), (429, "ada9@new.example"));
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(refused.text.contains("Wait an hour and try again."), "{}", refused.text);
}

#[actix_web::test]
async fn an_email_change_needs_a_fresh_sign_in_and_keeps_the_typed_address() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;
    site.clock.advance(chrono::TimeDelta::minutes(16));

    let stale = site.submit("/account/email", &[("email", "ada@new.example")]).await;

    let location = "/sign-in?again=change-email&next=%2Faccount%23email";
    assert_eq!((stale.status, stale.header("location")), (303, location));
    let asked = site.get(location).await;
    assert!(asked.text.contains("<h1>Sign in again</h1>"), "{}", asked.text);
    assert!(asked.text.contains("once more to change your e-mail address"), "{}", asked.text);
    site.sign_in(ADA).await;
    let back = site.get("/account").await;
    assert_eq!(back.field("email"), "ada@new.example");
    assert!(back.text.contains("You have signed in again. Press the button"), "{}", back.text);
    assert_eq!(site.submit("/account/email", &[("email", "ada@new.example")]).await.status, 303);
    assert!(site.get("/account").await.text.contains("pending-email"));
}

#[actix_web::test]
async fn an_email_change_is_requested_only_by_the_owner_on_their_own_page() {
    let mut site = Site::open().await;
    assert_eq!(
        site.submit("/account/email", &[("email", ADA)]).await.header("location"),
        "/sign-in?next=%2Faccount"
    );
    site.sign_in(ADA).await;

    let foreign = actix_web::test::TestRequest::post().uri("/account/email");
    let foreign =
        foreign.set_form([("email", "eve@example.com")]).insert_header(("sec-fetch-site", "cross-site"));
    assert_eq!(site.send(foreign).await.status, 403);
    assert_eq!(site.get("/account/email").await.header("location"), "/account#email");
    assert!(!site.get("/account").await.text.contains("eve@example.com"));
    let typed_for_them = site.get("/account?email=eve%40example.com").await;
    assert!(!typed_for_them.text.contains("eve@example.com"), "no link puts an address into the form");
}
