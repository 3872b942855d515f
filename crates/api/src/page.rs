//! Lists in pages (contract §1): `page` and `per_page` in the query, `data` and `meta` in the answer.

use std::borrow::Cow;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use keywright_domain::page::{Page, Paged};
use keywright_web::problem::Problem;
use serde::Serialize;
use url::form_urlencoded;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// The requested page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Paging(pub Page);

impl IntoParams for Paging {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            parameter("page", "The page, from 1.", u32::MAX, Page::default().number.get()),
            parameter(
                "per_page",
                "The number of items on a page.",
                Page::LARGEST.get(),
                Page::default().size.get(),
            ),
        ]
    }
}

fn parameter(name: &str, description: &str, maximum: u32, default: u32) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(maximum))
        .default(Some(default.into()));
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
    parameter.description(Some(description)).schema(Some(schema)).build()
}

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

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct ListResponse<T> {
    pub data: Vec<T>,
    pub meta: PageInfo,
}

// Derived, it would hold a copy of the schema of `T`.
impl<T: ToSchema> PartialSchema for ListResponse<T> {
    fn schema() -> RefOr<Schema> {
        let data = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let object = ObjectBuilder::new().property("data", data).required("data");
        let meta = Ref::from_schema_name(PageInfo::name());
        object.property("meta", meta).required("meta").description(Some("One page of a list.")).into()
    }
}

impl<T: ToSchema> ToSchema for ListResponse<T> {
    fn name() -> Cow<'static, str> {
        format!("{}List", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        schemas.push((PageInfo::name().into_owned(), PageInfo::schema()));
        T::schemas(schemas);
    }
}

/// The place of a page in its list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Meta)]
pub struct PageInfo {
    #[schema(minimum = 1)]
    pub current_page: u32,
    pub total_pages: u64,
    /// The number of items on all pages.
    pub total_count: u64,
}

impl<T> ListResponse<T> {
    /// The page `page`, whose items are converted by `item`.
    pub fn new<'a, I>(page: Page, paged: &'a Paged<I>, item: impl Fn(&'a I) -> T) -> Self {
        Self {
            data: paged.items.iter().map(item).collect(),
            meta: PageInfo {
                current_page: page.number.get(),
                total_pages: paged.pages(page.size),
                total_count: paged.total,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

            assert_eq!((problem.code, problem.status.as_u16()), ("validation_failed", 422), "{query}");
            assert!(problem.message.contains(&format!(": {fields} must ")), "{}", problem.message);
        }
        let both = parse("page=0&per_page=0").unwrap_err();
        assert!(both.message.contains(": page must") && both.message.contains("; per_page must"));
    }
}
