//! Small edits of the vendored OpenAPI document, each with the changes that it makes for a client.

#![allow(dead_code, reason = "every test file uses its own part")]

use serde_json::{Value, json};

use xtask::diff::{
    Change,
    Class::{self, *},
};

/// The OpenAPI document of this repository.
pub(crate) fn vendored() -> Value {
    let mut paths: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("p-api-"))
        .collect();
    assert_eq!(paths.len(), 1);
    serde_json::from_str(&std::fs::read_to_string(paths.remove(0)).unwrap()).unwrap()
}

/// One edit.
pub(crate) struct Edit {
    pub(crate) name: &'static str,
    pub(crate) apply: fn(&mut Value),
    /// Every change, in any order: class, place, what.
    pub(crate) changes: &'static [(Class, &'static str, &'static str)],
}

impl Edit {
    /// The vendored document after the edit.
    pub(crate) fn document(&self) -> Value {
        let mut document = vendored();
        (self.apply)(&mut document);
        document
    }

    pub(crate) fn expected(&self) -> Vec<Change> {
        let change = |(class, place, what): &(Class, &str, &str)| Change {
            class: *class,
            place: (*place).into(),
            what: (*what).into(),
        };
        self.changes.iter().map(change).collect()
    }
}

const SUBMIT: &str = "/paths/~1v1~1predictions/post";
const STATUS: &str = "/paths/~1v1~1predictions~1status~1{id}/get";
const DOWNLOAD: &str = "/paths/~1v1~1predictions~1delivery~1{path}/get";

fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not in the document"))
}

fn input<'a>(document: &'a mut Value, model: &str) -> &'a mut Value {
    at(document, &format!("/components/schemas/{model}/properties/input"))
}

fn remove(value: &mut Value, key: &str) -> Value {
    value.as_object_mut().unwrap().shift_remove(key).unwrap_or_else(|| panic!("no {key}"))
}

fn push(list: &mut Value, value: Value) {
    list.as_array_mut().unwrap().push(value);
}

