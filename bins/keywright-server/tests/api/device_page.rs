//! /device-verify, without JavaScript (contract §3, §10, RFC 8628 §3.3 and §5.4).

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Keywright, send};

const ADA: &str = "ada@example.com";
const PATH: &str = "/device-verify";

async fn poll(keywright: &Keywright, device_code: &str) -> Answer {
    keywright.post("/token", json!({"device_code": device_code})).await
}

/// Begins for a device with a detailed name and user agent; returns device code and user code.
async fn begin(keywright: &Keywright) -> (String, String) {
    let request = keywright.api(Method::POST, "/device").header("user-agent", "laptop/1.0 <i>&amp;</i>");
    let begun = send(request.json(&json!({"client_name": "Ada's laptop"}))).await.json();
    let text = |name: &str| begun[name].as_str().unwrap().to_owned();
    (text("device_code"), text("user_code"))
}

/// Returns the value of a field.
fn field(html: &str, name: &str) -> String {
    let (_, rest) = html.split_once(&format!(r#"name="{name}" value=""#)).unwrap_or_else(|| panic!("{html}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Asserts the properties that §10 requires of every page.
fn assert_page(page: &Answer, status: u16) {
    assert_eq!(page.status, status, "{}", page.text);
    let policy = page.header("content-security-policy");
    let directive = |name: &str| policy.split("; ").find(|directive| directive.starts_with(name));
    assert_eq!(directive("default-src"), Some("default-src 'none'"), "{policy}");
    assert_eq!(directive("frame-ancestors"), Some("frame-ancestors 'none'"), "{policy}");
    assert_eq!(directive("form-action"), Some("form-action 'self'"), "{policy}");
    assert_eq!(directive("base-uri"), Some("base-uri 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!page.header("x-request-id").is_empty());
    assert!(page.text.contains(r#"<html lang="en">"#) && page.text.contains("<h1>"), "{}", page.text);
    for code in ["<script", " style=", "<style", " onclick=", "javascript:"] {
        assert!(!page.text.contains(code), "{code}: {}", page.text);
    }
}

#[tokio::test]
async fn a_url_with_a_code_only_fills_in_the_field() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = begin(&keywright).await;
    let typed = user_code.to_lowercase().replace('-', "");

    for query in [
        format!("code={user_code}"),
        format!("user_code={user_code}"),
        format!("code={typed}"),
        format!("code={user_code}&action=approve"),
        format!("user_code={user_code}&action=approve&step=look"),
    ] {
        let page = keywright.page(&cookie, &format!("{PATH}?{query}")).await;

        assert_page(&page, 200);
        assert_eq!(field(&page.text, "code"), user_code, "{query}");
        for detail in ["laptop", "127.0.0.1", "approve", "Command line"] {
            assert!(!page.text.contains(detail), "{query} {detail}: {}", page.text);
        }
    }
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
    assert_eq!(keywright.events(ADA).await, ["signed_in"]);
}

#[tokio::test]
async fn the_url_that_a_device_shows_leads_here() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let begun = keywright.post("/device", json!({})).await.json();
    let complete = begun["verification_uri_complete"].as_str().unwrap();

    let page = keywright.page(&cookie, complete.strip_prefix(keywright.base()).unwrap()).await;

    assert_page(&page, 200);
    assert_eq!(json!(field(&page.text, "code")), begun["user_code"]);
}

#[tokio::test]
async fn a_url_cannot_put_text_into_the_page() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;

    for hostile in [
        "%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "%22%20autofocus%20onfocus=alert(1)%20x=%22",
        "call+555-0100+now",
        "BBBB-BBBB%00%3Cb%3E",
        "%ff%fe",
        "%E2%80%AEBBBB-BBBB",
    ] {
        for name in ["code", "user_code"] {
            for (cookie, who) in [(cookie.as_str(), "signed in"), ("", "signed out")] {
                let page = keywright.page(cookie, &format!("{PATH}?{name}={hostile}")).await;

                assert_page(&page, 200);
                for words in ["alert", "onfocus", "555", "BBBB"] {
                    assert!(!page.text.contains(words), "{who} {hostile}: {}", page.text);
                }
            }
        }
    }
}

#[tokio::test]
async fn typed_input_is_shown_again_as_text() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;

    for hostile in ["\"><script>alert(1)</script>", "\" onclick=\"alert(1)", &"<script>".repeat(1_000)] {
        let page = keywright.submit(&cookie, PATH, &[("code", hostile)]).await;

        assert_eq!(page.status, 404);
        assert!(!page.text.contains("<script") && !page.text.contains("\" onclick"), "{}", page.text);
        assert!(page.text.contains("There is no such code"), "{}", page.text);
        assert!(page.text.len() < 8_000, "{}", page.text.len());
    }
}

#[tokio::test]
async fn a_signed_out_person_signs_in_and_returns_with_the_code() {
    let keywright = Keywright::start().await;
    let (device_code, user_code) = begin(&keywright).await;

    let opened = keywright.page("", &format!("{PATH}?code={user_code}")).await;

    assert_page(&opened, 200);
    assert!(!opened.text.contains("laptop") && !opened.text.contains(r#"name="code""#), "{}", opened.text);
    let (_, link) = opened.text.split_once("href=\"/sign-in?next=").unwrap();
    let sign_in = format!("/sign-in?next={}", link.split('"').next().unwrap());
    assert_eq!(sign_in, format!("/sign-in?next=%2Fdevice-verify%3Fcode%3D{user_code}"));

    let asks = keywright.page("", &sign_in).await;
    let next = field(&asks.text, "next");
    assert_eq!(next, format!("{PATH}?code={user_code}"));
    let asked = keywright.submit("", "/sign-in", &[("email", ADA), ("next", &next)]).await;
    let (request_id, next) = (field(&asked.text, "request_id"), field(&asked.text, "next"));
    let code = keywright.mail(ADA, 1).await.code;
    let form = [("request_id", request_id.as_str()), ("code", &code), ("next", &next)];
    let signed_in = keywright.submit("", "/sign-in/code", &form).await;
    let location = format!("{PATH}?code={user_code}");
    assert_eq!(
        (signed_in.status, signed_in.header("location")),
        (303, location.as_str()),
        "{}",
        signed_in.text
    );

    let back = keywright.page(&signed_in.cookie(), &location).await;
    assert_eq!(field(&back.text, "code"), user_code);
    assert!(back.text.contains(ADA), "{}", back.text);
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
}

#[tokio::test]
async fn a_form_from_a_signed_out_person_decides_nothing() {
    let keywright = Keywright::start().await;
    let tokens = keywright.sign_in(ADA).await;
    let (device_code, user_code) = begin(&keywright).await;

    for cookie in ["", "kw_session=kws_x"] {
        for action in ["", "approve", "deny"] {
            let page = keywright.submit(cookie, PATH, &[("code", &user_code), ("action", action)]).await;
            assert_page(&page, 401);
            let sign_in = format!("/sign-in?next=%2Fdevice-verify%3Fcode%3D{user_code}");
            assert!(page.text.contains(&sign_in), "{}", page.text);
            assert!(!page.text.contains("laptop"), "{}", page.text);
        }
    }
    let bearer = keywright.page_request(Method::POST, PATH, "").bearer_auth(&tokens.access);
    let page = send(bearer.form(&[("code", user_code.as_str()), ("action", "approve")])).await;
    assert_eq!(page.status, 401, "a page is for browsers");
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
}

#[tokio::test]
async fn the_consent_page_shows_the_client_its_location_and_the_time() {
    let clients = [("CLIENTS", r#"[{"id": "tv", "name": "<u>The</u> television"}]"#)];
    let keywright = Keywright::start_with(&clients).await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let request = keywright.api(Method::POST, "/device").header("user-agent", "tv/1.0 <i>\"x\"</i>");
    let body = json!({"client_id": "tv", "client_name": "Ada's (new) TV"});
    let begun = send(request.json(&body)).await.json();
    let (device_code, user_code) =
        (begun["device_code"].as_str().unwrap(), begun["user_code"].as_str().unwrap());
    keywright.advance(125);

    let page = keywright.submit(&cookie, PATH, &[("code", &user_code.to_lowercase())]).await;

    assert_page(&page, 200);
    for shown in [
        user_code,
        ADA,
        "Ada&#39;s (new) TV",
        "unverified",
        "&#60;u&#62;The&#60;/u&#62; television",
        "<bdi>tv</bdi>",
        "127.0.0.1",
        "tv/1.0 &#60;i&#62;&#34;x&#34;&#60;/i&#62;",
        "2 minutes ago",
        r#"name="action" value="approve""#,
        r#"name="action" value="deny""#,
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    assert_eq!(field(&page.text, "code"), user_code);
    assert_eq!(poll(&keywright, device_code).await.error(), "400 authorization_pending", "only shown");
}

#[tokio::test]
async fn a_person_approves_a_device() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = begin(&keywright).await;

    let page = keywright.submit(&cookie, PATH, &[("code", &user_code), ("action", "approve")]).await;

    assert_page(&page, 200);
    assert!(page.text.contains("<h1>Approved</h1>"), "{}", page.text);
    let tokens = poll(&keywright, &device_code).await.tokens();
    let me = keywright.get_as(&tokens.access, "/api/v1/auth/me").await.json();
    assert_eq!(me["user"]["email"], json!(ADA));
}

#[tokio::test]
async fn a_person_denies_a_device() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = begin(&keywright).await;

    let page = keywright.submit(&cookie, PATH, &[("code", &user_code), ("action", "deny")]).await;

    assert_page(&page, 200);
    assert!(page.text.contains("<h1>Denied</h1>"), "{}", page.text);
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 access_denied");
}

#[tokio::test]
async fn a_decision_is_final_and_hidden_from_other_accounts() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in_browser(ADA).await;
    let bob = keywright.sign_in_browser("bob@example.com").await;
    let (device_code, user_code) = begin(&keywright).await;
    keywright.submit(&ada, PATH, &[("code", &user_code), ("action", "deny")]).await;

    for action in ["", "approve", "deny"] {
        let form = [("code", user_code.as_str()), ("action", action)];
        let again = keywright.submit(&ada, PATH, &form).await;
        assert_page(&again, 409);
        assert!(again.text.contains("Already decided"), "{}", again.text);

        let other = keywright.submit(&bob, PATH, &form).await;
        assert_page(&other, 404);
        assert!(other.text.contains("There is no such code"), "{}", other.text);
        assert!(!other.text.contains("laptop"), "{}", other.text);
    }
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 access_denied");
}

#[tokio::test]
async fn a_wrong_or_expired_code_is_reported_as_unknown_and_can_be_corrected() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (_, expired) = begin(&keywright).await;
    keywright.advance(600);

    for (wrong, action) in [("BBBB-BBBB", ""), ("hello", ""), ("", ""), (&expired, ""), (&expired, "approve")]
    {
        let page = keywright.submit(&cookie, PATH, &[("code", wrong), ("action", action)]).await;

        assert_page(&page, 404);
        assert!(page.text.contains("There is no such code"), "{}", page.text);
        assert!(page.text.contains(r#"role="alert""#), "{}", page.text);
        assert_eq!(field(&page.text, "code"), wrong);
    }
}

#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = begin(&keywright).await;
    let form = [("code", user_code.as_str()), ("action", "approve")];

    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ] {
        let request =
            keywright.request(Method::POST, PATH).header("cookie", &cookie).header("accept", "text/html");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let page = send(request.form(&form)).await;
        assert_page(&page, 403);
        assert!(!page.text.contains("laptop"), "{}", page.text);
    }
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");

    // A browser that sends no metadata, and one whose referrer policy removes the origin of its form.
    for (name, value) in [("origin", keywright.base()), ("sec-fetch-site", "same-origin")] {
        let request = keywright.request(Method::POST, PATH).header("cookie", &cookie).header(name, value);
        let request = if name == "origin" { request } else { request.header("origin", "null") };
        assert_eq!(send(request.form(&[("code", &user_code)])).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn a_malformed_form_decides_nothing() {
    let keywright = Keywright::start().await;
    let cookie = keywright.sign_in_browser(ADA).await;
    let (device_code, user_code) = begin(&keywright).await;
    let post = async |media_type: &str, body: String| {
        let request = keywright.page_request(Method::POST, PATH, &cookie).header("accept", "text/html");
        send(request.header("content-type", media_type).body(body)).await
    };
    let form = "application/x-www-form-urlencoded";

    let repeated = format!("code={user_code}&action=deny&action=approve");
    assert_page(&post(form, repeated).await, 400);
    assert_page(&post(form, format!("code={user_code}&action=maybe")).await, 422);
    assert_page(&post(form, format!("code={}", "a".repeat(65_536))).await, 413);
    assert_page(&post("text/plain", format!("code={user_code}&action=approve")).await, 415);
    assert_eq!(poll(&keywright, &device_code).await.error(), "400 authorization_pending");
}
