//! Every response of every operation, checked against the OpenAPI document. Responses that the document does not declare
//! are listed here with their source.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::collections::BTreeSet;

use pruna_emulator::Emulator;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use support::{Api, declared, document, operation, send, violations};

/// What a response is checked against.
#[derive(Clone, Copy)]
enum Shape {
    /// The response that the document declares.
    Declared,
    /// A shape observed on the wire, which the document does not declare: its fields, and the source.
    Observed(&'static [&'static str], &'static str),
}
use Shape::{Declared, Observed};

const GATEWAY: Shape =
    Observed(&["message", "request_id"], "errors of the Kong gateway, captured by clients for 400 and 404");

struct Case {
    name: &'static str,
    operation: &'static str,
    status: u16,
    shape: Shape,
}

type Cases = Vec<(Case, RequestBuilder)>;

fn case(
    operation: &'static str,
    name: &'static str,
    request: RequestBuilder,
    status: u16,
    shape: Shape,
) -> (Case, RequestBuilder) {
    (Case { name, operation, status, shape }, request)
}

fn prompt() -> Value {
    json!({"prompt": "a lion at dusk"})
}

/// An input whose prediction fails.
fn failing() -> Value {
    json!({"prompt": "x", "image": "https://media.invalid/a.jpg"})
}

/// Returns one case per response.
async fn cases(api: &Api) -> Cases {
    [create_cases(api), status_cases(api).await, download_cases(api).await, upload_cases(api)]
        .into_iter()
        .flatten()
        .collect()
}

