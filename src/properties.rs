//! Properties of the parsers of everything that the service sends: no panic, and bounds, for any input.
//!
//! `PROPTEST_CASES=1000000 cargo test --lib properties` searches for longer.

use std::{
    path::{Component, Path},
    time::{Duration, SystemTime},
};

use proptest::{collection::vec, prelude::*};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::{
    error::body::error_for_response,
    file_name::file_stem,
    file_type::{self, FileType},
    headers,
    media::{LocalMedia, Reference, reference},
    origin::BaseUrl,
    transfer::download::parse_range,
    wire::PredictionResponse,
};

/// JSON with the names of responses and errors, and any values.
fn wire_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(vec!["succeeded", "failed", "starting", "/v1/x", "https://h/a//", "../..", ""])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let names = [
            "id",
            "status",
            "generation_url",
            "get_url",
            "error",
            "message",
            "details",
            "detail",
            "title",
            "invalid_fields",
            "field",
            "request_id",
            "input",
        ];
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((prop::sample::select(names.to_vec()), inner), 0..6)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

fn base() -> BaseUrl {
    BaseUrl::parse("https://api.pruna.ai/prefix").unwrap()
}

proptest! {
    #[test]
    fn any_response_is_read(json in wire_json()) {
        let response: PredictionResponse = serde_json::from_value(json).unwrap();
        let _ = (response.is_meaningful(), response.is_error_envelope(), response.id(), response.get_url(), response.message());
        prop_assert!(response.id().is_none_or(|id| !id.is_empty()));
        prop_assert!(response.urls().iter().all(|url| !url.is_empty()));
        // A response without a terminal status must not end a job.
        let ended = response.status().is_terminal();
        let says = response.as_value()["status"].is_string() || !response.urls().is_empty() || response.error().is_some();
        prop_assert!(!ended || says);
        prop_assert!(response.without_input().as_value().get("input").is_none());
    }

    #[test]
    fn any_error_body_gives_a_bounded_error_on_one_line(status in 100_u16..600, json in wire_json()) {
        check_error(status, json.to_string().as_bytes())?;
    }

    #[test]
    fn any_bytes_give_a_bounded_error_on_one_line(status in 100_u16..600, body in vec(any::<u8>(), 0..9000)) {
        check_error(status, &body)?;
    }

    #[test]
    fn any_retry_after_is_a_bounded_wait_or_none(value in ".{0,40}", bytes in vec(any::<u8>(), 0..40), now in any::<u32>()) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now.into());
        prop_assert!(headers::parse_retry_after(&value, now).is_none_or(|wait| wait <= Duration::from_secs(86_400)));
        let mut map = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            for name in ["retry-after", "ratelimit-reset", "x-poll-interval", "date"] {
                map.insert(name, value.clone());
            }
        }
        for wait in [headers::retry_after(&map), headers::rate_limit_wait(&map), headers::poll_interval(&map)] {
            prop_assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(86_400)));
        }
    }

    #[test]
    fn any_number_of_seconds_is_waited_for_up_to_a_day(seconds in any::<u64>()) {
        let wait = headers::parse_retry_after(&seconds.to_string(), SystemTime::now()).unwrap();
        prop_assert_eq!(wait, Duration::from_secs(seconds.min(86_400)));
    }

    #[test]
    fn any_address_resolves_to_the_service_or_elsewhere_but_never_with_userinfo(address in "\\PC{0,60}") {
        check_address(&address)?;
    }

    #[test]
    fn any_made_up_address_does_so_too(
        scheme in prop::sample::select(vec!["https:", "http:", "HTTPS:", "file:", "data:", "javascript:", "", "\\\\", "ws:"]),
        slashes in "[/\\\\]{0,3}",
        userinfo in prop::sample::select(vec!["", "api.pruna.ai@", "a:b@", "%40", "\t"]),
        host in prop::sample::select(vec!["api.pruna.ai", "api.pruna.ai.", "API.PRUNA.AI", "аpi.pruna.ai", "evil", "[::1]", "api。pruna。ai", "api.pruna.ai%2eevil"]),
        port in prop::sample::select(vec!["", ":443", ":80", ":0", ":99999"]),
        path in "[/?#@\\\\.a%]{0,8}",
    ) {
        check_address(&format!("{scheme}{slashes}{userinfo}{host}{port}{path}"))?;
    }

    #[test]
    fn any_address_of_known_parts_is_the_same_with_and_without_parsing(
        parts in vec(prop::sample::select(vec![
            "https://api.pruna.ai", "https://API.pruna.ai", "https://api.pruna.ai:443", "https:", "/", "/prefix", "v1", "a.jpg", ".", "..",
            "%2e", "~", "_-", "?q=1", "#f", "@", ":", "\\", " ", "\t", "é", "'", "",
        ]), 0..8),
        base in prop::sample::select(vec!["https://api.pruna.ai/prefix", "https://api.pruna.ai", "http://[::1]:8080", "http://127.0.0.1:8080/a/b"]),
    ) {
        let base = BaseUrl::parse(base).unwrap();
        for address in [parts.concat(), format!("{}{}", base.as_str(), parts.concat())] {
            let parsed = base.resolve(&address).map(String::from);
            prop_assert_eq!(base.resolve_to_text(&address).ok(), parsed.ok(), "{}", address);
        }
    }

    #[test]
    fn any_content_range_goes_forward(range in "(bytes )?[0-9*/ -]{0,30}") {
        prop_assert!(parse_range(&range).is_none_or(|(first, end)| first < end));
    }

    #[test]
    fn any_bytes_have_a_type(bytes in vec(any::<u8>(), 0..600), content_type in proptest::option::of("\\PC{0,30}")) {
        let _ = file_type::contradicts(content_type.as_deref(), &bytes);
        let extension = FileType::sniff(&bytes).extension;
        prop_assert!(!extension.is_empty() && extension.chars().all(|c| c.is_ascii_alphanumeric()));
    }

    #[test]
    fn no_text_from_outside_names_a_local_file(text in "(file:|FILE:|data:|pruna-result:)?[/\\\\]{0,3}\\PC{0,40}(#local-[0-9a-f]{32})?") {
        let local_path = matches!(reference(&text), Reference::Local(LocalMedia::Path(_) | LocalMedia::Download(_)));
        prop_assert!(!local_path);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn ten_thousand_hostile_names_stay_in_their_folder(
        id in "((\\.\\.|/|\\\\|:|~|\\$|\u{0}|\n|-|con|NUL|%2f|\u{202e}|a|[A-Z])|\\PC){0,60}",
        model in "\\PC{0,60}",
    ) {
        let folder = Path::new("/results");
        for stem in file_stem(&id).into_iter().chain(file_stem(&model)) {
            let file = format!("{stem}-0.jpg");
            let path = folder.join(&file);
            prop_assert_eq!(path.parent(), Some(folder));
            prop_assert_eq!(Path::new(&file).components().collect::<Vec<_>>(), [Component::Normal(file.as_ref())]);
            prop_assert!(stem.len() <= 121 && !stem.starts_with(['-', '.', ' ']) && !stem.ends_with(['.', ' ']), "{stem:?}");
            let lower = stem.to_lowercase();
            let device = ["con", "nul", "aux", "prn"].contains(&lower.split('.').next().unwrap());
            prop_assert!(!device && !stem.contains([':', '/', '\\', '\0', '%', '$', '~', '\u{202e}']), "{stem:?}");
            let again = file_stem(&stem);
            prop_assert_eq!(again.as_ref(), Some(&stem), "a safe name stays as it is");
        }
    }
}

