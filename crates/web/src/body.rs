//! Request bodies: one flat object, as JSON or as a form, of bounded size and without repetitions.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    self, Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::BODY_LIMIT;
use crate::problem::Problem;

/// The part of an oversized body that is read before the answer: a client that is still sending would otherwise see a
/// broken connection.
const DRAIN_LIMIT: usize = 1024 * 1024;

/// The time that a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The second parameter of [`Body`] for endpoints that take forms as well as JSON.
pub const FORM: bool = true;

/// A request body. An empty one has no fields; unknown fields are ignored.
#[derive(Debug)]
pub struct Body<T, const TAKES_FORMS: bool = false>(pub T);

impl<T: DeserializeOwned, const TAKES_FORMS: bool> FromRequest for Body<T, TAKES_FORMS> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read(request, payload);
        Box::pin(async move {
            let (media_type, bytes) = body.await?;
            let fields = match media_type.as_deref() {
                _ if bytes.is_empty() => Fields::default(),
                Some("application/json") => json(&bytes)?,
                Some("application/x-www-form-urlencoded") if TAKES_FORMS => form(&bytes)?,
                _ if TAKES_FORMS => {
                    return Err(unsupported("application/json or application/x-www-form-urlencoded"));
                }
                _ => return Err(unsupported("application/json")),
            };
            fields.parse().map(Self)
        })
    }
}

/// Accepts null for an optional field that can be removed: absent is `None`, null is `Some(None)`.
pub fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Refuses null for an optional field: elsewhere it counts as absent.
pub fn not_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::deserialize(deserializer)?;
    text.map(Some).ok_or_else(|| de::Error::custom("must be a string"))
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
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
        };
        let unreadable = |_| Problem::invalid_request("The body could not be read");
        let payload = payload.await.map_err(unreadable)?;
        let reading = tokio::time::timeout(PATIENCE, payload.to_bytes_limited(DRAIN_LIMIT));
        let read =
            reading.await.map_err(|_| Problem::invalid_request("Timed out reading the request body"))?;
        let body = read.map_err(|_| too_large())?.map_err(unreadable)?;
        if body.len() > BODY_LIMIT { Err(too_large()) } else { Ok((media_type, body)) }
    }
}

fn unsupported(supported: &str) -> Problem {
    let message = format!("Send the body as {supported}, and say so in Content-Type");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
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

/// The fields of a body before they have types.
#[derive(Default)]
struct Fields {
    values: Map<String, Value>,
    /// In a form every value is text.
    is_form: bool,
}

impl Fields {
    /// Reports a missing field, or else every field of a wrong type: each is dropped and the rest is tried again.
    fn parse<T: DeserializeOwned>(mut self) -> Result<T, Problem> {
        let mut errors: Vec<(String, String)> = Vec::new();
        loop {
            let fields = FieldAccess { rest: self.values.iter(), current: None, is_form: self.is_form };
            match T::deserialize(MapAccessDeserializer::new(fields)) {
                Ok(body) if errors.is_empty() => return Ok(body),
                Err(FieldError { field, message: None }) if errors.iter().all(|(name, _)| *name != field) => {
                    return Err(Problem::invalid_request(format!("The parameter {field} is missing")));
                }
                Err(FieldError { field, message: Some(message) }) if self.values.remove(&field).is_some() => {
                    errors.push((field, message));
                }
                _ => {
                    let errors = errors.iter().map(|(field, message)| (field.as_str(), message.as_str()));
                    return Err(Problem::validations(errors));
                }
            }
        }
    }
}

/// An unreadable field, or a missing one if there is no message.
#[derive(Debug, Default, thiserror::Error)]
#[error("{field} {}", message.as_deref().unwrap_or("is missing"))]
struct FieldError {
    field: String,
    message: Option<String>,
}

impl de::Error for FieldError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: Some(message.to_string()), ..Self::default() }
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("must be {}", expected.join(" or ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { field: field.to_owned(), message: None }
    }
}

/// Reads fields one by one and puts their names into their errors.
struct FieldAccess<'a> {
    rest: serde_json::map::Iter<'a>,
    current: Option<(&'a String, &'a Value)>,
    is_form: bool,
}

impl<'de> MapAccess<'de> for FieldAccess<'de> {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, FieldError> {
        self.current = self.rest.next();
        let name = self.current.map(|(name, _)| name.as_str().into_deserializer());
        name.map(|name| seed.deserialize::<StrDeserializer<'_, FieldError>>(name)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, FieldError> {
        let Some((name, value)) = self.current.take() else { return Err(FieldError::default()) };
        let value = seed.deserialize(Field { value, is_form: self.is_form });
        value.map_err(|error| FieldError { field: name.clone(), ..error })
    }
}

/// The value of a field.
struct Field<'a> {
    value: &'a Value,
    is_form: bool,
}

impl Field<'_> {
    /// Null counts as absent.
    fn invalid(&self, message: &str) -> FieldError {
        if self.value.is_null() { FieldError::default() } else { de::Error::custom(message) }
    }

    fn text(&self) -> Result<&str, FieldError> {
        self.value.as_str().ok_or_else(|| self.invalid("must be a string"))
    }
}