fn create_cases(api: &Api) -> Cases {
    const CREATE: &str = "createPrediction";
    const ARRAY: Shape =
        Observed(&["status", "generation_url"], "generation_url as an array: reported by several clients");
    const FAILURE: Shape =
        Observed(&["status", "message", "error"], "a failure within the sync window: the tests of one client");
    let submission = |input| api.submission("p-image", input);
    let sync = |model, input| api.submission(model, input).header("Try-Sync", "true");
    let several = json!({"prompt": "x", "num_outputs": 2});
    let raw = |content_type: &str, body: &str| {
        api.post("/v1/predictions")
            .header("Model", "p-image")
            .header("Content-Type", content_type)
            .body(body.to_owned())
    };
    let without_key = || api.client.post(api.url("/v1/predictions"));
    vec![
        case(CREATE, "asynchronous", submission(prompt()), 201, Declared),
        case(CREATE, "synchronous", sync("p-image", prompt()), 201, Declared),
        case(CREATE, "synchronous, several files", sync("wan-image-small", several), 201, ARRAY),
        case(CREATE, "synchronous, failed", sync("wan-i2v", failing()), 201, FAILURE),
        case(CREATE, "no Model", api.post("/v1/predictions").json(&json!({"input": prompt()})), 400, GATEWAY),
        case(CREATE, "unknown model", api.submission("p-imago", prompt()), 400, GATEWAY),
        case(CREATE, "charset", raw("application/json; charset=utf-8", r#"{"input":{"prompt":"x"}}"#), 400, GATEWAY),
        case(CREATE, "not JSON", raw("application/json", "{"), 400, GATEWAY),
        case(CREATE, "no input", raw("application/json", "{}"), 400, GATEWAY),
        case(CREATE, "unknown field", submission(json!({"prompt": "x", "color": 1})), 400, GATEWAY),
        case(CREATE, "no key", without_key(), 401, GATEWAY),
        case(CREATE, "wrong key", without_key().header("apikey", "pru_wrong"), 401, GATEWAY),
        case(CREATE, "missing field", submission(json!({})), 422, Declared),
        case(CREATE, "wrong type", submission(json!({"prompt": "x", "seed": "y"})), 422, Declared),
    ]
}

async fn status_cases(api: &Api) -> Cases {
    const STATUS: &str = "getPredictionStatus";
    let path = |id: String| format!("/v1/predictions/status/{id}");
    let succeeded = path(api.submit("p-image", prompt()).await.text("/id"));
    let failed = path(api.submit("wan-i2v", failing()).await.text("/id"));
    vec![
        case(STATUS, "succeeded", api.get(&succeeded), 200, Declared),
        case(STATUS, "failed", api.get(&failed), 200, Declared),
        case(STATUS, "no key", api.client.get(api.url(&succeeded)), 401, GATEWAY),
        case(STATUS, "unknown id", api.get("/v1/predictions/status/nothing"), 404, Declared),
    ]
}

async fn download_cases(api: &Api) -> Cases {
    const DOWNLOAD: &str = "downloadContent";
    const RANGE: Shape = Observed(&[], "Range is not documented; the file store behind the service supports it");
    let file = api.run("p-image", prompt()).await.text("/generation_url");
    let unknown = "/v1/predictions/delivery/xezq/none/output.jpg";
    vec![
        case(DOWNLOAD, "a file", api.get(&file), 200, Declared),
        case(DOWNLOAD, "part of a file", api.get(&file).header("Range", "bytes=0-9"), 206, RANGE),
        case(DOWNLOAD, "past the end", api.get(&file).header("Range", "bytes=99999999-"), 416, RANGE),
        case(DOWNLOAD, "no key", api.client.get(api.url(&file)), 401, GATEWAY),
        case(DOWNLOAD, "unknown path", api.get(unknown), 404, Declared),
    ]
}

fn upload_cases(api: &Api) -> Cases {
    const UPLOAD: &str = "uploadFile";
    let upload = |name: &'static str, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("a.png").mime_str("image/png").unwrap();
        api.post("/v1/files").multipart(reqwest::multipart::Form::new().part(name, part))
    };
    vec![
        case(UPLOAD, "a file", upload("content", support::png(30, 20)), 201, Declared),
        case(UPLOAD, "another part", upload("file", support::png(30, 20)), 400, Declared),
        case(UPLOAD, "an empty part", upload("content", Vec::new()), 400, Declared),
        case(UPLOAD, "no form", api.post("/v1/files").body("x"), 400, Declared),
        case(UPLOAD, "no key", api.client.post(api.url("/v1/files")), 401, GATEWAY),
        case(UPLOAD, "too large", upload("content", vec![0; 3_000_000]), 413, Declared),
    ]
}

fn check(document: &Value, case: &Case, response: &support::Response) {
    let context = format!("{} / {}: {:?}", case.operation, case.name, String::from_utf8_lossy(&response.body));
    assert_eq!(response.status.as_u16(), case.status, "{context}");
    assert_eq!(response.header("x-kong-request-id").len(), 32, "{context}");
    match case.shape {
        Declared => {
            let declared =
                declared(document, case.operation, case.status).unwrap_or_else(|| panic!("undeclared: {context}"));
            let media_type = response.header("content-type");
            let content = &declared["content"][media_type];
            assert!(content.is_object(), "{media_type} is not declared: {context}");
            if media_type == "application/json" {
                assert_eq!(violations(document, &content["schema"], &response.json()), [""; 0], "{context}");
            }
            for (name, _) in declared["headers"].as_object().into_iter().flatten() {
                assert!(response.headers.contains_key(name), "no {name}: {context}");
            }
        }
        Observed([], _) => {}
        Observed(fields, source) => {
            let body = response.json();
            let found: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(found, fields.iter().copied().collect(), "{source}: {context}");
        }
    }
}

#[tokio::test]
async fn every_response_is_declared_or_has_a_source() {
    let api = Api::with(Emulator::builder().upload_limit(2_000_000)).await;
    let document = document();
    for (case, request) in cases(&api).await {
        check(&document, &case, &send(request).await);
    }
}

#[tokio::test]
async fn every_declared_response_is_covered() {
    let api = Api::new().await;
    let mut covered: BTreeSet<(String, u16)> =
        cases(&api).await.into_iter().map(|(case, _)| (case.operation.to_owned(), case.status)).collect();
    // Covered by other tests: expiry and rate limits.
    covered.insert(("downloadContent".to_owned(), 410));
    covered.insert(("uploadFile".to_owned(), 429));
    let document = document();
    for id in ["createPrediction", "getPredictionStatus", "downloadContent", "uploadFile"] {
        for status in operation(&document, id)["responses"].as_object().unwrap().keys() {
            // An internal error can only be injected.
            let status: u16 = status.parse().unwrap();
            assert!(status == 500 || covered.contains(&(id.to_owned(), status)), "no case for {id} with {status}");
        }
    }
}

#[tokio::test]
async fn a_path_without_an_operation_has_no_route() {
    let api = Api::new().await;
    let upload = api.upload("a.png", support::png(30, 20), "image/png").await.text("/urls/get");
    let requests =
        [api.get(&upload), api.get("/v1/models"), api.get("/v1/predictions"), api.post("/v1/predictions/status/x")];
    for request in requests {
        let response = send(request).await;
        assert_eq!(
            (response.status.as_u16(), response.text("/message")),
            (404, "no Route matched with those values".to_owned())
        );
    }
}

#[tokio::test]
async fn every_example_of_the_document_is_accepted() {
    let api = Api::new().await;
    let document = document();
    let content = &operation(&document, "createPrediction")["requestBody"]["content"]["application/json"];
    let examples = content["examples"].as_object().unwrap();
    let models = operation(&document, "createPrediction")["parameters"][0]["schema"]["enum"].as_array().unwrap();
    assert_eq!(examples.len(), models.len());
    for (model, example) in examples {
        let response = api.submit(model, example["value"]["input"].clone()).await;
        assert_eq!(response.status, 201, "{model}: {response:?}");
        assert_eq!(response.json()["input"], example["value"]["input"]);
        assert_eq!(response.text("/model"), *model);
    }
}

#[tokio::test]
async fn error_responses_name_the_field() {
    let api = Api::new().await;
    let gateway = [
        ("p-image", json!({"prompt": "x", "duration": 5}), "additional properties forbidden, found duration"),
        (
            "p-image",
            json!({"prompt": "x", "aspect_ratio": "7:1"}),
            "property aspect_ratio validation failed: matches none of the enum values",
        ),
        (
            "p-image",
            json!({"prompt": "x", "width": 100}),
            "property width validation failed: expected 100 to be greater than 256",
        ),
        ("z-image-turbo", json!({"prompt": "x", "disable_safety_checker": true}), "found disable_safety_checker"),
        (
            "p-image-edit",
            json!({"prompt": "x", "images": []}),
            "property images validation failed: expect array to have at least 1 items",
        ),
    ];
    for (model, input, expected) in gateway {
        let response = api.submit(model, input).await;
        let message = response.text("/message");
        assert_eq!(response.status, 400, "{message}");
        assert!(message.starts_with("property input validation failed: "), "{message}");
        assert!(message.ends_with(expected), "{message}");
    }
    let backend = [
        ("p-image", json!({}), "input.prompt", "missing"),
        ("p-image", json!({"prompt": 5}), "input.prompt", "invalid_type"),
        (
            "p-image",
            json!({"prompt": "x", "aspect_ratio": "custom", "width": 1001, "height": 512}),
            "input.width",
            "invalid_value",
        ),
        ("p-image-edit", json!({"prompt": "x"}), "input.images", "missing"),
    ];
    for (model, input, field, kind) in backend {
        let response = api.submit(model, input).await;
        assert_eq!(response.status, 422, "{response:?}");
        assert_eq!(
            (response.text("/invalid_fields/0/field"), response.text("/invalid_fields/0/type")),
            (field.to_owned(), kind.to_owned())
        );
        assert!(response.text("/detail").contains(field));
    }
}

#[tokio::test]
async fn checks_are_made_in_the_order_of_the_gateway() {
    let api = Api::with(Emulator::builder().limits(true)).await;
    let request = |key: &str, model: &str, content_type: &str, body: &'static str| {
        let request = api.client.post(api.url("/v1/predictions")).header("apikey", key.to_owned());
        request.header("Model", model.to_owned()).header("Content-Type", content_type.to_owned()).body(body)
    };
    let key = api.emulator.api_key();
    let steps = [
        (request("pru_wrong", "none", "text/plain", "{"), "Unauthorized"),
        (request(key, "none", "text/plain", "{"), "Unknown model in Model header"),
        (request(key, "p-image", "text/plain", "{"), "specified Content-Type is not allowed"),
        (request(key, "p-image", "application/json", "{"), "request body is not valid JSON"),
        (request(key, "p-image", "application/json", "{}"), "property input is required"),
    ];
    for (request, expected) in steps {
        let message = send(request).await.text("/message");
        assert!(message.starts_with(expected), "{message}");
    }
    let response = api.submit("p-image", json!({})).await;
    assert_eq!(response.header("ratelimit-remaining"), "499", "only requests that pass the gateway are counted");
}

