//! The target of a sign-in on the pages.

use keywright_domain::magic_link::RedirectTo;
use url::Url;

/// The path in `text`, or `None` if it leads away from this server: anybody can write a link to the sign-in page.
pub fn local(text: Option<&str>, public_url: &Url) -> Option<RedirectTo> {
    RedirectTo::parse(text?, public_url, &[]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_on_this_server_are_kept() {
        let here = Url::parse("http://localhost:8080").unwrap();
        let next = |text| local(Some(text), &here).map(|next| next.as_str().to_owned());

        assert_eq!(next("/device-verify?code=WDJB-MJHT").as_deref(), Some("/device-verify?code=WDJB-MJHT"));
        for elsewhere in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example",
            // Allowed to an application that asks by the API, not to a link that anybody can make.
            "https://app.example.com/",
            "http://localhost:8080/account",
            "javascript:alert(1)",
        ] {
            assert_eq!(next(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(local(None, &here), None);
    }
}
