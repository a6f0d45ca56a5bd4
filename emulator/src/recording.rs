//! Records requests without their secrets.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use hyper::http::request::Parts;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::redact::{Secrets, is_secret_name, redact_json, secret_hash};
use crate::state::State;
use crate::store::{MAX_RECORDED_BODY, RecordedRequest};

/// Records a request whose body has not been received. `number`, `operation` and `fault` are left empty.
pub(crate) fn record_head(state: &State, connection: u64, parts: &Parts) -> RecordedRequest {
    let secrets = secrets(state, &parts.headers);
    let model = parts.headers.get("model").and_then(|model| model.to_str().ok());
    RecordedRequest {
        number: 0,
        connection,
        method: parts.method.to_string(),
        path: secrets.redact_text(parts.uri.path()),
        query: parts.uri.query().map(|query| secrets.redact_query(query)),
        headers: header_map(&parts.headers, &state.document.key_header, &secrets),
        body: Vec::new(),
        body_length: 0,
        body_sha256: None,
        operation: None,
        model: model.map(|model| secrets.redact_text(model)),
        time: state.clock.now(),
        status: None,
        fault: None,
    }
}

/// Returns an input as JSON, for the list of predictions.
pub(crate) fn record_input(state: &State, headers: &HeaderMap, input: &Value) -> String {
    let input = redact_json(input.to_string().as_bytes());
    secrets(state, headers).redact_text(&String::from_utf8_lossy(&input))
}

/// Returns the keys that the emulator accepts and the credentials of this request.
fn secrets(state: &State, headers: &HeaderMap) -> Secrets {
    let mut secrets = Secrets::default();
    for key in state.settings.api_keys() {
        secrets.add(key.as_bytes());
    }
    for key in headers.get_all(&state.document.key_header) {
        secrets.add(key.as_bytes());
    }
    for value in headers.get_all(AUTHORIZATION) {
        value.as_bytes().split(|byte| *byte == b' ').for_each(|part| secrets.add(part));
    }
    secrets
}

/// Returns headers as a map by lower-case name, with secrets replaced.
fn header_map(headers: &HeaderMap, key_header: &str, secrets: &Secrets) -> BTreeMap<String, String> {
    let mut map: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = if name == key_header || is_secret_name(name.as_str()) {
            secret_hash(value.as_bytes())
        } else {
            secrets.redact_text(&String::from_utf8_lossy(value.as_bytes()))
        };
        map.entry(name.as_str().to_owned())
            .and_modify(|values| {
                values.push_str(", ");
                values.push_str(&value);
            })
            .or_insert(value);
    }
    map
}

/// Records the body of a request while it is received. When dropped, adds it to the request log.
pub(crate) struct BodyRecorder {
    state: Arc<State>,
    /// Number in the request log.
    number: u64,
    secrets: Secrets,
    is_json: bool,
    /// `Content-Length`.
    announced: usize,
    /// The beginning, with secrets.
    body: Vec<u8>,
    length: u64,
    /// Of bodies that are not recorded completely.
    hash: Option<Sha256>,
}

impl BodyRecorder {
    pub(crate) fn new(state: &Arc<State>, number: u64, headers: &HeaderMap) -> Self {
        let content_type = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
        Self {
            state: Arc::clone(state),
            number,
            secrets: secrets(state, headers),
            is_json: content_type.is_some_and(|value| memchr::memmem::find(&value, b"json").is_some()),
            announced: headers
                .get(CONTENT_LENGTH)
                .and_then(|value| value.to_str().ok()?.parse().ok())
                .unwrap_or_default(),
            body: Vec::new(),
            length: 0,
            hash: None,
        }
    }

    /// Adds bytes of the body.
    pub(crate) fn add(&mut self, chunk: &[u8]) {
        self.length += chunk.len() as u64;
        let room = MAX_RECORDED_BODY - self.body.len();
        if self.body.is_empty() {
            self.body.reserve_exact(self.announced.max(chunk.len()).min(MAX_RECORDED_BODY));
        }
        if chunk.len() > room || self.hash.is_some() {
            // Until now, the beginning is all that was received.
            self.hash.get_or_insert_with(|| Sha256::new_with_prefix(&self.body)).update(chunk);
        }
        self.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        self.state.requests.update(self.number, |request| request.body_length = self.length);
    }
}

impl Drop for BodyRecorder {
    fn drop(&mut self) {
        if self.length == 0 {
            return;
        }
        let looks_like_json = || matches!(self.body.trim_ascii_start().first(), Some(b'{' | b'['));
        let body = if self.is_json || looks_like_json() { redact_json(&self.body) } else { mem::take(&mut self.body) };
        let mut body = self.secrets.redact(body, self.hash.is_some());
        body.shrink_to_fit();
        let hash = self.hash.take().map(|hash| HEXLOWER.encode(&hash.finalize()));
        self.state.requests.update(self.number, |request| {
            request.body = body;
            request.body_sha256 = hash;
        });
    }
}