fn check_error(status: u16, body: &[u8]) -> Result<(), TestCaseError> {
    let error = error_for_response(status, body).redact_and_cut(&["succeeded".to_owned()]);
    let line = error.to_string();
    prop_assert!(!line.chars().any(char::is_control) && line.len() < 2000, "{line:?}");
    prop_assert!(error.body().is_none_or(|body| body.len() <= 4096));
    prop_assert!(error.field().is_none_or(|field| field.len() <= 200));
    prop_assert!(!line.contains("succeeded") && !error.body().is_some_and(|body| body.contains("succeeded")));
    prop_assert_eq!(error.status(), Some(status));
    Ok(())
}

/// For any URL, the key is attached only if the origin is that of the service.
fn check_address(address: &str) -> Result<(), TestCaseError> {
    let base = base();
    prop_assert_eq!(base.resolve_to_text(address).ok(), base.resolve(address).ok().map(String::from), "{}", address);
    let Ok(url) = base.resolve(address) else { return Ok(()) };
    prop_assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    let origin = (url.scheme(), url.host_str(), url.port_or_known_default());
    prop_assert_eq!(base.is_same_origin(&url), origin == ("https", Some("api.pruna.ai"), Some(443)), "{}", url);
    prop_assert!(!base.may_fetch(&url) || url.scheme() == "https", "{url}");
    Ok(())
}

#[test]
fn deep_json_is_an_error_not_a_stack_overflow() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(serde_json::from_str::<PredictionResponse>(&deep).is_err());
    assert!(error_for_response(400, deep.as_bytes()).is_invalid_input());
    assert!(!serde_json::from_value::<PredictionResponse>(json!({"a": [[[[]]]]})).unwrap().is_meaningful());
}
