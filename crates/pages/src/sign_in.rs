//! Signing in by email, and signing out.
//!
//! 1. `/sign-in` asks for an address and sends a link and a code to it.
//! 2. `/sign-in/code` takes the code, in the browser that asked for it.
//! 3. `/magic-link` takes the link on any device: a script reads its token, and a button redeems it.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use keywright_domain::magic_link::RedirectTo;
use keywright_service::magic_link::{Presented, SignedIn, request, verify};
use keywright_service::session::sign_in::{Grant, Wanted};
use keywright_service::session::{Principal, session_of_cookie, sign_out};
use keywright_service::{Rules, Service};
use keywright_web::caller::current_session;
use keywright_web::{At, Endpoint, Problem, Settings, cookie};
use uuid::Uuid;

use crate::form::Form;
use crate::notice::Notice;
use crate::problem::{ProblemPage, report};
use crate::step_up::Reason;
use crate::visitor::Visitor;
use crate::wording::Wording;
use crate::{next, page, wording};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(Endpoint::at("/sign-in").get(show).post(ask))
        .service(Endpoint::at("/sign-in/code").get(start_again).post(redeem))
        .service(Endpoint::at("/magic-link").get(show_magic_link))
        .service(Endpoint::at("/sign-out").post(submit_sign_out));
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInPage<'a> {
    words: &'static Wording,
    email: &'a str,
    next: &'a str,
}

/// The page for a signed-in visitor; `next` is the path they were going to, or empty.
fn signed_in_page(principal: &Principal, next: &str, words: &'static Wording) -> HttpResponse {
    page::html(StatusCode::OK, &SignedInPage { words, email: principal.user.email.as_str(), next })
}

/// The form for an address.
#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    words: &'static Wording,
    notice: Option<Notice>,
    /// The reason why a signed-in visitor has to sign in again.
    again: Option<Reason>,
    email: &'a str,
    next: &'a str,
}

/// The form for the code.
#[derive(Template)]
#[template(path = "check_mail.html")]
struct CheckMailPage<'a> {
    words: &'static Wording,
    notice: Option<Notice>,
    again: Option<Reason>,
    email: &'a str,
    next: &'a str,
    request_id: Uuid,
    code: &'a str,
    lifetime: &'a str,
}

#[derive(Template)]
#[template(path = "magic_link.html")]
struct MagicLinkPage {
    words: &'static Wording,
}

/// The values that every form of these pages carries.
struct SignInForm<'a> {
    words: &'static Wording,
    email: &'a str,
    next: Option<RedirectTo>,
    again: Option<Reason>,
}

impl<'a> SignInForm<'a> {
    fn from_form(form: &'a Form, rules: &Rules, words: &'static Wording) -> Self {
        // The page repeats the address, so it is cut to the length of the longest valid one.
        let email = form.text("email").trim();
        let email = email.get(..email.floor_char_boundary(254)).unwrap_or_default();
        let next = next::local(Some(form.text("next")), &rules.public_url);
        Self { words, email, next, again: Reason::parse(form.text("again")) }
    }

    fn next(&self) -> &str {
        self.next.as_ref().map_or("", RedirectTo::as_str)
    }

    fn sign_in(&self, notice: Notice) -> SignInPage<'_> {
        let Self { words, email, again, .. } = *self;
        SignInPage { words, notice: Some(notice), again, email, next: self.next() }
    }

    fn check_mail(
        &self,
        status: StatusCode,
        request_id: Uuid,
        code: &str,
        notice: Option<Notice>,
        rules: &Rules,
    ) -> HttpResponse {
        let (words, email, again, next) = (self.words, self.email, self.again, self.next());
        let lifetime = &words.durations.format(rules.magic_link_lifetime);
        let page = CheckMailPage { words, notice, again, email, next, request_id, code, lifetime };
        page::html_leading_to(status, &page, &rules.redirect_origins)
    }
}

/// `GET /sign-in`
async fn show(request: HttpRequest, visitor: Visitor, service: web::Data<Service>) -> HttpResponse {
    let next = next::local(page::parameter(&request, "next").as_deref(), &service.rules.public_url);
    let next = next.as_ref().map_or("", RedirectTo::as_str);
    let again = page::parameter(&request, "again").as_deref().and_then(Reason::parse);
    let words = visitor.words;
    match &visitor.principal {
        Some(principal) if again.is_none() => signed_in_page(principal, next, words),
        principal => {
            let email = principal.as_ref().map_or("", |principal| principal.user.email.as_str());
            page::html(StatusCode::OK, &SignInPage { words, notice: None, again, email, next })
        }
    }
}

/// `POST /sign-in`
async fn ask(
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let rules = &service.rules;
    let carried = SignInForm::from_form(&form, rules, visitor.words);
    let next = carried.next.as_ref().map(RedirectTo::as_str);
    match request(&service, form.text("email").trim(), next, &at).await {
        Ok(requested) => Ok(carried.check_mail(StatusCode::OK, requested.request_id.0, "", None, rules)),
        Err(error) => {
            let problem = Problem::from(error);
            let page = carried.sign_in(Notice::of(&problem));
            Ok(report(&problem, page::html(problem.status, &page)))
        }
    }
}

