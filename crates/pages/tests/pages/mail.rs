//! The development inbox.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::Value;

use crate::site::Site;

fn asked(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header(("host", "localhost:8080"))
}

#[actix_web::test]
async fn the_person_who_started_the_server_reads_the_latest_mail() {
    let mut site = Site::open().await;
    let with_key = format!("/dev/inbox?key={}", site.inbox_key);
    let html = ("accept", "text/html");

    let opened = site.send(asked(&with_key).insert_header(html)).await;
    assert_eq!((opened.status, opened.header("location")), (303, "/dev/inbox"));
    let cookie = opened.header("set-cookie").to_owned();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/dev/inbox"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();

    let empty = site.send(asked("/dev/inbox").insert_header(("cookie", cookie.clone()))).await;
    assert!(empty.text.contains("Nothing yet"), "{}", empty.text);

    for email in ["ada@example.com", "bob@example.com"] {
        site.submit("/sign-in", &[("email", email)]).await;
        site.clock.advance(chrono::TimeDelta::seconds(1));
    }
    site.deliver().await;
    let page = site.send(asked("/dev/inbox").insert_header(("cookie", cookie)).insert_header(html)).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
    assert!(page.text.find("bob@example.com") < page.text.find("ada@example.com"), "{}", page.text);
    assert_eq!(page.text.matches(r#"<a href="http://localhost:8080/magic-link#token=kwm_"#).count(), 2);

    let json = site.send(asked(&with_key).insert_header(("accept", "application/json"))).await;
    assert_eq!((json.status, json.header("content-type")), (200, "application/json"));
    let json: Value = serde_json::from_str(&json.text).unwrap();
    let newest = &json["data"][0];
    assert_eq!(
        (newest["to"].as_str(), newest["date"].as_str()),
        (Some("bob@example.com"), Some("2027-01-15T08:00:01Z"))
    );
    assert!(["id", "subject", "text", "html"].iter().all(|field| newest[field].is_string()), "{newest}");
}

#[actix_web::test]
async fn the_inbox_page_is_404_without_its_key() {
    let mut site = Site::open().await;
    let with_key = format!("/dev/inbox?key={}", site.inbox_key);
    let mut closed = Site::open_with(false).await;
    let closed_with_key = format!("/dev/inbox?key={}", closed.inbox_key);

    for accept in ["text/html", "application/json"] {
        let nowhere = site.send(asked("/nowhere").insert_header(("accept", accept))).await;
        for refused in [
            site.send(asked("/dev/inbox").insert_header(("accept", accept))).await,
            site.send(asked("/dev/inbox").method(Method::POST).insert_header(("accept", accept))).await,
            site.send(asked("/dev/inbox?key=x").insert_header(("accept", accept))).await,
            site.send(asked(&with_key).insert_header(("accept", accept)).insert_header(("via", "1.1 x")))
                .await,
            site.send(TestRequest::get().uri(&with_key).insert_header(("accept", accept))).await,
            closed.send(asked(&closed_with_key).insert_header(("accept", accept))).await,
        ] {
            assert_eq!(refused.status, 404);
            assert_eq!(refused.text, nowhere.text);
            let names = |page: &crate::site::Page| {
                let mut names: Vec<_> = page.headers.keys().map(ToString::to_string).collect();
                names.sort();
                names
            };
            assert_eq!(names(&refused), names(&nowhere));
        }
    }
    let opened = site.send(asked(&with_key).method(Method::POST)).await;
    assert_eq!((opened.status, opened.header("allow")), (405, "GET, HEAD"));
}