/// Edits that leave a valid document.
pub(crate) const EDITS: &[Edit] = &[
    Edit {
        name: "a removed operation",
        apply: |d| drop(remove(at(d, "/paths"), "/v1/files")),
        changes: &[(Breaking, "POST /v1/files", "was removed")],
    },
    Edit {
        name: "a new operation with a multipart body",
        apply: |d| {
            at(d, "/paths")["/v1/masks"] = json!({"post": {
                "operationId": "uploadMask",
                "requestBody": {"required": true, "content": {"multipart/form-data": {"schema": {
                    "type": "object", "required": ["mask"],
                    "properties": {"mask": {"type": "string", "format": "binary"}, "note": {"type": "string"}}
                }}}},
                "responses": {"201": {"description": "Stored.", "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/FileUploadResponse"}}}}}
            }});
        },
        changes: &[(Additive, "POST /v1/masks", "was added")],
    },
    Edit {
        name: "a new operation whose path parameter spans slashes",
        apply: |d| {
            at(d, "/paths")["/v1/previews/{path}"] = json!({"get": {
                "operationId": "downloadPreview",
                "parameters": [{"name": "path", "in": "path", "required": true,
                    "schema": {"type": "string"}, "example": "abc/def/preview.jpg"}],
                "responses": {"200": {"description": "A small picture.", "content": {"application/json": {
                    "schema": {"type": "object"}}}}}
            }});
        },
        changes: &[(Additive, "GET /v1/previews/{path}", "was added")],
    },
    Edit {
        name: "a path parameter with another name",
        apply: |d| {
            let mut item = remove(at(d, "/paths"), "/v1/predictions/status/{id}");
            item["get"]["parameters"][0]["name"] = json!("prediction");
            at(d, "/paths")["/v1/predictions/status/{prediction}"] = item;
        },
        changes: &[(
            Documentation,
            "GET /v1/predictions/status/{prediction} path prediction",
            "was renamed from \"id\"",
        )],
    },
    Edit {
        name: "an operation id changed",
        apply: |d| at(d, STATUS)["operationId"] = json!("readPrediction"),
        changes: &[(
            Breaking,
            "GET /v1/predictions/status/{id}",
            "operationId changed from \"getPredictionStatus\" to \"readPrediction\": the method of the raw client has \
             another name",
        )],
    },
    Edit {
        name: "a new required header",
        apply: |d| {
            let header = json!({"name": "Tenant", "in": "header", "required": true, "schema": {"type": "string"}});
            push(&mut at(d, SUBMIT)["parameters"], header);
        },
        changes: &[(Breaking, "POST /v1/predictions header Tenant", "was added, and is required")],
    },
    Edit {
        name: "a new optional header",
        apply: |d| {
            let header = json!({"name": "Webhook", "in": "header", "schema": {"type": "string"}});
            push(&mut at(d, SUBMIT)["parameters"], header);
        },
        changes: &[(Additive, "POST /v1/predictions header Webhook", "was added")],
    },
    Edit {
        name: "a header removed",
        apply: |d| drop(at(d, SUBMIT)["parameters"].as_array_mut().unwrap().remove(1)),
        changes: &[(Breaking, "POST /v1/predictions header Try-Sync", "was removed")],
    },
    Edit {
        name: "a header in other case is the same header",
        apply: |d| at(d, SUBMIT)["parameters"][1]["name"] = json!("try-sync"),
        changes: &[],
    },
    Edit {
        name: "a default changed",
        apply: |d| at(d, SUBMIT)["parameters"][1]["schema"]["default"] = json!(true),
        changes: &[(Breaking, "POST /v1/predictions header Try-Sync", "default changed from `false` to `true`")],
    },
    Edit {
        name: "a model added",
        apply: |d| {
            push(&mut at(d, SUBMIT)["parameters"][0]["schema"]["enum"], json!("p-tiny"));
            at(d, "/components/schemas")["p-tiny"] = json!({"type": "object", "properties": {"input": {
                "type": "object", "required": ["prompt"], "properties": {"prompt": {"type": "string"}}}}});
        },
        changes: &[
            (Additive, "POST /v1/predictions header Model", "has the new value `p-tiny`"),
            (Additive, "model p-tiny", "was added"),
        ],
    },
    Edit {
        name: "a model removed",
        apply: |d| {
            let names = at(d, SUBMIT)["parameters"][0]["schema"]["enum"].as_array_mut().unwrap();
            names.retain(|name| name != "vace");
            remove(at(d, "/components/schemas"), "vace");
        },
        changes: &[
            (Breaking, "POST /v1/predictions header Model", "no longer has the value `vace`"),
            (Breaking, "model vace", "was removed"),
        ],
    },
    Edit {
        name: "a renamed property",
        apply: |d| {
            let properties = &mut input(d, "p-image")["properties"];
            let seed = remove(properties, "seed");
            properties["random_seed"] = seed;
        },
        changes: &[
            (Breaking, "model p-image seed", "was removed"),
            (Additive, "model p-image random_seed", "was added"),
        ],
    },
    Edit {
        name: "a renamed property of a response",
        apply: |d| {
            let properties = at(d, "/components/schemas/PredictionStatusResponse/properties");
            let message = remove(properties, "message");
            properties["note"] = message;
        },
        changes: &[
            (Breaking, "GET /v1/predictions/status/{id} response 200 message", "was removed"),
            (Additive, "GET /v1/predictions/status/{id} response 200 note", "was added"),
        ],
    },
    Edit {
        name: "a new required property of a request",
        apply: |d| {
            let request = at(d, "/components/schemas/PredictionRequest");
            push(&mut request["required"], json!("tenant"));
            request["properties"]["tenant"] = json!({"type": "string"});
        },
        changes: &[(Breaking, "POST /v1/predictions request tenant", "was added, and is required")],
    },
    Edit {
        name: "a new property of a response",
        apply: |d| {
            let answer = at(d, "/components/schemas/PredictionStatusResponse");
            push(&mut answer["required"], json!("progress"));
            answer["properties"]["progress"] = json!({"type": "number"});
        },
        changes: &[(Additive, "GET /v1/predictions/status/{id} response 200 progress", "was added")],
    },
    Edit {
        name: "a property of a response that is no longer required",
        apply: |d| drop(remove(at(d, "/components/schemas/PredictionStatusResponse"), "required")),
        changes: &[(Breaking, "GET /v1/predictions/status/{id} response 200 status", "is no longer required")],
    },
    Edit {
        name: "a property that a model now requires",
        apply: |d| push(&mut input(d, "p-image")["required"], json!("seed")),
        changes: &[(Breaking, "model p-image seed", "is required now")],
    },
    Edit {
        name: "an enum value removed from a request",
        apply: |d| {
            let values = &mut input(d, "wan-i2v")["properties"]["resolution"]["enum"];
            values.as_array_mut().unwrap().retain(|value| value != "720p");
        },
        changes: &[(Breaking, "model wan-i2v resolution", "no longer has the value `720p`")],
    },
    Edit {
        name: "an enum value added to a response",
        apply: |d| {
            let status = at(d, "/components/schemas/PredictionStatusResponse/properties/status/enum");
            push(status, json!("paused"));
        },
        changes: &[(Additive, "GET /v1/predictions/status/{id} response 200 status", "has the new value `paused`")],
    },
    Edit {
        name: "an empty enum",
        apply: |d| input(d, "wan-i2v")["properties"]["resolution"]["enum"] = json!([]),
        changes: &[
            (Breaking, "model wan-i2v resolution", "no longer has the value `480p`"),
            (Breaking, "model wan-i2v resolution", "no longer has the value `720p`"),
        ],
    },
    Edit {
        name: "a range narrowed and another widened",
        apply: |d| {
            let properties = &mut input(d, "wan-i2v")["properties"];
            properties["num_frames"]["maximum"] = json!(100);
            properties["frames_per_second"]["minimum"] = json!(1);
        },
        changes: &[
            (Breaking, "model wan-i2v num_frames", "maximum changed from 121 to 100"),
            (Additive, "model wan-i2v frames_per_second", "minimum changed from 5 to 1"),
        ],
    },
    Edit {
        name: "an integer that becomes a number",
        apply: |d| {
            input(d, "wan-i2v")["properties"]["seed"]["type"] = json!("number");
            at(d, "/components/schemas/FileUploadResponse/properties/size")["type"] = json!("number");
        },
        changes: &[
            (Breaking, "POST /v1/files response 201 size", "takes any number, not just integers"),
            (Additive, "model wan-i2v seed", "takes any number, not just integers"),
        ],
    },
    Edit {
        name: "a property that may be null",
        apply: |d| {
            input(d, "wan-i2v")["properties"]["seed"]["nullable"] = json!(true);
            at(d, "/components/schemas/FileUploadResponse/properties/size")["nullable"] = json!(true);
        },
        changes: &[
            (Breaking, "POST /v1/files response 201 size", "may be null"),
            (Additive, "model wan-i2v seed", "may be null"),
        ],
    },
    Edit {
        name: "a per-model choice of request bodies",
        apply: |d| {
            let models = at(d, SUBMIT)["parameters"][0]["schema"]["enum"].clone();
            let reference = |name: &Value| json!({"$ref": format!("#/components/schemas/{}", name.as_str().unwrap())});
            let branches: Vec<Value> = models.as_array().unwrap().iter().take(2).map(reference).collect();
            at(d, SUBMIT)["requestBody"]["content"]["application/json"]["schema"] = json!({"oneOf": branches});
        },
        changes: &[
            (Breaking, "POST /v1/predictions request", "no longer has the shape PredictionRequest"),
            (Additive, "POST /v1/predictions request", "has the new shape flux-dev"),
            (Additive, "POST /v1/predictions request", "has the new shape flux-dev-lora"),
        ],
    },
    Edit {
        name: "a response with two shapes",
        apply: |d| {
            let schema = &mut at(d, STATUS)["responses"]["200"]["content"]["application/json"]["schema"];
            *schema = json!({"oneOf": [schema.clone(), {"type": "object", "title": "Queue",
                "required": ["position"], "properties": {"position": {"type": "integer"}}}]});
        },
        changes: &[(Breaking, "GET /v1/predictions/status/{id} response 200", "has the new shape Queue")],
    },
    Edit {
        name: "two success shapes by status",
        apply: |d| {
            at(d, STATUS)["responses"]["202"] = json!({"description": "Not yet.", "content": {"application/json": {
                "schema": {"type": "object", "properties": {"position": {"type": "integer"}}}}}});
        },
        changes: &[(Additive, "GET /v1/predictions/status/{id} response 202", "was added")],
    },
    Edit {
        name: "a newly documented error",
        apply: |d| {
            at(d, SUBMIT)["responses"]["402"] = json!({"description": "Out of credit."});
            remove(&mut at(d, SUBMIT)["responses"], "422");
        },
        changes: &[
            (Additive, "POST /v1/predictions response 422", "was removed"),
            (Additive, "POST /v1/predictions response 402", "was added"),
        ],
    },
    Edit {
        name: "a media type removed and another added",
        apply: |d| {
            let content = &mut at(d, DOWNLOAD)["responses"]["200"]["content"];
            let bytes = remove(content, "image/webp");
            content["image/avif"] = bytes;
        },
        changes: &[
            (Breaking, "GET /v1/predictions/delivery/{path} response 200", "no longer comes as image/webp"),
            (Additive, "GET /v1/predictions/delivery/{path} response 200", "may come as image/avif"),
        ],
    },
    Edit {
        name: "a response header removed",
        apply: |d| drop(remove(&mut at(d, DOWNLOAD)["responses"]["200"]["headers"], "Cache-Control")),
        changes: &[(Breaking, "GET /v1/predictions/delivery/{path} response 200 header Cache-Control", "was removed")],
    },
    Edit {
        name: "another authentication scheme",
        apply: |d| at(d, "/components/securitySchemes/ApiKeyAuth")["name"] = json!("x-key"),
        changes: &[
            (Breaking, "GET /v1/predictions/delivery/{path} security", "no longer accepts apiKey header apikey"),
            (Additive, "GET /v1/predictions/delivery/{path} security", "accepts apiKey header x-key"),
            (Breaking, "GET /v1/predictions/status/{id} security", "no longer accepts apiKey header apikey"),
            (Additive, "GET /v1/predictions/status/{id} security", "accepts apiKey header x-key"),
            (Breaking, "POST /v1/files security", "no longer accepts apiKey header apikey"),
            (Additive, "POST /v1/files security", "accepts apiKey header x-key"),
            (Breaking, "POST /v1/predictions security", "no longer accepts apiKey header apikey"),
            (Additive, "POST /v1/predictions security", "accepts apiKey header x-key"),
        ],
    },
    Edit {
        name: "a schema that refers to itself",
        apply: |d| {
            at(d, "/components/schemas")["Scene"] = json!({"type": "object", "properties": {
                "caption": {"type": "string"},
                "scenes": {"type": "array", "items": {"$ref": "#/components/schemas/Scene"}}}});
            input(d, "p-image")["properties"]["scene"] = json!({"$ref": "#/components/schemas/Scene"});
        },
        changes: &[
            (Additive, "model p-image scene", "was added"),
            (Documentation, "schema Scene", "was added; no operation uses it"),
        ],
    },
    Edit {
        name: "non-ASCII names",
        apply: |d| {
            input(d, "p-image")["properties"]["größe_📐"] = json!({"type": "string", "enum": ["groß", "クール"]})
        },
        changes: &[(Additive, "model p-image größe_📐", "was added")],
    },
    Edit {
        name: "models whose names collide or are keywords",
        apply: |d| {
            let model = d["components"]["schemas"]["p-image"].clone();
            for name in ["self", "p_image", "P-Image", "p-image-builder", "type", "into"] {
                push(&mut at(d, SUBMIT)["parameters"][0]["schema"]["enum"], json!(name));
                at(d, "/components/schemas")[name] = model.clone();
            }
        },
        changes: &[
            (Additive, "POST /v1/predictions header Model", "has the new value `self`"),
            (Additive, "POST /v1/predictions header Model", "has the new value `p_image`"),
            (Additive, "POST /v1/predictions header Model", "has the new value `P-Image`"),
            (Additive, "POST /v1/predictions header Model", "has the new value `p-image-builder`"),
            (Additive, "POST /v1/predictions header Model", "has the new value `type`"),
            (Additive, "POST /v1/predictions header Model", "has the new value `into`"),
            (Additive, "model self", "was added"),
            (Additive, "model p_image", "was added"),
            (Additive, "model P-Image", "was added"),
            (Additive, "model p-image-builder", "was added"),
            (Additive, "model type", "was added"),
            (Additive, "model into", "was added"),
        ],
    },
    Edit {
        name: "other prose and another limit",
        apply: |d| {
            let model = at(d, "/components/schemas/flux-dev");
            let text = model["description"].as_str().unwrap().replace("Rate limit: 150", "Rate limit: 300");
            model["description"] = json!(text);
            at(d, SUBMIT)["summary"] = json!("Other words");
        },
        changes: &[
            (Documentation, "model flux-dev", "description changed: 150 requests a minute became 300"),
            (Documentation, "POST /v1/predictions", "summary changed"),
        ],
    },
    Edit {
        name: "the service moved",
        apply: |d| at(d, "/servers/0")["url"] = json!("https://api.example.org"),
        changes: &[(Breaking, "servers", "the service moved from https://api.pruna.ai to https://api.example.org")],
    },
];
