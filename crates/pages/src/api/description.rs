//! The OpenAPI document, arranged for its page.

use serde_json::Value;

use super::span::{self, Span};

const METHODS: [&str; 4] = ["get", "post", "patch", "delete"];

/// The whole document.
#[derive(Debug)]
pub struct Description {
    pub about: Vec<Span>,
    pub groups: Vec<Group>,
    /// The meanings of the statuses that operations only name.
    pub statuses: Vec<(String, String)>,
    pub schemas: Vec<Schema>,
}

/// The operations with one tag.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub about: String,
    pub operations: Vec<Operation>,
}

#[derive(Debug)]
pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub about: Vec<Span>,
    /// The ways to authenticate; one is required unless `is_open`.
    pub credentials: Vec<String>,
    pub is_open: bool,
    pub parameters: Vec<Field>,
    pub body: Option<Body>,
    pub answers: Vec<Answer>,
    /// The statuses of its errors.
    pub refusals: Vec<String>,
}

#[derive(Debug)]
pub struct Body {
    pub media_types: Vec<String>,
    pub takes: Vec<Span>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: String,
    pub about: String,
    pub gives: Vec<Span>,
}

#[derive(Debug)]
pub struct Schema {
    pub name: String,
    pub about: Vec<Span>,
    /// The type, unless it is an object.
    pub takes: Vec<Span>,
    pub fields: Vec<Field>,
}

/// A parameter, or a field of an object.
#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub takes: Vec<Span>,
    pub is_required: bool,
    pub about: Vec<Span>,
}

impl Description {
    /// The description in `document`.
    pub fn from_document(document: &Value) -> Self {
        let group = |tag: &Value| {
            let name = text(tag, "name");
            let operations = operations(document).filter(|(_, _, operation)| {
                operation.pointer("/tags/0").and_then(Value::as_str) == Some(name.as_str())
            });
            let operations =
                operations.map(|(path, method, operation)| Operation::from_json(path, method, operation));
            Group { about: text(tag, "description"), operations: operations.collect(), name }
        };
        let responses = members(document.pointer("/components/responses"));
        let mut statuses: Vec<_> =
            responses.filter_map(|(name, response)| status_of(document, name, response)).collect();
        statuses.sort();
        statuses.dedup();
        Self {
            about: span::parse_text(
                document.pointer("/info/description").and_then(Value::as_str).unwrap_or_default(),
            ),
            groups: items(document.get("tags")).map(group).collect(),
            statuses,
            schemas: members(document.pointer("/components/schemas")).map(Schema::from_json).collect(),
        }
    }
}

/// The status and the meaning of the response `name`, if an operation refers to it.
fn status_of(document: &Value, name: &str, response: &Value) -> Option<(String, String)> {
    let mut answers = operations(document).flat_map(|(_, _, operation)| members(operation.get("responses")));
    let (status, _) = answers.find(|(_, answer)| span::reference(answer) == Some(name))?;
    Some((status.to_owned(), text(response, "description")))
}

/// Every operation with its path and its method.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    members(document.get("paths")).flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| Some((path, method, item.get(method)?)))
    })
}

impl Operation {
    fn from_json(path: &str, method: &str, operation: &Value) -> Self {
        let schemes: Vec<_> = items(operation.get("security")).collect();
        let credentials =
            schemes.iter().flat_map(|scheme| members(Some(scheme)).map(|(name, _)| name.to_owned()));
        let (refusals, answers): (Vec<_>, Vec<_>) = members(operation.get("responses"))
            .partition(|(_, response)| span::reference(response).is_some());
        Self {
            id: text(operation, "operationId"),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(operation, "summary"),
            about: span::parse_text(&text(operation, "description")),
            credentials: credentials.collect(),
            is_open: schemes.iter().any(|scheme| members(Some(scheme)).next().is_none()),
            parameters: items(operation.get("parameters")).map(Field::from_parameter).collect(),
            body: operation.get("requestBody").map(Body::from_json),
            answers: answers.into_iter().map(Answer::from_json).collect(),
            refusals: refusals.into_iter().map(|(status, _)| status.to_owned()).collect(),
        }
    }
}

impl Body {
    fn from_json(body: &Value) -> Self {
        let content = || members(body.get("content"));
        Self {
            media_types: content().map(|(media_type, _)| media_type.to_owned()).collect(),
            takes: content()
                .next()
                .and_then(|(_, body)| body.get("schema"))
                .map(span::describe_schema)
                .unwrap_or_default(),
        }
    }
}

impl Answer {
    fn from_json((status, response): (&str, &Value)) -> Self {
        let content = members(response.get("content")).next();
        Self {
            status: status.to_owned(),
            about: text(response, "description"),
            gives: content
                .and_then(|(_, body)| body.get("schema"))
                .map(span::describe_schema)
                .unwrap_or_default(),
        }
    }
}

impl Schema {
    fn from_json((name, schema): (&str, &Value)) -> Self {
        let required: Vec<_> = items(schema.get("required")).filter_map(Value::as_str).collect();
        let fields = members(schema.get("properties")).map(|(name, field)| Field {
            name: name.to_owned(),
            takes: span::describe_schema(field),
            is_required: required.contains(&name),
            about: span::parse_text(&text(field, "description")),
        });
        let is_object = schema.get("properties").is_some();
        Self {
            name: name.to_owned(),
            about: span::parse_text(&text(schema, "description")),
            takes: if is_object { Vec::new() } else { span::describe_schema(schema) },
            fields: fields.collect(),
        }
    }
}

impl Field {
    fn from_parameter(parameter: &Value) -> Self {
        Self {
            name: text(parameter, "name"),
            takes: parameter.get("schema").map(span::describe_schema).unwrap_or_default(),
            is_required: parameter.get("required").and_then(Value::as_bool).unwrap_or_default(),
            about: span::parse_text(&text(parameter, "description")),
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
