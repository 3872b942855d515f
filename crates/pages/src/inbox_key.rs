//! The key of the development inbox.

use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use aws_lc_rs::constant_time;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_domain::entropy::{Entropy, random};
use url::Url;

use crate::page;

pub const PATH: &str = "/dev/inbox";
pub const COOKIE: &str = "kw_inbox";

/// Headers that a proxy adds. A direct request has none of them.
const FORWARDING: [&str; 7] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
];

/// The key of the development inbox: 32 random bytes in base64url, new at every start.
#[derive(Clone)]
pub struct InboxKey(String);

impl InboxKey {
    /// Generates a random key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::<32>(entropy)))
    }

    /// The text, for the address printed at the start.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The place of the key in `request`. `None` unless the request comes from this machine, names this server's host
    /// and carries the key.
    pub fn admits(&self, request: &HttpRequest, public_url: &Url) -> Option<KeySource> {
        let is_local = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
        // Another name may belong to an attacker (DNS rebinding).
        let mut hosts = request.headers().get_all(HOST);
        let host = hosts.next().and_then(|host| host.to_str().ok());
        let is_named = hosts.next().is_none()
            && host.is_some_and(|host| host.eq_ignore_ascii_case(public_url.authority()));
        let mut names = request.headers().keys();
        let is_forwarded = names.any(|name| {
            let name = name.as_str();
            name.starts_with("x-forwarded") || FORWARDING.contains(&name)
        });
        if !is_local || !is_named || is_forwarded {
            return None;
        }
        match page::parameter(request, "key") {
            Some(presented) => self.matches(&presented).then_some(KeySource::Query),
            None => self.matches(request.cookie(COOKIE)?.value()).then_some(KeySource::Cookie),
        }
    }

    fn matches(&self, presented: &str) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), presented.as_bytes()).is_ok()
    }
}

impl fmt::Debug for InboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InboxKey(***)")
    }
}

/// The place of the key in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    Query,
    Cookie,
}

#[cfg(test)]
mod tests {
    use actix_web::cookie::Cookie;
    use actix_web::test::TestRequest;

    use super::*;
    use crate::PageSettings;

    fn here() -> Url {
        Url::parse("http://localhost:8080").unwrap()
    }

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn key() -> InboxKey {
        InboxKey::generate(&Fixed)
    }

    fn asked(uri: &str, peer: &str, host: &str) -> TestRequest {
        TestRequest::with_uri(uri).peer_addr(peer.parse().unwrap()).insert_header(("host", host))
    }

    fn admitted(request: TestRequest) -> Option<KeySource> {
        key().admits(&request.to_http_request(), &here())
    }

    #[test]
    fn the_key_opens_the_inbox_from_this_machine_by_query_or_cookie() {
        let uri = format!("{PATH}?key={}", key().expose());

        for peer in ["127.0.0.1:5000", "127.8.8.8:5000", "[::1]:5000", "[::ffff:127.0.0.1]:5000"] {
            assert_eq!(admitted(asked(&uri, peer, "localhost:8080")), Some(KeySource::Query), "{peer}");
        }
        let cookie = Cookie::new(COOKIE, key().expose().to_owned());
        let by_cookie = asked(PATH, "127.0.0.1:5000", "LOCALHOST:8080").cookie(cookie);
        assert_eq!(admitted(by_cookie), Some(KeySource::Cookie));
    }

    #[test]
    fn without_the_right_key_it_stays_closed() {
        let (here, name) = ("127.0.0.1:5000", "localhost:8080");
        let cookie = |value: &str| Cookie::new(COOKIE, value.to_owned());

        assert_eq!(admitted(asked(PATH, here, name)), None);
        for wrong in ["", "x", &key().expose().to_lowercase(), &format!("{}x", key().expose())] {
            assert_eq!(admitted(asked(&format!("{PATH}?key={wrong}"), here, name)), None, "{wrong}");
            assert_eq!(admitted(asked(PATH, here, name).cookie(cookie(wrong))), None, "{wrong}");
        }
        let wrong_beside_right = asked(&format!("{PATH}?key=x"), here, name).cookie(cookie(key().expose()));
        assert_eq!(admitted(wrong_beside_right), None);
    }

    #[test]
    fn from_elsewhere_by_another_name_or_through_a_proxy_it_stays_closed() {
        let uri = format!("{PATH}?key={}", key().expose());
        let (here, name) = ("127.0.0.1:5000", "localhost:8080");

        for peer in ["10.0.0.1:5000", "[2001:db8::1]:5000", "[::ffff:10.0.0.1]:5000"] {
            assert_eq!(admitted(asked(&uri, peer, name)), None, "{peer}");
        }
        assert_eq!(admitted(TestRequest::with_uri(&uri).insert_header(("host", name))), None);
        for other in
            ["localhost", "localhost:80", "127.0.0.1:8080", "evil.example", "localhost:8080.evil.example", ""]
        {
            assert_eq!(admitted(asked(&uri, here, other)), None, "{other}");
        }
        assert_eq!(admitted(asked(&uri, here, name).append_header(("host", "evil.example"))), None);
        for header in
            ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via", "x-real-ip"]
        {
            assert_eq!(
                admitted(asked(&uri, here, name).insert_header((header, "127.0.0.1"))),
                None,
                "{header}"
            );
        }
    }

    #[test]
    fn a_key_is_long_random_text_that_does_not_show_itself() {
        assert_eq!(key().expose().len(), 43);
        assert_eq!(
            format!("{:?}", PageSettings { inbox_key: Some(key()) }),
            "PageSettings { inbox_key: Some(InboxKey(***)) }"
        );
    }
}
