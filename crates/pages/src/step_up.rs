//! Step-up: what takes a fresh sign-in (contract §7) leads to /sign-in, and back to where it was.
//!
//! 1. A page that needs it sends the browser to /sign-in with the reason and the way back. What was typed waits in
//!    a cookie: it is in no address, and no link that somebody else made can put words into a form.
//! 2. Any sign-in renews the session.
//! 3. The page fills in what was typed, and a press goes on.

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

/// How long what was typed waits: as long as a magic link is usually good for.
const PATIENCE: Duration = Duration::minutes(15);

/// What the cookie is called.
const NAME: &str = "kw_draft";

/// The longest text that waits, in characters: no right one is longer.
const LONGEST: usize = 254;

/// What somebody was about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    AddPasskey,
    RemovePasskey,
    ChangeEmail,
}

impl Reason {
    const ALL: [Self; 3] = [Self::AddPasskey, Self::RemovePasskey, Self::ChangeEmail];

    /// The reason that an address names, if it is one of these.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    /// Its name in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddPasskey => "add-passkey",
            Self::RemovePasskey => "remove-passkey",
            Self::ChangeEmail => "change-email",
        }
    }

    /// What it says.
    pub fn said_in(self, words: &Again) -> &'static str {
        match self {
            Self::AddPasskey => words.add_passkey,
            Self::RemovePasskey => words.remove_passkey,
            Self::ChangeEmail => words.change_email,
        }
    }
}

/// What its owner typed before they had to sign in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub reason: Reason,
    pub user: UserId,
    pub text: String,
}

/// To /sign-in, and from there to `back`, a path here.
pub fn sign_in_again(reason: Reason, back: &str) -> HttpResponse {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("again", reason.as_str()).append_pair("next", back);
    page::see_other(&format!("/sign-in?{}", query.finish()))
}

/// The same; what was typed waits meanwhile.
pub fn sign_in_again_with(
    draft: &Draft,
    back: &str,
    settings: &Settings,
) -> Result<HttpResponse, ProblemPage> {
    let mut response = sign_in_again(draft.reason, back);
    response.add_cookie(&draft.cookie(settings)).map_err(|_| Problem::internal())?;
    Ok(response)
}

/// `page`, which has filled in what waited: a reload starts afresh.
pub fn picked_up(mut page: HttpResponse, settings: &Settings) -> Result<HttpResponse, ProblemPage> {
    page.add_cookie(&cookie::removal(settings, NAME)).map_err(|_| Problem::internal())?;
    Ok(page)
}

impl Draft {
    /// What `user` typed.
    pub fn new(reason: Reason, user: UserId, text: &str) -> Self {
        Self { reason, user, text: text.trim().chars().take(LONGEST).collect() }
    }

    /// What waits in `request`, if `user` is who typed it.
    pub fn of(request: &HttpRequest, user: UserId, settings: &Settings) -> Option<Self> {
        let waiting = cookie::text(request, settings, NAME)?;
        let mut parts = waiting.splitn(3, '.');
        let (reason, owner, text) = (parts.next()?, parts.next()?, parts.next()?);
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let draft = Self::new(Reason::parse(reason)?, UserId(Uuid::try_parse(owner).ok()?), &text);
        (draft.user == user).then_some(draft)
    }

    fn cookie(&self, settings: &Settings) -> Cookie<'static> {
        let text = URL_SAFE_NO_PAD.encode(&self.text);
        let value = format!("{}.{}.{text}", self.reason.as_str(), self.user);
        let mut cookie = cookie::new(settings, NAME, value);
        cookie.set_max_age(PATIENCE);
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
        Draft::of(&request.to_http_request(), user, &settings())
    }

    #[test]
    fn what_was_typed_comes_back_to_who_typed_it_and_to_nobody_else() {
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
    fn what_this_server_did_not_write_is_nothing() {
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
    fn the_way_back_survives_the_detour() {
        let response = sign_in_again(Reason::RemovePasskey, "/account/passkey?id=1");

        let location = response.headers().get("location").unwrap().to_str().unwrap();
        assert_eq!(location, "/sign-in?again=remove-passkey&next=%2Faccount%2Fpasskey%3Fid%3D1");
        assert_eq!(Reason::parse("\"><script>"), None);
    }
}
