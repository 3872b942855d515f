//! Text with code and links to schemas.

use serde_json::Value;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    Plain(String),
    Code(String),
    /// The name of a schema.
    Schema(String),
}

/// Splits a text at backticks, which enclose code as in Markdown.
pub fn parse_text(text: &str) -> Vec<Span> {
    let pieces = text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
    pieces
        .map(|(at, piece)| {
            let piece = piece.to_owned();
            if at % 2 == 0 { Span::Plain(piece) } else { Span::Code(piece) }
        })
        .collect()
}

/// The type of a schema in a few words.
pub fn describe_schema(schema: &Value) -> Vec<Span> {
    if let Some(name) = reference(schema) {
        return vec![Span::Schema(name.to_owned())];
    }
    if let Some(Value::Array(choices)) = schema.get("oneOf") {
        return alternatives(choices.iter().map(describe_schema).collect());
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return alternatives(values.iter().map(|value| vec![Span::Code(value.to_string())]).collect());
    }
    let kinds = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => vec![kind.and_then(Value::as_str).unwrap_or("object")],
    };
    alternatives(kinds.into_iter().map(|kind| describe_kind(kind, schema)).collect())
}

fn describe_kind(kind: &str, schema: &Value) -> Vec<Span> {
    let mut spans = vec![Span::Plain(kind.to_owned())];
    if let (true, Some(format)) = (kind == "string", schema.get("format").and_then(Value::as_str)) {
        spans = vec![Span::Plain(format.to_owned())];
    }
    if let (true, Some(items)) = (kind == "array", schema.get("items")) {
        spans.push(Span::Plain(" of ".to_owned()));
        spans.extend(describe_schema(items));
    }
    spans
}

fn alternatives(choices: Vec<Vec<Span>>) -> Vec<Span> {
    let mut all = Vec::new();
    for choice in choices {
        if !all.is_empty() {
            all.push(Span::Plain(" or ".to_owned()));
        }
        all.extend(choice);
    }
    all
}

/// The name behind a `$ref`.
pub fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.rsplit('/').next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn backticks_enclose_code() {
        let spans = parse_text("`a` or b");

        assert_eq!(spans, [Span::Code("a".to_owned()), Span::Plain(" or b".to_owned())]);
    }

    #[test]
    fn a_schema_is_described_in_a_few_words() {
        let text = |schema: Value| {
            let words = describe_schema(&schema).into_iter().map(|span| match span {
                Span::Plain(text) | Span::Code(text) => text,
                Span::Schema(name) => format!("<{name}>"),
            });
            words.collect::<String>()
        };

        assert_eq!(text(json!({"type": ["string", "null"], "format": "uuid"})), "uuid or null");
        assert_eq!(text(json!({"type": "array", "items": {"$ref": "#/a/B"}})), "array of <B>");
        assert_eq!(text(json!({"oneOf": [{"$ref": "#/a/B"}, {"type": "null"}]})), "<B> or null");
        assert_eq!(text(json!({"type": "string", "enum": ["x"]})), "\"x\"");
        assert_eq!(text(json!({})), "object");
    }
}
