//! Conversion of OpenAPI 3.1 to 3.0.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use serde_json::{Value, json};
use xtask::document::Document;

fn document(openapi: &str, schema: Value) -> Value {
    json!({"openapi": openapi, "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": {
        "operationId": "a",
        "requestBody": {"content": {"application/json": {"schema": schema, "example": {"type": ["string", "null"]}}}},
        "responses": {"200": {"description": "d"}}}}}})
}

#[test]
fn what_has_an_equivalent_in_3_0_is_converted() {
    for (new, old) in [
        (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
        (json!({"type": ["string", "integer"]}), json!({"anyOf": [{"type": "string"}, {"type": "integer"}]})),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "null"}]}),
            json!({"oneOf": [{"type": "string"}], "nullable": true}),
        ),
        (json!({"type": "string", "const": "a"}), json!({"type": "string", "enum": ["a"]})),
        (json!({"type": "string", "examples": ["a", "b"]}), json!({"type": "string", "example": "a"})),
        (
            json!({"type": "integer", "exclusiveMinimum": 3, "minimum": 1}),
            json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true}),
        ),
        (json!({"type": "integer", "exclusiveMaximum": 9, "maximum": 5}), json!({"type": "integer", "maximum": 5})),
        (json!({"type": "string", "contentEncoding": "base64"}), json!({"type": "string", "format": "byte"})),
        (
            json!({"type": "string", "contentMediaType": "application/octet-stream"}),
            json!({"type": "string", "format": "binary"}),
        ),
        (json!({"type": "array"}), json!({"type": "array", "items": {}})),
        (
            json!({"type": "object", "properties": {"a": true, "type": {"type": ["null", "number"]}}}),
            json!({"type": "object", "properties": {"a": {}, "type": {"type": "number", "nullable": true}}}),
        ),
        (
            json!({"type": "object", "additionalProperties": false, "$comment": "c"}),
            json!({"type": "object", "additionalProperties": false}),
        ),
    ] {
        let read = Document::read(&document("3.1.0", new.clone()).to_string()).unwrap();
        let found = read.value.pointer("/paths/~1a/post/requestBody/content/application~1json/schema").unwrap();
        assert_eq!(*found, old, "{new}");
        // An example that looks like a schema stays unchanged.
        let example = read.value.pointer("/paths/~1a/post/requestBody/content/application~1json/example").unwrap();
        assert_eq!(*example, json!({"type": ["string", "null"]}));
        assert_eq!(read.value["openapi"], "3.0.3");
        assert_eq!(read.notes, ["converted from OpenAPI 3.1.0"]);
    }
}

#[test]
fn keywords_beside_a_reference_still_apply() {
    let mut new = document("3.1.1", json!({"$ref": "#/components/schemas/A", "description": "d"}));
    new["components"] = json!({"schemas": {"A": {"type": "object"}}});
    let read = Document::read(&new.to_string()).unwrap();
    let schema = read.value.pointer("/paths/~1a/post/requestBody/content/application~1json/schema").unwrap();
    assert_eq!(*schema, json!({"allOf": [{"$ref": "#/components/schemas/A"}], "description": "d"}));
}

#[test]
fn what_has_no_equivalent_in_3_0_is_rejected_by_name_and_place() {
    for (construct, schema) in [
        ("prefixItems", json!({"type": "array", "prefixItems": []})),
        ("patternProperties", json!({"patternProperties": {"^a": {}}})),
        ("if", json!({"if": {}, "then": {}})),
        ("$defs", json!({"$defs": {}})),
        ("type: null", json!({"type": "null"})),
        ("several types beside anyOf", json!({"type": ["string", "integer"], "anyOf": [{"minLength": 1}]})),
    ] {
        let error = Document::read(&document("3.1.0", schema).to_string()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{construct}` at paths./a.post")), "{error}");
    }
}

#[test]
fn parts_of_a_3_1_document_that_no_client_uses_are_removed_with_a_note() {
    let mut new = document("3.1.0", json!({"type": "object"}));
    new["webhooks"] = json!({"done": {"post": {}}});
    new["info"]["summary"] = json!("s");
    let read = Document::read(&new.to_string()).unwrap();
    assert_eq!(read.value.get("webhooks"), None);
    assert_eq!(read.notes[1], "removed `webhooks`, which a client does not use");
}
