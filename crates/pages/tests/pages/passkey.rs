//! The passkeys on /account and /account/passkey. The browser tests cover the authenticators.

use crate::site::{Page, Site};

const ADA: &str = "ada@example.com";

/// Returns the targets of the rename and remove forms of the listed passkeys.
pub fn passkeys(page: &Page) -> Vec<String> {
    let links = page.text.split(r#"href="/account/passkey?"#).skip(1);
    links.map(|rest| format!("/account/passkey?{}", rest.split('"').next().unwrap())).collect()
}

async fn with_passkey(site: &mut Site, name: &str) -> String {
    site.sign_in(ADA).await;
    site.add_passkey(ADA, name).await;
    passkeys(&site.get("/account").await).remove(0)
}

fn id(path: &str) -> &str {
    path.split_once("id=").unwrap().1
}

#[actix_web::test]
async fn the_account_lists_passkeys_with_the_data_for_the_authenticators() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;
    assert!(site.get("/account").await.text.contains("You have none yet."));

    let credential = site.add_passkey(ADA, "<b>Ada's key</b>").await;
    site.clock.advance(chrono::TimeDelta::hours(2));
    let page = site.get("/account").await;

    for shown in [
        "&#60;b&#62;Ada&#39;s key&#60;/b&#62;",
        "Added 2 hours ago, never used",
        r#"data-rp-id="localhost""#,
        &format!(r#"data-credential="{credential}""#),
        &format!(r#"data-name="{ADA}" data-display-name="{ADA}""#),
        r#"id="add-passkey" hidden"#,
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    site.submit("/account", &[("name", "Ada \"L\"")]).await;
    let page = site.get("/account").await;
    assert!(page.text.contains(r#"data-display-name="Ada &#34;L&#34;""#), "{}", page.text);
}

#[actix_web::test]
async fn a_passkey_is_renamed_without_scripts_and_an_invalid_name_is_shown_again() {
    let mut site = Site::open().await;
    let path = with_passkey(&mut site, "Laptop").await;
    let page = site.get(&path).await;
    assert_eq!((page.status, page.field("name").as_str()), (200, "Laptop"));

    for bad in ["", "  ", "a\u{0}b", &"\"><script>".repeat(99)] {
        let refused = site.submit("/account/passkey", &[("passkey", id(&path)), ("name", bad)]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("<title>Error: ") && refused.text.contains("name-wrong"));
        assert!(!refused.text.contains("<script>") && refused.text.len() < 9_000, "{}", refused.text);
    }
    let renamed = site.submit("/account/passkey", &[("passkey", id(&path)), ("name", " Phone ")]).await;

    assert_eq!((renamed.status, renamed.header("location")), (303, "/account?passkey=renamed#passkeys"));
    let page = site.get("/account?passkey=renamed").await;
    assert!(page.text.contains(r#"role="status">The passkey was renamed."#), "{}", page.text);
    assert!(page.text.contains("<bdi>Phone</bdi>"), "{}", page.text);
    assert!(!site.get("/account?passkey=%3Cscript%3E").await.text.contains("<script>"));
}

#[actix_web::test]
async fn a_passkey_is_removed_after_a_confirmation() {
    let mut site = Site::open().await;
    let path = with_passkey(&mut site, "Laptop").await;

    let unconfirmed = site.submit("/account/passkey/remove", &[("passkey", id(&path))]).await;
    assert_eq!(unconfirmed.status, 422);
    assert!(unconfirmed.text.contains("Nothing was removed."), "{}", unconfirmed.text);
    assert_eq!(passkeys(&site.get("/account").await).len(), 1);
    let confirmed = [("passkey", id(&path)), ("confirm", "yes")];
    let removed = site.submit("/account/passkey/remove", &confirmed).await;

    assert_eq!((removed.status, removed.header("location")), (303, "/account?passkey=removed#passkeys"));
    assert!(passkeys(&site.get("/account").await).is_empty());
    let again = site.submit("/account/passkey/remove", &confirmed).await;
    assert_eq!(again.header("location"), "/account#passkeys", "it is what was wanted");
    assert_eq!(site.get(&path).await.header("location"), "/account#passkeys");
}

#[actix_web::test]
async fn removing_needs_a_fresh_sign_in_and_returns_to_the_passkey() {
    let mut site = Site::open().await;
    let path = with_passkey(&mut site, "Laptop").await;
    site.clock.advance(chrono::TimeDelta::minutes(16));

    let confirmed = [("passkey", id(&path)), ("confirm", "yes")];
    let stale = site.submit("/account/passkey/remove", &confirmed).await;

    let next = path.replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
    let location = format!("/sign-in?again=remove-passkey&next={next}");
    assert_eq!((stale.status, stale.header("location")), (303, location.as_str()));
    let asked = site.get(&location).await;
    assert!(asked.text.contains("Sign in once more to remove a passkey"), "{}", asked.text);
    assert_eq!((asked.field("email").as_str(), asked.field("next")), (ADA, path.clone()));
    let sent = site.submit("/sign-in", &[("email", ADA), ("next", &path), ("again", "remove-passkey")]).await;
    assert_eq!(sent.field("again"), "remove-passkey", "another address is asked for in the same way");
    let request_id = sent.field("request_id");
    let code = site.code(&request_id);
    let form = [("request_id", &*request_id), ("code", &*code), ("next", &*path)];
    assert_eq!(site.submit("/sign-in/code", &form).await.header("location"), path);
    assert_eq!(site.submit("/account/passkey/remove", &confirmed).await.status, 303);
    assert!(passkeys(&site.get("/account").await).is_empty());
}

#[actix_web::test]
async fn the_name_of_a_new_passkey_is_kept_during_the_sign_in() {
    let mut site = Site::open().await;
    site.sign_in(ADA).await;

    let left = site.submit("/account/passkey/add", &[("passkey_name", "Ada's \"key\"")]).await;

    let location = "/sign-in?again=add-passkey&next=%2Faccount%23passkeys";
    assert_eq!((left.status, left.header("location")), (303, location));
    let mut eve = site.clone();
    eve.forget_cookie();
    eve.sign_in("eve@example.com").await;
    assert_eq!(eve.get("/account").await.field("passkey_name"), "", "it is not theirs");
    let back = site.get("/account").await;
    assert_eq!(back.field("passkey_name"), "Ada&#39;s &#34;key&#34;");
    assert!(back.text.contains("You have signed in again. Press the button"), "{}", back.text);
    assert_eq!(site.get("/account").await.field("passkey_name"), "", "a reload starts afresh");
}

#[actix_web::test]
async fn a_passkey_of_another_account_is_neither_shown_nor_changed() {
    let mut site = Site::open().await;
    let path = with_passkey(&mut site, "Laptop").await;
    let forms = |id| {
        [
            ("/account/passkey", vec![("passkey", id), ("name", "Eve's")]),
            ("/account/passkey/remove", vec![("passkey", id), ("confirm", "yes")]),
            ("/account/passkey/add", vec![("passkey_name", "Eve's")]),
        ]
    };

    let mut eve = site.clone();
    eve.forget_cookie();
    for (action, form) in forms(id(&path)) {
        assert_eq!(eve.submit(action, &form).await.header("location"), "/sign-in?next=%2Faccount");
    }
    assert_eq!(eve.get(&path).await.header("location"), "/sign-in?next=%2Faccount");
    eve.sign_in("eve@example.com").await;
    assert_eq!(eve.get(&path).await.header("location"), "/account#passkeys");
    for (action, form) in forms(id(&path)).into_iter().take(2) {
        assert_eq!(eve.submit(action, &form).await.header("location"), "/account#passkeys");
    }
    for (action, form) in forms("\"><script>").into_iter().take(2) {
        assert_eq!(site.submit(action, &form).await.header("location"), "/account#passkeys");
    }
    for (action, form) in forms(id(&path)) {
        let foreign = actix_web::test::TestRequest::post().uri(action).set_form(form);
        assert_eq!(site.send(foreign.insert_header(("sec-fetch-site", "cross-site"))).await.status, 403);
        assert_eq!(site.get(action).await.header("location"), "/account#passkeys", "{action}");
    }

    assert_eq!(site.get(&path).await.field("name"), "Laptop");
}
