//! What a request carries: one flat object, as JSON or as a form, bounded and without repetitions.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, web};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::BODY_LIMIT;
use crate::error_code::ErrorCode;
use crate::problem::Problem;

/// How much of a body that is too large is read before the answer: a client that is still sending would
/// otherwise see a broken connection.
const DRAIN_LIMIT: usize = 1024 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The fields of a body. No body has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    values: Map<String, Value>,
    /// Whether it was a form, in which everything is text.
    is_form: bool,
}

impl Fields {
    /// The text in `name`, if it is there. Null counts as absent.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::validation(name, "must be a string")),
        }
    }

    /// The text in `name`, which must be there.
    pub fn required(&self, name: &str) -> Result<&str, Problem> {
        let missing = || Problem::invalid_request(format!("The parameter {name} is missing"));
        self.text(name)?.ok_or_else(missing)
    }

    /// The whole number in `name`, if it is there: a JSON number, or digits in a form.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let number = match self.values.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(digits)) if self.is_form => digits.parse().ok(),
            Some(_) => None,
        };
        number.map(Some).ok_or_else(|| Problem::validation(name, "must be a whole number"))
    }

    /// The value in `name`, whatever it is.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }
}

/// The fields of a JSON body.
#[derive(Debug)]
pub struct Json(pub Fields);

/// The fields of a JSON body or of a form.
#[derive(Debug)]
pub struct JsonOrForm(pub Fields);

impl FromRequest for Json {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload);
        Box::pin(async move {
            let (media_type, bytes) = body.await?;
            match media_type.as_deref() {
                _ if bytes.is_empty() => Ok(Self(Fields::default())),
                Some("application/json") => Ok(Self(json(&bytes)?)),
                _ => Err(unsupported("application/json")),
            }
        })
    }
}

impl FromRequest for JsonOrForm {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload);
        Box::pin(async move {
            let (media_type, bytes) = body.await?;
            match media_type.as_deref() {
                _ if bytes.is_empty() => Ok(Self(Fields::default())),
                Some("application/json") => Ok(Self(json(&bytes)?)),
                Some("application/x-www-form-urlencoded") => Ok(Self(form(&bytes)?)),
                _ => Err(unsupported("application/json or application/x-www-form-urlencoded")),
            }
        })
    }
}

/// The media type, without its parameters and in lower case, and the body.
fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<(Option<String>, Bytes), Problem>> + 'static {
    let header = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type =
        header.and_then(|value| value.split(';').next()).map(|value| value.trim().to_ascii_lowercase());
    let payload = web::Payload::from_request(request, payload);
    async move {
        let too_large = || {
            let message = format!("The body is larger than {BODY_LIMIT} bytes");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::PayloadTooLarge, message)
        };
        let unreadable = |_| Problem::invalid_request("The body could not be read");
        let payload = payload.await.map_err(unreadable)?;
        let reading = tokio::time::timeout(PATIENCE, payload.to_bytes_limited(DRAIN_LIMIT));
        let read = reading.await.map_err(|_| Problem::invalid_request("The body did not come in time"))?;
        let body = read.map_err(|_| too_large())?.map_err(unreadable)?;
        if body.len() > BODY_LIMIT { Err(too_large()) } else { Ok((media_type, body)) }
    }
}

fn unsupported(supported: &str) -> Problem {
    let message = format!("Send the body as {supported}, and say so in Content-Type");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::UnsupportedMediaType, message)
}

fn json(bytes: &[u8]) -> Result<Fields, Problem> {
    let Unrepeated { fields, repeated } =
        serde_json::from_slice(bytes).map_err(|_| Problem::invalid_json("The body is not a JSON object"))?;
    match repeated {
        Some(name) => Err(repetition(&name)),
        None => Ok(Fields { values: fields, is_form: false }),
    }
}

fn form(bytes: &[u8]) -> Result<Fields, Problem> {
    let mut values = Map::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        // RFC 6749 §3.2: a parameter without a value counts as omitted; none may come twice.
        let value = if value.is_empty() { Value::Null } else { Value::String(value.into_owned()) };
        if values.insert(name.to_string(), value).is_some() {
            return Err(repetition(&name));
        }
    }
    Ok(Fields { values, is_form: true })
}

fn repetition(name: &str) -> Problem {
    let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    Problem::invalid_request(format!("The parameter {name} is repeated"))
}

/// A JSON object, and the first name in it that comes twice.
struct Unrepeated {
    fields: Map<String, Value>,
    repeated: Option<String>,
}

impl<'de> Deserialize<'de> for Unrepeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Unrepeated;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Unrepeated, M::Error> {
                let mut found = Unrepeated { fields: Map::new(), repeated: None };
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if found.fields.contains_key(&name) {
                        found.repeated.get_or_insert_with(|| name.clone());
                    }
                    found.fields.insert(name, value);
                }
                Ok(found)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_forms_give_the_same_fields() {
        let by_json = json(br#"{"a": "1", "b": "x y"}"#).unwrap();
        let by_form = form(b"a=1&b=x+y").unwrap();

        assert_eq!(by_json.values, by_form.values);
        assert_eq!(by_json.text("b").unwrap(), Some("x y"));
    }

    #[test]
    fn what_is_repeated_or_no_object_is_refused() {
        assert_eq!(form(b"a=1&a=2").unwrap_err().code, ErrorCode::InvalidRequest);
        assert_eq!(form(b"a=&a=").unwrap_err().code, ErrorCode::InvalidRequest);
        assert_eq!(json(br#"{"a":1,"a":2}"#).unwrap_err().code, ErrorCode::InvalidRequest);
        for bad in [
            &b"[]"[..],
            b"null",
            b"\"a\"",
            b"{",
            b"{}x",
            b"\xff",
            &b"[".repeat(10_000),
            &b"{\"a\":".repeat(10_000),
        ] {
            assert_eq!(json(bad).unwrap_err().code, ErrorCode::InvalidJson);
        }
    }

    #[test]
    fn an_empty_form_value_and_null_are_absent_and_other_types_are_named() {
        let fields = json(br#"{"a": null, "b": 1}"#).unwrap();

        assert_eq!(form(b"a=").unwrap().text("a").unwrap(), None);
        assert_eq!(fields.text("a").unwrap(), None);
        assert_eq!(fields.required("a").unwrap_err().code, ErrorCode::InvalidRequest);
        assert_eq!(fields.text("b").unwrap_err().code, ErrorCode::ValidationFailed);
    }

    #[test]
    fn a_number_is_whole_and_digits_only_in_a_form() {
        let number =
            |json_text: &str| json(format!("{{\"n\": {json_text}}}").as_bytes()).unwrap().number("n");

        assert_eq!(number("7").unwrap(), Some(7));
        assert_eq!(number("null").unwrap(), None);
        assert_eq!(form(b"n=7").unwrap().number("n").unwrap(), Some(7));
        assert_eq!(form(b"n=").unwrap().number("n").unwrap(), None);
        for bad in ["\"7\"", "7.5", "-7", "true", "[7]", "1e99", "99999999999999999999"] {
            assert_eq!(number(bad).unwrap_err().code, ErrorCode::ValidationFailed, "{bad}");
        }
        for bad in [&b"n=-7"[..], b"n=7.0", b"n=%20", b"n=x", b"n=99999999999999999999"] {
            assert_eq!(form(bad).unwrap().number("n").unwrap_err().code, ErrorCode::ValidationFailed);
        }
    }
}