#[tokio::test]
async fn a_later_document_adds_models() {
    let mut later = document();
    let header = &mut later["paths"]["/v1/predictions"]["post"]["parameters"][0]["schema"]["enum"];
    header.as_array_mut().unwrap().push(json!("p-video"));
    later["components"]["schemas"]["p-video"] = json!({
        "type": "object",
        "description": "A later model. Rate limit: 250 requests per minute.",
        "required": ["input"],
        "properties": {"input": {
            "type": "object",
            "additionalProperties": false,
            "required": ["prompt"],
            "properties": {
                "prompt": {"type": "string"},
                "duration": {"type": "integer", "minimum": 1, "maximum": 20, "default": 5},
                "fps": {"type": "integer", "enum": [24, 48], "default": 24},
                "resolution": {"type": "string", "enum": ["720p", "1080p"], "default": "720p"},
            },
        }},
    });
    let api = Api::with(Emulator::builder().document(later).limits(true)).await;
    let response = api.submit("p-video", json!({"prompt": "waves", "fps": 25})).await;
    assert_eq!(response.status, 400);
    let response = api.run("p-video", json!({"prompt": "waves", "duration": 1})).await;
    assert_eq!(response.header("ratelimit-limit"), "250");
    assert!(response.text("/generation_url").ends_with("/output.mp4"));
    let message = api.submit("p-video-2", json!({"prompt": "waves"})).await.text("/message");
    assert!(message.contains("p-video"), "{message}");
}
