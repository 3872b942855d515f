//! The weight of the pages.

use std::collections::BTreeSet;

use crate::passkey::passkeys;
use crate::site::{Page, Site};

/// Maximum size of a page with everything it uses, in bytes, uncompressed.
const MOST: usize = 60_000;

/// Returns the addresses that this page loads.
fn used(page: &Page) -> BTreeSet<String> {
    let addresses = page.text.split('"').filter(|value| value.starts_with("/assets/"));
    addresses.map(ToOwned::to_owned).collect()
}

async fn whole(site: &mut Site, page: &Page) -> usize {
    let mut sum = page.text.len();
    let assets = used(page);
    assert!(assets.len() >= 2, "{assets:?}");
    for address in assets {
        let asset = site.get(&address).await;
        assert_eq!(asset.status, 200, "{address}");
        sum += asset.text.len();
    }
    sum
}

#[actix_web::test]
async fn every_page_is_small_including_its_assets() {
    let mut site = Site::open().await;
    let mut pages = vec![];
    for path in ["/sign-in", "/magic-link", "/device-verify", "/api/docs", "/nowhere"] {
        pages.push(site.get(path).await);
    }
    pages.push(site.submit("/sign-in", &[("email", "ada@example.com")]).await);
    site.sign_in("ada@example.com").await;
    let code = site.device(&"n".repeat(64), &"u".repeat(256)).await;
    for path in ["/sign-in", "/device-verify"] {
        pages.push(site.get(path).await);
    }
    pages.push(site.submit("/device-verify", &[("code", &code)]).await);
    pages.push(site.submit("/device-verify", &[("code", &code), ("action", "approve")]).await);

    let long = "Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0";
    for _ in 0..40 {
        site.sign_in_device(&"n".repeat(64), long).await;
    }
    for _ in 0..20 {
        site.add_passkey("ada@example.com", &"ü".repeat(128)).await;
    }
    let account = site.get("/account").await;
    assert_eq!(account.text.matches(r#"name="session""#).count(), 25, "the newest, after this one");
    assert!(account.text.contains("There are more than these."), "{}", account.text);
    assert_eq!(account.text.matches("data-credential=").count(), 20, "as many as there can be");
    let passkey = site.get(&passkeys(&account)[0]).await;
    assert_eq!(passkey.status, 200);
    pages.extend([account, passkey]);

    for page in pages {
        let size = whole(&mut site, &page).await;
        assert!(size < MOST, "{size}: {}", page.text);
    }
}