impl<'de> Deserializer<'de> for Field<'de> {
    type Error = FieldError;

    /// Text, unless the type asks for something else.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_str(self.text()?)
    }

    /// Digits are a number only in a form.
    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        let digits = self.value.as_str().filter(|_| self.is_form);
        let number = digits.map_or_else(|| self.value.as_u64(), |digits| digits.parse().ok());
        visitor.visit_u64(number.ok_or_else(|| self.invalid("must be a whole number"))?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self.value {
            Value::Object(fields) => fields.deserialize_any(visitor).map_err(de::Error::custom),
            _ => Err(self.invalid("must be an object")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_enum(self.text()?.into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct
        seq tuple tuple_struct struct identifier
    }
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
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Sample {
        a: Option<String>,
        b: String,
        n: Option<u64>,
        choice: Option<Choice>,
        object: Option<Map<String, Value>>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        One,
        Two,
    }

    #[derive(Debug, Deserialize)]
    struct Change {
        #[serde(default, deserialize_with = "nullable")]
        removable: Option<Option<String>>,
        #[serde(default, deserialize_with = "not_null")]
        other: Option<String>,
    }

    fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
        json(text.as_bytes())?.parse()
    }

    fn from_form<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
        form(text.as_bytes())?.parse()
    }

    #[test]
    fn json_and_forms_give_the_same_fields() {
        let by_json: Sample =
            from_json(r#"{"a": "1", "b": "x y", "n": 7, "choice": "two", "z": [1]}"#).unwrap();
        let by_form: Sample = from_form("a=1&b=x+y&n=7&choice=two&z=1").unwrap();

        assert_eq!(by_json, by_form);
        assert_eq!((by_json.b.as_str(), by_json.choice), ("x y", Some(Choice::Two)));
    }

    #[test]
    fn what_is_repeated_or_no_object_is_refused() {
        assert_eq!(from_form::<Sample>("b=1&b=2").unwrap_err().code, "invalid_request");
        assert_eq!(from_form::<Sample>("b=&b=").unwrap_err().code, "invalid_request");
        assert_eq!(from_json::<Sample>(r#"{"b":"1","b":"2"}"#).unwrap_err().code, "invalid_request");
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
            assert_eq!(json(bad).err().unwrap().code, "invalid_json");
        }
    }

    #[test]
    fn an_empty_form_value_and_null_are_absent_and_other_types_are_named() {
        assert_eq!(from_form::<Sample>("a=&b=1&n=").unwrap(), from_json(r#"{"a": null, "b": "1"}"#).unwrap());
        for missing in [r#"{"b": null}"#, "{}", r#"{"a": 1}"#] {
            let problem = from_json::<Sample>(missing).unwrap_err();
            assert_eq!(
                (problem.code, problem.message.as_str()),
                ("invalid_request", "The parameter b is missing")
            );
        }
        let wrong = r#"{"a": 1, "b": [2], "n": "7", "choice": "x", "object": "y"}"#;
        let problem = from_json::<Sample>(wrong).unwrap_err();
        assert_eq!(problem.code, "validation_failed");
        for sentence in [
            "a must be a string",
            "b must be a string",
            "n must be a whole number",
            "choice must be one or two",
            "object must be an object",
        ] {
            assert!(problem.message.contains(sentence), "{}", problem.message);
        }
    }

    #[test]
    fn a_change_tells_absent_null_and_text_apart() {
        let change = |text| from_json::<Change>(text).map(|change| (change.removable, change.other));

        assert_eq!(change("{}").unwrap(), (None, None));
        assert_eq!(change(r#"{"removable": null}"#).unwrap(), (Some(None), None));
        assert_eq!(
            change(r#"{"removable": "a", "other": "b"}"#).unwrap(),
            (Some(Some("a".into())), Some("b".into()))
        );
        let problem = change(r#"{"removable": 1, "other": null}"#).unwrap_err();
        assert_eq!(problem.code, "validation_failed");
        assert!(problem.message.contains("removable must be") && problem.message.contains("other must be"));
    }

    #[test]
    fn a_number_is_whole_and_digits_only_in_a_form() {
        let number =
            |text: &str| from_json::<Sample>(&format!(r#"{{"b": "", "n": {text}}}"#)).map(|body| body.n);
        let from_form = |text: &str| from_form::<Sample>(&format!("b=1&n={text}")).map(|body| body.n);

        assert_eq!(number("7").unwrap(), Some(7));
        assert_eq!(number("null").unwrap(), None);
        assert_eq!(from_form("7").unwrap(), Some(7));
        assert_eq!(from_form("").unwrap(), None);
        for bad in ["\"7\"", "7.5", "-7", "true", "[7]", "1e99", "99999999999999999999"] {
            assert_eq!(number(bad).unwrap_err().code, "validation_failed", "{bad}");
        }
        for bad in ["-7", "7.0", "%20", "x", "99999999999999999999"] {
            assert_eq!(from_form(bad).unwrap_err().code, "validation_failed");
        }
    }
}
