//! Lists in pages (contract §1): `page` and `per_page` in the query, `data` and `meta` in the answer.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use keywright_domain::page::{Page, Paged};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::problem::Problem;

/// The page that the query asks for.
#[derive(Clone, Copy, Debug)]
pub struct Paging(pub Page);

impl FromRequest for Paging {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse(query: &str) -> Result<Page, Problem> {
    let usual = Page::default();
    let number = number(query, "page", u32::MAX, usual.number.get());
    let size = self::number(query, "per_page", Page::LARGEST.get(), usual.size.get());
    let errors = [number.as_ref().err(), size.as_ref().err()];
    if let (Ok(number), Ok(size)) = (&number, &size) {
        return Ok(Page::new(*number, *size).unwrap_or_default());
    }
    Err(Problem::validations(errors.into_iter().flatten().map(|(name, text)| (*name, text.as_str()))))
}

/// The number in the parameter `name`, from 1 to `most`.
fn number(query: &str, name: &'static str, most: u32, usual: u32) -> Result<u32, (&'static str, String)> {
    let mut values =
        form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).map(|(_, value)| value);
    let Some(value) = values.next() else { return Ok(usual) };
    if values.next().is_some() {
        return Err((name, "must not be repeated".to_owned()));
    }
    let is_plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_plain.then(|| value.parse().ok()).flatten().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| (name, format!("must be a whole number from 1 to {most}")))
}

/// The answer that holds `paged`, each item written by `shape`.
pub fn answer<T>(page: Page, paged: &Paged<T>, shape: impl Fn(&T) -> Value) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "data": paged.items.iter().map(shape).collect::<Vec<_>>(),
        "meta": {
            "current_page": page.number,
            "total_pages": paged.pages(page.size),
            "total_count": paged.total,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::ErrorCode;

    #[test]
    fn a_query_names_a_page() {
        assert_eq!(parse("").unwrap(), Page::default());
        assert_eq!(parse("page=2&per_page=100&x=y").unwrap(), Page::new(2, 100).unwrap());
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        for (query, fields) in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=x", "page"),
            ("page=", "page"),
            ("page=+1", "page"),
            ("page=4294967296", "page"),
            ("page=1&page=1", "page"),
            ("per_page=101", "per_page"),
            ("per_page=0", "per_page"),
        ] {
            let problem = parse(query).unwrap_err();

            assert_eq!(
                (problem.code, problem.status.as_u16()),
                (ErrorCode::ValidationFailed, 422),
                "{query}"
            );
            assert!(problem.message.contains(&format!(": {fields} must ")), "{}", problem.message);
        }
        let both = parse("page=0&per_page=0").unwrap_err();
        assert!(both.message.contains(": page must") && both.message.contains("; per_page must"));
    }
}