/// `GET /sign-in/code`: redirects to the form, because this address only takes one.
async fn start_again() -> HttpResponse {
    page::see_other("/sign-in")
}

/// `POST /sign-in/code`
async fn redeem(
    request: HttpRequest,
    form: Form,
    visitor: Visitor,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let rules = &service.rules;
    let carried = SignInForm::from_form(&form, rules, visitor.words);
    let Ok(request_id) = Uuid::try_parse(form.text("request_id")) else {
        return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &carried.sign_in(Notice::StartAgain)));
    };
    let again =
        |status, code: &str, notice| carried.check_mail(status, request_id, code, Some(notice), rules);
    let Some(code) = parse_code(form.text("code")) else {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, "", Notice::BadCode));
    };
    let wanted = Wanted::Cookie { current: current_session(&request, &service, &settings) };
    match verify(&service, &Presented::Code { request_id, code: code.clone() }, wanted, &at).await {
        Ok(signed_in) => finish_sign_in(&signed_in, &settings),
        Err(error) => {
            let problem = Problem::from(error);
            let notice = Notice::of(&problem);
            // A code that may be right stays in the form.
            let code = if notice == Notice::WrongCode { "" } else { &code };
            Ok(report(&problem, again(problem.status, code, notice)))
        }
    }
}

/// The six digits in `text`, which may be grouped.
fn parse_code(text: &str) -> Option<String> {
    let code: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
}

/// Sets the session cookie and redirects to the target of the sign-in.
fn finish_sign_in(signed_in: &SignedIn, settings: &Settings) -> Result<HttpResponse, ProblemPage> {
    let Grant::Cookie(credential) = &signed_in.grant else { return Err(Problem::internal().into()) };
    let target = signed_in.redirect_to.as_ref().map_or("/sign-in", RedirectTo::as_str);
    let mut response = page::see_other(target);
    response.add_cookie(&cookie::holding(settings, credential)).map_err(|_| Problem::internal())?;
    Ok(response)
}

/// `GET /magic-link`: the same page for everybody, because the token is in the fragment.
async fn show_magic_link(request: HttpRequest) -> HttpResponse {
    page::html(StatusCode::OK, &MagicLinkPage { words: wording::for_request(&request) })
}

/// `POST /sign-out`
async fn submit_sign_out(
    request: HttpRequest,
    _: Form,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    at: At,
) -> Result<HttpResponse, ProblemPage> {
    let session = cookie::of(&request, &settings).and_then(|cookie| session_of_cookie(&service, &cookie));
    if let Some(session) = session {
        sign_out(&service, session, &at).await?;
    }
    let mut response = page::see_other("/sign-in");
    // Fails only if the cookie is no valid header value, and this one is fixed.
    let _ = response.add_cookie(&cookie::cleared(&settings));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = r#""><script>alert(1)</script>"#;

    fn english() -> &'static Wording {
        wording::for_request(&actix_web::test::TestRequest::default().to_http_request())
    }

    #[test]
    fn digits_may_be_grouped_and_must_be_six() {
        for text in ["123456", " 123 456 ", "123-456", "1 2 3 4 5 6"] {
            assert_eq!(parse_code(text).as_deref(), Some("123456"), "{text}");
        }
        for text in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(parse_code(text), None, "{text}");
        }
    }

    #[test]
    fn typed_text_is_repeated_as_text() {
        let (words, notice) = (english(), Some(Notice::BadAddress));
        let (email, next, code) = (HOSTILE, "/account?x=\"<script>&y=1", HOSTILE);
        let again = SignInPage { words, notice, again: None, email, next }.render().unwrap();
        let (request_id, lifetime) = (Uuid::nil(), "15 minutes");
        let sent =
            CheckMailPage { words, notice: None, again: None, email, next, request_id, code, lifetime };

        for page in [again, sent.render().unwrap()] {
            let scripts = page.matches("<script").count();
            assert_eq!(scripts, page.matches("<script src=\"/assets/").count(), "{page}");
            assert_eq!(page.matches("<h1>").count(), 1);
        }
    }

    #[test]
    fn an_error_is_announced_and_tied_to_its_field() {
        let notice = Some(Notice::BadAddress);
        let page =
            SignInPage { words: english(), notice, again: None, email: "x", next: "" }.render().unwrap();

        assert!(page.contains(r#"id="notice" role="alert""#));
        assert!(page.contains(r#"aria-describedby="email-hint notice" aria-invalid="true""#));
        assert!(page.contains("<title>Error: Sign in · Keywright</title>"));
        assert!(page.contains("That is not an e-mail address"));
    }

    #[test]
    fn no_page_has_inline_code_or_styles() {
        let words = english();
        let plain = SignInPage { words, notice: None, again: None, email: "", next: "" }.render().unwrap();

        for page in [plain, MagicLinkPage { words }.render().unwrap()] {
            assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="));
            assert_eq!(page.matches("<script").count(), page.matches("<script src=\"/assets/").count());
            assert!(page.len() < 60_000);
        }
    }
}
