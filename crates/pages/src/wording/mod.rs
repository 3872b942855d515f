//! Every text that a page shows, in every language there is. A template has none of its own.
//!
//! A language is one value of [`Wording`], so a text that is missing in one of them does not compile.

pub mod account;
pub mod action;
pub mod api;
mod de;
pub mod email_change;
mod en;
pub mod passkey;
mod span;
mod text;

pub use text::{Again, Around, Linked, Notices, Problems, Told, Wording};

use actix_web::http::header::{AcceptLanguage, Header, Preference, Quality};
use actix_web::{HttpMessage, HttpRequest};
use keywright_domain::user::User;

/// The languages, the one for everybody else first.
const LANGUAGES: [&Wording; 2] = [&en::WORDING, &de::WORDING];

/// What the account of whoever looks prefers; kept with the request for the errors that come later.
#[derive(Clone, Copy)]
struct Preferred(&'static Wording);

/// The texts for whoever sent `request`: in the language of their account if it is known by now, else in the
/// one that their browser prefers.
pub fn of(request: &HttpRequest) -> &'static Wording {
    let preferred = request.extensions().get::<Preferred>().copied();
    preferred.map_or_else(|| accepted(request), |Preferred(wording)| wording)
}

/// The same, from here on with the preference of `user`.
pub fn of_user(request: &HttpRequest, user: &User) -> &'static Wording {
    let locale = user.profile.locale.as_deref().unwrap_or_default();
    let wording = spoken(primary(locale)).unwrap_or_else(|| accepted(request));
    request.extensions_mut().insert(Preferred(wording));
    wording
}

/// The primary language of a tag (BCP 47 §2.2.1).
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

fn spoken(language: &str) -> Option<&'static Wording> {
    LANGUAGES.into_iter().find(|wording| wording.language.eq_ignore_ascii_case(language))
}

/// RFC 9110 §12.5.4: the best of the languages that are acceptable; of equals the one that is named first.
fn accepted(request: &HttpRequest) -> &'static Wording {
    let mut best: Option<(Quality, &'static Wording)> = None;
    let given = AcceptLanguage::parse(request).map(|accepted| accepted.0).unwrap_or_default();
    for item in given {
        let Preference::Specific(tag) = &item.item else { continue };
        let is_better =
            best.is_none_or(|(quality, _)| item.quality > quality) && item.quality > Quality::ZERO;
        if let (true, Some(wording)) = (is_better, spoken(primary(tag.as_str()))) {
            best = Some((item.quality, wording));
        }
    }
    best.map_or(&en::WORDING, |(_, wording)| wording)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asked(accepted: &str) -> HttpRequest {
        TestRequest::default().insert_header(("accept-language", accepted)).to_http_request()
    }

    fn language(accepted: &str) -> &'static str {
        of(&asked(accepted)).language
    }

    #[test]
    fn the_best_language_of_the_browser_that_there_is() {
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
        assert_eq!(of(&TestRequest::default().to_http_request()).language, "en");
    }

    #[test]
    fn the_account_s_language_goes_before_the_browser_s_and_stays() {
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
            let request = asked(accepted);

            assert_eq!(of_user(&request, &user(locale)).language, language_of_page, "{locale:?} {accepted}");
            assert_eq!(of(&request).language, language_of_page, "{locale:?} {accepted}");
        }
    }
}
