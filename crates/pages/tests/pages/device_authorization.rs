//! Deciding about a device.

use chrono::TimeDelta;

use crate::site::Site;

#[actix_web::test]
async fn a_link_with_a_code_only_fills_in_the_field() {
    let mut site = Site::open().await;
    let code = site.device("Ada's laptop", "keywright/0.1").await;

    let stranger = site.get(&format!("/device-verify?code={code}")).await;
    assert_eq!(stranger.status, 200);
    assert!(stranger.text.contains(&format!("/sign-in?next=%2Fdevice-verify%3Fcode%3D{code}")));

    site.sign_in("ada@example.com").await;
    for query in [format!("code={code}"), format!("user_code={}", code.to_lowercase().replace('-', ""))] {
        let page = site.get(&format!("/device-verify?{query}")).await;
        assert_eq!((page.status, page.field("code")), (200, code.clone()));
        assert!(!page.text.contains("laptop") && !page.text.contains("203.0.113.7"), "{}", page.text);
        assert!(!page.text.contains("approve"), "{}", page.text);
    }
    let no_code = site.get("/device-verify?code=%22%3E%3Cscript%3E").await;
    assert_eq!((no_code.status, no_code.field("code").as_str()), (200, ""));
}

#[actix_web::test]
async fn a_person_sees_the_requesting_client_and_approves_once() {
    let mut site = Site::open().await;
    site.sign_in("ada@example.com").await;
    let code = site.device("Ada's laptop", "<script>alert(1)</script>").await;
    site.clock.advance(TimeDelta::seconds(125));

    let shown = site.submit("/device-verify", &[("code", &code.to_lowercase()), ("step", "look")]).await;
    assert_eq!((shown.status, shown.field("code")), (200, code.clone()));
    for detail in
        ["Ada&#39;s laptop", "unverified", "Command line", "203.0.113.7", "2 minutes ago", "your own device?"]
    {
        assert!(shown.text.contains(detail), "{detail}: {}", shown.text);
    }
    assert!(!shown.text.contains("<script>"), "{}", shown.text);

    let approved = site.submit("/device-verify", &[("code", &code), ("action", "approve")]).await;
    assert_eq!(approved.status, 200);
    assert!(approved.text.contains("<h1>Approved</h1>") && approved.text.contains("go back to your device"));

    for again in [vec![("code", code.as_str()), ("action", "deny")], vec![("code", code.as_str())]] {
        let decided = site.submit("/device-verify", &again).await;
        assert_eq!(decided.status, 409);
        assert!(decided.text.contains("Already decided"), "{}", decided.text);
    }

    site.forget_cookie();
    site.sign_in("bob@example.com").await;
    assert_eq!(site.submit("/device-verify", &[("code", &code)]).await.status, 404);
}

#[actix_web::test]
async fn a_device_in_another_network_is_shown_with_a_warning() {
    let mut site = Site::open().await;
    site.sign_in("ada@example.com").await;

    for (address, is_warned) in [("203.0.113.7", true), ("127.0.0.1", false), ("::ffff:127.0.0.1", false)] {
        let code = site.device_at(address, "", "").await;
        let shown = site.submit("/device-verify", &[("code", &code)]).await;
        assert_eq!(shown.status, 200);
        assert_eq!(shown.text.contains("another network than yours (127.0.0.1)"), is_warned, "{address}");
    }
}

#[actix_web::test]
async fn a_person_denies_a_device() {
    let mut site = Site::open().await;
    site.sign_in("ada@example.com").await;
    let code = site.device("", "").await;

    let denied = site.submit("/device-verify", &[("code", &code), ("action", "deny")]).await;

    assert_eq!(denied.status, 200);
    assert!(denied.text.contains("<h1>Denied</h1>"));
}

#[actix_web::test]
async fn a_stranger_or_an_invalid_code_decides_nothing() {
    let mut site = Site::open().await;
    let code = site.device("", "").await;

    let stranger = site.submit("/device-verify", &[("code", &code), ("action", "approve")]).await;
    assert_eq!(stranger.status, 401);
    assert!(stranger.text.contains("/sign-in?next=%2Fdevice-verify"), "{}", stranger.text);

    site.sign_in("ada@example.com").await;
    for wrong in ["BBBB-BBBB", "hello", ""] {
        let again = site.submit("/device-verify", &[("code", wrong), ("action", "approve")]).await;
        assert_eq!((again.status, again.field("code").as_str()), (404, wrong));
        assert!(again.text.contains("There is no such code"), "{}", again.text);
    }
    let odd = site.submit("/device-verify", &[("code", &code), ("action", "maybe")]).await;
    assert_eq!(odd.status, 422);
    let still_open = site.submit("/device-verify", &[("code", &code)]).await;
    assert_eq!(still_open.status, 200);

    site.clock.advance(TimeDelta::minutes(10));
    assert_eq!(site.submit("/device-verify", &[("code", &code), ("action", "approve")]).await.status, 404);
}
