//! Signing in by mail and signing out.

use actix_web::http::Method;
use actix_web::test::TestRequest;

use crate::site::Site;

#[actix_web::test]
async fn a_person_signs_in_with_the_code_and_reaches_their_target() {
    let mut site = Site::open().await;

    let asked = site.get("/sign-in?next=%2Fdevice-verify%3Fcode%3DWDJB-MJHT").await;
    assert_eq!((asked.status, asked.field("next").as_str()), (200, "/device-verify?code=WDJB-MJHT"));

    let form = [("email", "Ada@Example.com"), ("next", "/device-verify?code=WDJB-MJHT")];
    let sent = site.submit("/sign-in", &form).await;
    assert_eq!(sent.status, 200);
    assert!(sent.text.contains(r#"inputmode="numeric" autocomplete="one-time-code""#), "{}", sent.text);
    assert!(sent.text.contains("good for 15 minutes"), "{}", sent.text);

    let request_id = sent.field("request_id");
    let code = site.code(&request_id);
    let answer = site.submit("/sign-in/code", &[("request_id", &request_id), ("code", &code)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/device-verify?code=WDJB-MJHT"));
    assert!(answer.header("set-cookie").contains("HttpOnly; SameSite=Lax"), "{:?}", answer.headers);

    let welcome = site.get("/sign-in").await;
    assert!(welcome.text.contains("You are signed in") && welcome.text.contains("ada@example.com"));

    let left = site.submit("/sign-out", &[]).await;
    assert_eq!((left.status, left.header("location")), (303, "/sign-in"));
    assert!(left.header("set-cookie").starts_with("kw_session=;"), "{:?}", left.headers);
    assert!(site.get("/sign-in").await.text.contains(r#"name="email""#));
}

#[actix_web::test]
async fn signing_out_invalidates_every_copy_of_the_cookie() {
    let mut site = Site::open().await;
    site.sign_in("ada@example.com").await;
    let mut copy = site.clone();

    site.submit("/sign-out", &[]).await;

    assert!(copy.get("/sign-in").await.text.contains(r#"name="email""#));
}

#[actix_web::test]
async fn a_link_to_the_sign_in_page_never_redirects_to_another_site() {
    let mut site = Site::open().await;
    for evil in
        ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "javascript%3Aalert(1)"]
    {
        let page = site.get(&format!("/sign-in?next={evil}")).await;
        assert_eq!((page.status, page.field("next").as_str()), (200, ""), "{evil}");
    }

    let form = [("email", "ada@example.com"), ("next", "//evil.example")];
    let request_id = site.submit("/sign-in", &form).await.field("request_id");
    let code = site.code(&request_id);
    let answer = site.submit("/sign-in/code", &[("request_id", &request_id), ("code", &code)]).await;

    assert_eq!((answer.status, answer.header("location")), (303, "/sign-in"));
    for evil in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example"] {
        let page = site.get(&format!("/sign-in?next={evil}")).await;
        assert!(!page.text.contains("evil.example"), "{evil}");
    }
}

#[actix_web::test]
async fn a_sign_in_by_code_may_redirect_to_an_allowed_application() {
    let mut site = Site::open().await;

    let sent = site.submit("/sign-in", &[("email", "ada@example.com")]).await;

    let policy = sent.header("content-security-policy");
    assert!(policy.ends_with("form-action 'self' https://app.example.com"), "{policy}");
}

#[actix_web::test]
async fn an_invalid_form_is_shown_again_with_the_error() {
    let mut site = Site::open().await;

    let bad_address = site.submit("/sign-in", &[("email", "<b>ada")]).await;
    assert_eq!(bad_address.status, 422);
    assert!(
        bad_address.text.contains("not an e-mail address") && bad_address.text.contains("&#60;b&#62;ada")
    );
    assert_eq!(site.submit("/sign-in", &[]).await.status, 422);

    let request_id = site.submit("/sign-in", &[("email", "ada@example.com")]).await.field("request_id");
    let code = site.code(&request_id);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for (typed, status, told) in
        [("12345", 422, "six digits"), ("", 422, "six digits"), (wrong, 401, "wrong, used or expired")]
    {
        let form = [("request_id", request_id.as_str()), ("code", typed), ("email", "ada@example.com")];
        let again = site.submit("/sign-in/code", &form).await;
        assert_eq!(again.status, status, "{typed}");
        assert!(again.text.contains(told) && again.text.contains(r#"role="alert""#), "{}", again.text);
        assert_eq!(again.field("request_id"), request_id);
        assert_eq!(again.field("email"), "ada@example.com");
    }
    let grouped = format!("{} {}", &code.get(..3).unwrap(), &code.get(3..).unwrap());
    let right = site.submit("/sign-in/code", &[("request_id", &request_id), ("code", &grouped)]).await;
    assert_eq!(right.status, 303);

    let no_link = site.submit("/sign-in/code", &[("request_id", "x"), ("code", "123456")]).await;
    assert_eq!(no_link.status, 422);
    assert!(no_link.text.contains(r#"action="/sign-in""#));
}

#[actix_web::test]
async fn input_other_than_six_digits_costs_no_attempt() {
    let mut site = Site::open().await;
    let request_id = site.submit("/sign-in", &[("email", "ada@example.com")]).await.field("request_id");

    for _ in 0..10 {
        site.submit("/sign-in/code", &[("request_id", &request_id), ("code", "12345")]).await;
    }

    let code = site.code(&request_id);
    let right = site.submit("/sign-in/code", &[("request_id", &request_id), ("code", &code)]).await;
    assert_eq!(right.status, 303);
}

#[actix_web::test]
async fn a_form_from_another_site_is_refused_with_a_page() {
    let mut site = Site::open().await;
    for path in
        ["/sign-in", "/sign-in/code", "/sign-out", "/device-verify", "/account", "/account/sessions/end"]
    {
        let form = || TestRequest::post().uri(path).set_form([("email", "ada@example.com")]);
        for foreign in [
            form(),
            form().insert_header(("sec-fetch-site", "cross-site")),
            form().insert_header(("origin", "https://evil.example")),
        ] {
            let refused = site.send(foreign).await;
            assert_eq!(
                (refused.status, refused.header("content-type")),
                (403, "text/html; charset=utf-8"),
                "{path}"
            );
            assert!(refused.text.contains("<h1>Not from here</h1>"));
        }
    }
}

#[actix_web::test]
async fn every_page_answers_head_and_has_its_headers_and_one_heading() {
    let mut site = Site::open().await;
    for path in ["/sign-in", "/magic-link", "/device-verify", "/nope"] {
        let page = site.get(path).await;
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.text.matches("<h1>").count(), 1, "{path}");
        assert!(page.text.starts_with("<!doctype html>\n<html lang=\"en\">"), "{path}");

        let head =
            TestRequest::default().method(Method::HEAD).uri(path).insert_header(("accept", "text/html"));
        let head = site.send(head).await;
        assert_eq!(
            (head.status, head.header("content-type")),
            (page.status, page.header("content-type")),
            "{path}"
        );
    }
    let front = site.get("/").await;
    assert_eq!((front.status, front.header("location")), (303, "/sign-in"));
    assert_eq!(site.send(TestRequest::put().uri("/magic-link")).await.status, 405);
}

#[actix_web::test]
async fn a_repeated_address_is_cut_between_characters() {
    let mut site = Site::open().await;
    for (email, length) in [("ä".repeat(9_999), 254), (format!("a{}", "ä".repeat(9_999)), 253)] {
        let page = site.submit("/sign-in", &[("email", &email)]).await;

        assert_eq!(page.status, 422);
        assert_eq!(page.field("email").len(), length);
    }
}
