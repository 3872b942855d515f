//! Examples of messages, made from the examples of their fields.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

/// Makes examples of the document's schemas.
pub(super) struct Examples(Map<String, Value>);

impl Examples {
    pub(super) fn new(schemas: &BTreeMap<String, RefOr<Schema>>) -> Self {
        match serde_json::to_value(schemas) {
            Ok(Value::Object(schemas)) => Self(schemas),
            _ => Self(Map::new()),
        }
    }

    /// A value of `schema`.
    pub(super) fn example(&self, schema: &impl Serialize) -> Option<Value> {
        let mut example = self.value(&serde_json::to_value(schema).ok()?);
        // Otherwise the order depends on the features that a build gives to serde_json.
        example.sort_all_objects();
        Some(example)
    }

    /// The field's own example, else null where that is allowed, else a value of the type.
    fn value(&self, schema: &Value) -> Value {
        if let Some(example) = schema.pointer("/examples/0").or(schema.pointer("/enum/0")) {
            return example.clone();
        }
        if is_nullable(schema) {
            return Value::Null;
        }
        if let Some(name) =
            schema.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next())
        {
            return self.0.get(name).map_or(Value::Null, |schema| self.value(schema));
        }
        let format = schema.get("format").and_then(Value::as_str);
        match (schema.get("type").and_then(Value::as_str), format) {
            (Some("array"), _) => schema.get("items").map(|items| self.value(items)).into_iter().collect(),
            (Some("boolean"), _) => json!(true),
            (Some("integer"), _) => json!(1),
            (Some("string"), Some("uuid")) => json!("0198c0de-0000-7000-8000-000000000001"),
            (Some("string"), Some("date-time")) => json!("2027-01-15T08:00:00Z"),
            (Some("string"), _) => json!("text"),
            _ => self.object(schema),
        }
    }

    /// Leaves out what may be both absent and null, unless the field has an example.
    fn object(&self, schema: &Value) -> Value {
        let members = |name| schema.get(name).and_then(Value::as_object).into_iter().flatten();
        let is_required = |name: &str| {
            let required = schema.get("required").and_then(Value::as_array);
            required.is_some_and(|required| required.iter().any(|field| field == name))
        };
        let fields = members("properties").filter(|(name, field)| {
            is_required(name) || !is_nullable(field) || field.get("examples").is_some()
        });
        fields.map(|(name, field)| (name.clone(), self.value(field))).collect()
    }
}

fn is_nullable(schema: &Value) -> bool {
    let kinds = schema.get("type").and_then(Value::as_array).into_iter().flatten().cloned();
    let choices = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    kinds.chain(choices.filter_map(|choice| choice.get("type").cloned())).any(|kind| kind == "null")
}
