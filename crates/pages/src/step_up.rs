//! Step-up: signing in again for a change that requires a recent sign-in (contract §7).
//!
//! 1. The page redirects to /sign-in with the reason and the way back. The typed text waits in a cookie, so that it is
//!    in no address and no foreign link can fill in a form.
//! 2. Any sign-in renews the session.
//! 3. The page fills in the typed text.

use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_domain::id::UserId;
use keywright_web::{Problem, Settings, cookie};
use url::form_urlencoded;
use uuid::Uuid;

use crate::page;
use crate::problem::ProblemPage;
use crate::wording::Again;

/// The lifetime of a draft: the usual lifetime of a magic link.
const DRAFT_LIFETIME: Duration = Duration::minutes(15);

/// The name of the cookie.
const NAME: &str = "kw_draft";

/// The longest draft, in characters; no valid value is longer.
const LONGEST: usize = 254;

/// The change that requires a recent sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    AddPasskey,
    RemovePasskey,
    ChangeEmail,
}

impl Reason {
    const ALL: [Self; 3] = [Self::AddPasskey, Self::RemovePasskey, Self::ChangeEmail];

    /// The reason named by `text`, as in an address.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    /// The name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddPasskey => "add-passkey",
            Self::RemovePasskey => "remove-passkey",
            Self::ChangeEmail => "change-email",
        }
    }

    /// The explanation on the sign-in page.
    pub fn text_in(self, words: &Again) -> &'static str {
        match self {
            Self::AddPasskey => words.add_passkey,
            Self::RemovePasskey => words.remove_passkey,
            Self::ChangeEmail => words.change_email,
        }
    }
}

/// A text typed before its owner had to sign in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub reason: Reason,
    pub user: UserId,
    pub text: String,
}

/// Redirects to /sign-in, which leads to the path `back`.
pub fn sign_in_again(reason: Reason, back: &str) -> HttpResponse {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("again", reason.as_str()).append_pair("next", back);
    page::see_other(&format!("/sign-in?{}", query.finish()))
}

/// Redirects to /sign-in and keeps `draft` in a cookie.
pub fn sign_in_again_with_draft(
    draft: &Draft,
    back: &str,
    settings: &Settings,
) -> Result<HttpResponse, ProblemPage> {
    let mut response = sign_in_again(draft.reason, back);
    response.add_cookie(&draft.cookie(settings)).map_err(|_| Problem::internal())?;
    Ok(response)
}

/// Clears the draft that `page` has filled in, so that a reload starts afresh.
pub fn clear_draft(mut page: HttpResponse, settings: &Settings) -> Result<HttpResponse, ProblemPage> {
    page.add_cookie(&cookie::removal(settings, NAME)).map_err(|_| Problem::internal())?;
    Ok(page)
}

impl Draft {
    /// The `text` typed by `user`.
    pub fn new(reason: Reason, user: UserId, text: &str) -> Self {
        Self { reason, user, text: text.trim().chars().take(LONGEST).collect() }
    }

    /// The draft in the cookie of `request`, if `user` typed it.
    pub fn from_request(request: &HttpRequest, user: UserId, settings: &Settings) -> Option<Self> {
        let value = cookie::text(request, settings, NAME)?;
        let mut parts = value.splitn(3, '.');
        let (reason, owner, text) = (parts.next()?, parts.next()?, parts.next()?);
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let draft = Self::new(Reason::parse(reason)?, UserId(Uuid::try_parse(owner).ok()?), &text);
        (draft.user == user).then_some(draft)
    }

    fn cookie(&self, settings: &Settings) -> Cookie<'static> {
        let text = URL_SAFE_NO_PAD.encode(&self.text);
        let value = format!("{}.{}.{text}", self.reason.as_str(), self.user);
        let mut cookie = cookie::new(settings, NAME, value);
        cookie.set_max_age(DRAFT_LIFETIME);
        cookie
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn settings() -> Settings {
        Settings::new("https://auth.example.com".to_owned(), true)
    }

    fn returned(value: &str, user: UserId) -> Option<Draft> {
        let request = TestRequest::default().cookie(Cookie::new("__Host-kw_draft", value.to_owned()));
        Draft::from_request(&request.to_http_request(), user, &settings())
    }

    #[test]
    fn a_draft_returns_to_its_author_and_to_nobody_else() {
        let (ada, eve) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let draft = Draft::new(Reason::ChangeEmail, ada, " ada.ü@example.com; \"<> ");
        let cookie = draft.cookie(&settings());

        assert_eq!(returned(cookie.value(), ada), Some(draft.clone()));
        assert_eq!(draft.text, "ada.ü@example.com; \"<>");
        assert_eq!(returned(cookie.value(), eve), None);
        assert!(cookie.http_only().unwrap() && cookie.secure().unwrap(), "{cookie}");
        let long = Draft::new(Reason::AddPasskey, ada, &"ü".repeat(9_999)).cookie(&settings());
        assert_eq!(returned(long.value(), ada).unwrap().text.chars().count(), LONGEST);
        assert!(long.value().len() < 1_000);
    }

    #[test]
    fn a_cookie_in_another_form_is_ignored() {
        let ada = UserId(Uuid::nil());
        for value in
            ["", ".", "..", "change-email", "x.00000000-0000-0000-0000-000000000000.eA", "change-email.x.eA"]
        {
            assert_eq!(returned(value, ada), None, "{value}");
        }
        let own = |text: &str| returned(&format!("add-passkey.{ada}.{text}"), ada);
        assert_eq!(own("eA").unwrap().text, "x");
        for text in ["!", "_w", "eA.eA"] {
            assert_eq!(own(text), None, "{text}");
        }
    }

    #[test]
    fn the_redirect_carries_the_way_back() {
        let response = sign_in_again(Reason::RemovePasskey, "/account/passkey?id=1");

        let location = response.headers().get("location").unwrap().to_str().unwrap();
        assert_eq!(location, "/sign-in?again=remove-passkey&next=%2Faccount%2Fpasskey%3Fid%3D1");
        assert_eq!(Reason::parse("\"><script>"), None);
    }
}
