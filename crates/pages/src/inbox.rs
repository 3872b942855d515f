//! The development inbox: the mail that would have been sent. Its links sign in as anybody, so it opens only in
//! development and only for the person who started the server. For everybody else it does not exist.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use keywright_domain::mail::RenderedMail;
use keywright_service::Service;
use keywright_service::mail::{MailError, inbox};
use keywright_web::Problem;
use keywright_web::time::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::inbox_key::{COOKIE, InboxKey, KeySource, PATH};
use crate::problem::{ProblemPage, not_found};
use crate::settings::PageSettings;
use crate::wording::Wording;
use crate::{page, wording};

const NEWEST: u32 = 50;

pub fn routes(config: &mut ServiceConfig) {
    // Not an `Endpoint`, because a 405 would reveal that the page exists.
    config.service(web::resource(PATH).to(show));
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct Inbox<'a> {
    words: &'static Wording,
    messages: Vec<InboxEntry<'a>>,
}

struct InboxEntry<'a> {
    to: &'a str,
    subject: &'a str,
    date: String,
    text: Vec<Piece<'a>>,
}

/// A part of a text: a link to this server, or other text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    Link(&'a str),
}

/// `/dev/inbox`
async fn show(
    request: HttpRequest,
    settings: Option<web::Data<PageSettings>>,
    service: web::Data<Service>,
) -> Result<HttpResponse, ProblemPage> {
    let public_url = &service.rules.public_url;
    let key = settings.as_ref().and_then(|settings| settings.inbox_key.as_ref());
    let Some((key, source)) = key.and_then(|key| Some((key, key.admits(&request, public_url)?))) else {
        return Ok(not_found(request).await);
    };
    if !request.method().is_safe() {
        return Err(Problem::method_not_allowed("GET, HEAD".to_owned()).into());
    }
    let is_program = wants_json(&request);
    if source == KeySource::Query && !is_program {
        return Ok(remember(key));
    }
    let messages = inbox(&service, NEWEST).await.map_err(failed)?;
    if is_program {
        let data: Vec<Value> = messages.iter().map(shape).collect();
        return Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(json!({"data": data})));
    }
    let messages = messages.iter().map(|message| entry(message, public_url)).collect();
    Ok(page::html(StatusCode::OK, &Inbox { words: wording::for_request(&request), messages }))
}

fn wants_json(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

/// Moves the key from the address to a cookie, where nobody sees it and the history does not keep it.
fn remember(key: &InboxKey) -> HttpResponse {
    let cookie =
        Cookie::build(COOKIE, key.expose()).path(PATH).http_only(true).same_site(SameSite::Strict).finish();
    let mut response = page::see_other(PATH);
    // Fails only if the cookie is no valid header value, and a key is always one.
    let _ = response.add_cookie(&cookie);
    response
}

fn failed(error: MailError) -> ProblemPage {
    match error {
        MailError::Store(error) => error.into(),
        MailError::Typesetting(error) => {
            tracing::error!(error.cause = %error, "mail rendering failed");
            Problem::internal().into()
        }
    }
}

fn shape(message: &RenderedMail) -> Value {
    json!({
        "id": message.id,
        "to": message.to.as_str(),
        "subject": message.subject,
        "date": Timestamp(message.date),
        "text": message.text,
        "html": message.html,
    })
}

fn entry<'a>(message: &'a RenderedMail, public_url: &Url) -> InboxEntry<'a> {
    InboxEntry {
        to: message.to.as_str(),
        subject: &message.subject,
        date: Timestamp(message.date).to_string(),
        text: pieces(&message.text, public_url),
    }
}

/// Splits `text` into its parts. A link is a word that is a URL on this server.
fn pieces<'a>(text: &'a str, public_url: &Url) -> Vec<Piece<'a>> {
    let leads_here = |word: &str| Url::parse(word).is_ok_and(|url| url.origin() == public_url.origin());
    let words = text.split_inclusive(char::is_whitespace);
    let words = words.flat_map(|word| {
        let link = word.trim_end();
        let (link, space) = word.split_at_checked(link.len()).unwrap_or((word, ""));
        [if leads_here(link) { Piece::Link(link) } else { Piece::Plain(link) }, Piece::Plain(space)]
    });
    words.filter(|piece| *piece != Piece::Plain("")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Url {
        Url::parse("http://localhost:8080").unwrap()
    }

    #[test]
    fn only_urls_on_this_server_become_links() {
        let text = "Hello <b>,\n\n http://localhost:8080/magic-link#token=kwm_x\nhttp://evil.example/\n\
             javascript:alert(1) http://localhost:8080@evil.example/\n";
        let pieces = pieces(text, &here());

        let links: Vec<_> = pieces.iter().filter(|piece| matches!(piece, Piece::Link(_))).collect();
        assert_eq!(links, [&Piece::Link("http://localhost:8080/magic-link#token=kwm_x")]);
        let all: String = pieces.iter().map(|(Piece::Plain(text) | Piece::Link(text))| *text).collect();
        assert_eq!(all, text);

        let shown = InboxEntry { to: "a@b.c", subject: "<i>", date: String::new(), text: pieces };
        let words = wording::for_request(&actix_web::test::TestRequest::default().to_http_request());
        let page = Inbox { words, messages: vec![shown] }.render().unwrap();
        assert!(page.contains(r#"<a href="http://localhost:8080/magic-link#token=kwm_x">"#), "{page}");
        assert!(!page.contains("<b>") && !page.contains("<i>"), "{page}");
    }
}
