//! An OpenAPI document full of oddities for the generator.

use serde_json::{Value, json};

/// Model ids that are keywords, names of the prelude or of this library, or collide as Rust names.
const IDS: &[&str] = &[
    "self",
    "Self",
    "p_image",
    "P-Image",
    "p.image",
    "p-image-",
    "p-image-builder",
    "type",
    "async",
    "crate",
    "super",
    "gen",
    "dyn",
    "true",
    "into",
    "serialize",
    "deserialize",
    "into-iterator",
    "from",
    "some",
    "none",
    "ok",
    "clone",
    "debug",
    "default",
    "string",
    "vec",
    "box",
    "i64",
    "bool",
    "option",
    "result",
    "std",
    "core",
    "serde",
    "schemars",
    "cow",
    "error",
    "client",
    "model",
    "media",
    "secret",
    "value",
    "input",
    "unset",
    "extra",
    "known",
    "warning",
    "partial-eq",
    "hash",
    "aspect-ratio",
    "resolution",
    "wan-i2v-resolution",
    "vocabulary",
    "inputs",
    "models",
    "catalog",
    "parameters",
    "schemas",
    "3d",
    "a",
    "A",
    "a-",
    "-",
    "._",
];

/// Adds the oddities to a document.
pub(crate) fn add(document: &mut Value) {
    document["info"]["version"] = json!("9.9.9");
    for id in IDS {
        let input = document["components"]["schemas"]["p-image"]["properties"]["input"].clone();
        add_model(document, id, input);
    }
    document["components"]["schemas"]["Tree"] = json!({"type": "object", "properties": {
        "left": {"$ref": "#/components/schemas/Tree"}, "value": {"type": "string"}}});
    add_model(document, "odd-fields", fields());
    add_model(document, "no-properties", json!({"type": "object"}));
    add_model(
        document,
        "requires-a-ghost",
        json!({"type": "object", "required": ["ghost"],
        "properties": {"a": {"type": "string"}}}),
    );
    for (path, item) in paths() {
        document["paths"][path] = item;
    }
}

fn add_model(document: &mut Value, id: &str, input: Value) {
    let models = document.pointer_mut("/paths/~1v1~1predictions/post/parameters/0/schema/enum").unwrap();
    models.as_array_mut().unwrap().push(json!(id));
    let description = "Odd [model] <x> */ \" \\ {0}. ```\nunclosed";
    document["components"]["schemas"][id] =
        json!({"type": "object", "description": description, "properties": {"input": input}});
}

fn fields() -> Value {
    let values =
        ["groß", "クール", "", "🔥", "16:9", "-1", "+1", "a", "A", "a ", "KNOWN", "as_str", "self", "fn", "0.5", "0,5"];
    let plain = json!({"type": "string"});
    let mut properties = json!({
        "größe_📐": {"type": "string", "enum": values},
        "self": {"type": "integer"},
        "build": {"type": "boolean"},
        "1st": {"type": "number"},
        "into": {"type": "array", "items": {"type": "string", "format": "uri"}},
        "empty": {"type": "string", "enum": []},
        "twice": {"type": "string", "enum": ["x", "x"]},
        "nulls": {"type": "string", "nullable": true, "enum": ["x", null]},
        "numbers": {"type": "integer", "enum": [1, 2]},
        "tree": {"$ref": "#/components/schemas/Tree"},
        "choice": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        "lists": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
        "any": {},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "unset": {"type": "string", "enum": ["a"]},
        "type_state": {"type": "string", "enum": ["a"]},
        "password": {"type": "string", "format": "password"},
        "prose": {"type": "string", "description": "*/ \" \\ `a [b] <c> ```rust\nlet x = 1;\n    indented\n"},
        "ticks": {"type": "string", "default": "two\nlines ` tick", "enum": ["a`b", "two\nlines ` tick"]},
        "huge": {"type": "integer", "maximum": 18_446_744_073_709_551_615_u64},
    });
    for name in [
        "type",
        "$ref2",
        "extra",
        "Extra",
        "new",
        "builder",
        "warnings",
        "model",
        "clone",
        "into",
        "try_into",
        "serialize",
        "eq",
        "fn",
        "a-b",
        "a_b",
        "aB",
        "a_b2",
        "a_b_2",
        "",
        "🔥",
    ] {
        properties[name] = plain.clone();
    }
    json!({"type": "object", "required": ["type", "größe_📐", "self", "build", "a_b2", "a_b_2"], "properties": properties})
}

fn paths() -> Vec<(&'static str, Value)> {
    let json = |schema: Value| json!({"content": {"application/json": {"schema": schema}}});
    let answer = |schema: Value| json!({"description": "d", "content": json(schema)["content"]});
    let fine = json!({"200": answer(json!({"$ref": "#/components/schemas/Tree"}))});
    let text = json!({"type": "string"});
    vec![
        (
            "/v1/masks",
            json!({"post": {"operationId": "uploadMask", "responses": fine, "requestBody": {"content": {
            "multipart/form-data": {"schema": {"type": "object", "properties": {"m": text}}}}}}}),
        ),
        (
            "/v1/previews/{path}",
            json!({"get": {"operationId": "p", "responses": fine, "parameters": [
            {"name": "path", "in": "path", "required": true, "schema": text, "example": "a/b"}]}}),
        ),
        (
            "/v1/types/{type}",
            json!({"get": {"operationId": "type", "responses": fine, "parameters": [
            {"name": "type", "in": "path", "required": true, "schema": text},
            {"name": "self", "in": "query", "schema": {"type": "string", "nullable": true}},
            {"name": "fn", "in": "header", "schema": {"type": "string"}}]}}),
        ),
        (
            "/v1/deep",
            json!({"get": {"operationId": "deep", "responses": fine, "parameters": [
            {"name": "deep", "in": "query", "style": "deepObject", "schema": {"type": "object"}}]}}),
        ),
        (
            "/v1/unnamed/{id}",
            json!({
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
            "get": {"responses": {"204": {"description": "nothing"}}},
            "delete": {"responses": {"default": {"description": "anything"}}},
            "put": {"responses": {"200": answer(text.clone()), "201": answer(json!({"type": "integer"}))}}}),
        ),
        (
            "/v1/bodies",
            json!({"post": {"operationId": "Two-bodies!", "responses": fine, "requestBody": {"content": {
            "application/json": {"schema": {"type": "object"}}, "text/plain": {"schema": text}}}}}),
        ),
        (
            "/v1/enums",
            json!({"post": {"operationId": "größe", "responses": fine, "requestBody": json(json!({
            "type": "object", "properties": {"kind": {"type": "string", "enum": ["JPG", "jpg", "+", "-"]}}}))}}),
        ),
        (
            "/v1/shapes",
            json!({"get": {"operationId": "shapes", "responses": {"200": answer(json!({"oneOf": [
            {"$ref": "#/components/schemas/PredictionResponse"}, {"type": "object"}]}))}}}),
        ),
        (
            "/v1/shapeless",
            json!({"get": {"operationId": "ns", "responses": {"200": {
            "description": "d", "content": {"application/json": {}}}}}}),
        ),
        (
            "/v1/text",
            json!({"get": {"operationId": "tx", "responses": {"200": {
            "description": "d", "content": {"text/plain": {"schema": text}}}}}}),
        ),
    ]
}
