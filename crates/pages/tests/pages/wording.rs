//! The texts of the pages: only from the catalogue, in the language of the visitor.

use std::fs;
use std::path::Path;

use actix_web::test::TestRequest;

use crate::passkey::passkeys;
use crate::site::{Page, Site};

/// The only text that a template may contain.
const NAME: &str = "Keywright";

/// Attributes whose values people read or hear.
const READ: [&str; 4] = ["placeholder", "title", "alt", "aria-label"];

#[test]
fn no_template_contains_text() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let files: Vec<_> = fs::read_dir(templates).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 5);

    for file in files {
        let template = fs::read_to_string(&file).unwrap();
        let rest = without(&without(&without(&template, "{#", "#}"), "{%", "%}"), "{{", "}}");
        for attribute in READ {
            let named = format!("{attribute}=\"");
            for (_, value) in rest.match_indices(&named).map(|(at, _)| rest.split_at(at + named.len())) {
                assert!(value.starts_with('"'), "{}: {attribute} in {value}", file.display());
            }
        }
        let text = without(&rest, "<", ">").replace(NAME, "");
        let word: String = text.chars().filter(|c| c.is_alphabetic()).collect();
        assert_eq!(word, "", "{}", file.display());
    }
}

/// Returns `text` without everything between these two.
fn without(text: &str, opening: &str, closing: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(opening) {
        kept.push_str(before);
        rest = after.split_once(closing).expect("what is opened is closed").1;
    }
    kept + rest
}

async fn german(site: &mut Site, path: &str) -> Page {
    let request = TestRequest::get().uri(path).insert_header(("accept", "text/html"));
    site.send(request.insert_header(("accept-language", "de-AT, en;q=0.5"))).await
}

#[actix_web::test]
async fn every_page_speaks_the_language_of_the_browser() {
    let mut site = Site::open().await;
    for (path, heading) in [
        ("/sign-in", "Anmelden"),
        ("/magic-link", "Mit einem Link anmelden"),
        ("/device-verify", "Ein Gerät anmelden"),
        ("/api/docs", "Die Schnittstelle"),
        ("/nowhere", "Nicht gefunden"),
    ] {
        let page = german(&mut site, path).await;
        assert!(page.text.contains(r#"<html lang="de">"#), "{}", page.text);
        assert!(page.text.contains(&format!("<h1>{heading}</h1>")), "{}", page.text);
    }
    let form = TestRequest::post().uri("/sign-in").insert_header(("accept-language", "de"));
    let refused = site.send(form.set_form([("email", "a@b.c")])).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("<h1>Nicht von hier</h1>"), "{}", refused.text);
}

#[actix_web::test]
async fn the_language_of_the_account_takes_precedence_over_the_browsers() {
    let mut site = Site::open().await;
    site.sign_in("ada@example.com").await;
    site.prefer("ada@example.com", "de-CH").await;
    let code = site.device("Ada's laptop", "keywright/0.1 (Linux)").await;

    for path in ["/sign-in", "/device-verify"] {
        let page = site.get(path).await;
        assert!(page.text.contains(r#"<html lang="de">"#), "{}", page.text);
    }
    site.add_passkey("ada@example.com", "Laptop").await;
    let account = site.get("/account").await;
    assert!(account.text.contains("Umbenennen oder entfernen"), "{}", account.text);
    let passkey = site.get(&passkeys(&account)[0]).await;
    assert!(passkey.text.contains("Einer Ihrer Passkeys"), "{}", passkey.text);
    let again = site.get("/sign-in?again=change-email").await;
    assert!(again.text.contains("<h1>Noch einmal anmelden</h1>"), "{}", again.text);
    let sent = site.submit("/sign-in", &[("email", "ada@example.com"), ("again", "change-email")]).await;
    assert!(sent.text.contains("<h1>Sehen Sie in Ihr Postfach</h1>"), "{}", sent.text);
    let consent = site.submit("/device-verify", &[("code", &code)]).await;
    assert!(consent.text.contains("Haben Sie das auf Ihrem eigenen Gerät begonnen?"), "{}", consent.text);
    assert!(consent.text.contains("gerade eben"), "{}", consent.text);
    let odd = site.submit("/device-verify", &[("code", &code), ("action", "maybe")]).await;
    assert!(odd.text.contains("<h1>Nicht verstanden</h1>"), "{}", odd.text);
}
