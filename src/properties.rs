//! Entry points for whatever the service may send, with what must hold for any input: no panic, and bounds.
//!
//! `PROPTEST_CASES=1000000 cargo test --lib properties` looks for longer.

use std::{
    path::{Component, Path},
    time::{Duration, SystemTime},
};

use proptest::{collection::vec, prelude::*};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::{
    error::body::error_of,
    media::{Reference, kind, name, reference, transfer::parse_range},
    origin::Base,
    timing,
    wire::Answer,
};

/// JSON with the names that answers and errors have, and any values.
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

fn base() -> Base {
    Base::parse("https://api.pruna.ai/prefix").unwrap()
}

proptest! {
    #[test]
    fn any_answer_is_read(json in wire_json()) {
        let answer: Answer = serde_json::from_value(json).unwrap();
        let _ = (answer.is_meaningful(), answer.is_error_envelope(), answer.id(), answer.get_url(), answer.message());
        prop_assert!(answer.id().is_none_or(|id| !id.is_empty()));
        prop_assert!(answer.urls().iter().all(|url| !url.is_empty()));
        // What says nothing of a job's end has not ended it.
        let ended = answer.status().is_terminal();
        let says = answer.as_value()["status"].is_string() || !answer.urls().is_empty() || answer.error().is_some();
        prop_assert!(!ended || says);
        prop_assert!(answer.without_input().as_value().get("input").is_none());
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
        prop_assert!(timing::parse_retry_after(&value, now).is_none_or(|wait| wait <= Duration::from_secs(86_400)));
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            for name in ["retry-after", "ratelimit-reset", "x-poll-interval", "date"] {
                headers.insert(name, value.clone());
            }
        }
        for wait in [timing::retry_after(&headers), timing::limit_lifted(&headers), timing::poll_interval(&headers)] {
            prop_assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(86_400)));
        }
    }

    #[test]
    fn any_number_of_seconds_is_waited_for_up_to_a_day(seconds in any::<u64>()) {
        let wait = timing::parse_retry_after(&seconds.to_string(), SystemTime::now()).unwrap();
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
    fn any_content_range_goes_forward(range in "(bytes )?[0-9*/ -]{0,30}") {
        prop_assert!(parse_range(&range).is_none_or(|(first, end)| first < end));
    }

    #[test]
    fn any_bytes_have_a_kind(bytes in vec(any::<u8>(), 0..600), content_type in proptest::option::of("\\PC{0,30}")) {
        let _ = kind::contradicts(content_type.as_deref(), &bytes);
        let extension = kind::of_bytes(&bytes).extension;
        prop_assert!(!extension.is_empty() && extension.chars().all(|c| c.is_ascii_alphanumeric()));
    }

    #[test]
    fn no_text_from_outside_names_a_local_file(text in "(file:|FILE:|data:)?[/\\\\]{0,3}\\PC{0,40}(#local-[0-9a-f]{32})?") {
        let local_path = matches!(reference(&text), Reference::Local(crate::media::Local::Path(_)));
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
        for file in [format!("{}-0.jpg", name::stem([&*id, &*model])), format!("{}.jpg", name::stem([&*model, &*id]))] {
            let path = folder.join(&file);
            prop_assert_eq!(path.parent(), Some(folder));
            prop_assert_eq!(Path::new(&file).components().collect::<Vec<_>>(), [Component::Normal(file.as_ref())]);
            prop_assert!(file.len() <= 60 && file.is_ascii() && !file.starts_with(['-', '.']), "{file:?}");
            let device = ["con.", "nul.", "aux.", "prn."].iter().any(|device| file.to_lowercase().starts_with(device));
            prop_assert!(!device && !file.contains([':', '\\', '\0', ' ', '%', '$', '~']), "{file:?}");
        }
    }
}

fn check_error(status: u16, body: &[u8]) -> Result<(), TestCaseError> {
    let error = error_of(status, body).scrubbed(&["succeeded".to_owned()]);
    let line = error.to_string();
    prop_assert!(!line.chars().any(char::is_control) && line.len() < 2000, "{line:?}");
    prop_assert!(error.body().is_none_or(|body| body.len() <= 4096));
    prop_assert!(error.field().is_none_or(|field| field.len() <= 200));
    prop_assert!(!line.contains("succeeded") && !error.body().is_some_and(|body| body.contains("succeeded")));
    prop_assert_eq!(error.status(), Some(status));
    Ok(())
}

/// Whatever an address is, the key goes along only to the one origin.
fn check_address(address: &str) -> Result<(), TestCaseError> {
    let base = base();
    let Ok(url) = base.resolve(address) else { return Ok(()) };
    prop_assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    let origin = (url.scheme(), url.host_str(), url.port_or_known_default());
    prop_assert_eq!(base.is_ours(&url), origin == ("https", Some("api.pruna.ai"), Some(443)), "{}", url);
    prop_assert!(!base.may_fetch(&url) || url.scheme() == "https", "{url}");
    Ok(())
}

#[test]
fn deep_json_is_an_error_and_no_overflow_of_the_stack() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(serde_json::from_str::<Answer>(&deep).is_err());
    assert!(error_of(400, deep.as_bytes()).is_invalid_input());
    assert!(!serde_json::from_value::<Answer>(json!({"a": [[[[]]]]})).unwrap().is_meaningful());
}
