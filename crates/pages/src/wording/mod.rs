//! The texts of the pages in every language. Templates have no texts of their own.
//!
//! A language is one value of [`Wording`], so a missing text does not compile.

mod de;
mod duration;
mod en;
mod text;

pub use text::{ActionTexts, Again, Announcement, Field, PasskeyList, Problems, Step, Wording};

use actix_web::http::header::{AcceptLanguage, Header, Preference, Quality};
use actix_web::{HttpMessage, HttpRequest};
use keywright_domain::user::User;

/// The languages; the first is the default.
const LANGUAGES: [&Wording; 2] = [&en::WORDING, &de::WORDING];

/// The language of the visitor's account, stored with the request so that later errors use it too.
#[derive(Clone, Copy)]
struct PreferredWording(&'static Wording);

/// The texts for the sender of `request`, in the language of their account if [`for_user`] has stored it, otherwise in
/// the best language of their browser.
pub fn for_request(request: &HttpRequest) -> &'static Wording {
    let preferred = request.extensions().get::<PreferredWording>().copied();
    preferred.map_or_else(|| accepted(request), |PreferredWording(wording)| wording)
}

/// The texts for `user`. Stores their preference with `request`.
pub fn for_user(request: &HttpRequest, user: &User) -> &'static Wording {
    let locale = user.profile.locale.as_deref().unwrap_or_default();
    let wording = find(primary(locale)).unwrap_or_else(|| accepted(request));
    request.extensions_mut().insert(PreferredWording(wording));
    wording
}

/// The primary language of a tag (BCP 47 §2.2.1).
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

fn find(language: &str) -> Option<&'static Wording> {
    LANGUAGES.into_iter().find(|wording| wording.language.eq_ignore_ascii_case(language))
}

/// The acceptable language with the highest quality (RFC 9110 §12.5.4); of equals the first.
fn accepted(request: &HttpRequest) -> &'static Wording {
    let mut best: Option<(Quality, &'static Wording)> = None;
    let given = AcceptLanguage::parse(request).map(|accepted| accepted.0).unwrap_or_default();
    for item in given {
        let Preference::Specific(tag) = &item.item else { continue };
        let is_better =
            best.is_none_or(|(quality, _)| item.quality > quality) && item.quality > Quality::ZERO;
        if let (true, Some(wording)) = (is_better, find(primary(tag.as_str()))) {
            best = Some((item.quality, wording));
        }
    }
    best.map_or(&en::WORDING, |(_, wording)| wording)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request(accepted: &str) -> HttpRequest {
        TestRequest::default().insert_header(("accept-language", accepted)).to_http_request()
    }

    fn language(accepted: &str) -> &'static str {
        for_request(&request(accepted)).language
    }

    #[test]
    fn the_browser_s_best_available_language_is_used() {
        for (accepted, language_of_page) in [
            ("", "en"),
            ("*", "en"),
            ("fr", "en"),
            ("de", "de"),
            ("DE-at", "de"),
            ("de-CH-1996", "de"),
            ("fr-FR, de;q=0.8, en;q=0.7", "de"),
            ("en;q=0.7, de;q=0.8", "de"),
            ("en-GB, de", "en"),
            ("de;q=0, en;q=0.1", "en"),
            ("de;q=0", "en"),
            ("den", "en"),
            ("\"><script>", "en"),
        ] {
            assert_eq!(language(accepted), language_of_page, "{accepted}");
        }
        assert_eq!(for_request(&TestRequest::default().to_http_request()).language, "en");
    }

    #[test]
    fn the_account_s_language_precedes_the_browser_s_and_is_stored() {
        let user = |locale: Option<&str>| {
            let email = keywright_domain::email::EmailAddress::parse("ada@example.com").unwrap();
            let id = keywright_domain::id::UserId(uuid::Uuid::nil());
            let mut user = User::signed_up(id, email, chrono::DateTime::UNIX_EPOCH);
            user.profile.locale = locale.map(ToOwned::to_owned);
            user
        };
        for (locale, accepted, language_of_page) in [
            (Some("de-AT"), "en", "de"),
            (Some("en"), "de", "en"),
            (Some("fr"), "de", "de"),
            (None, "de", "de"),
            (None, "", "en"),
        ] {
            let request = request(accepted);

            assert_eq!(for_user(&request, &user(locale)).language, language_of_page, "{locale:?} {accepted}");
            assert_eq!(for_request(&request).language, language_of_page, "{locale:?} {accepted}");
        }
    }
}
