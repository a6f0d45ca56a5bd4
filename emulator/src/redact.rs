//! Secrets in what is recorded: a short hash takes the place of each.

use std::borrow::Cow;
use std::ops::Range;

use data_encoding::HEXLOWER;
use memchr::memmem;
use sha2::{Digest, Sha256};

/// Parts of a name that suggest a secret, in lower case without separators.
const SECRET_NAMES: [&str; 9] =
    ["token", "secret", "password", "passwd", "apikey", "accesskey", "credential", "authorization", "cookie"];
/// Minimum length of a secret that is searched for in other text: shorter ones occur by chance.
const MIN_SEARCHED: usize = 8;
/// Minimum length of the beginning of a secret that is removed from the end of a text.
const MIN_CUT: usize = 4;

/// Returns the text that takes the place of a secret in recorded requests: `sha256:` and 12 hexadecimal digits.
///
/// The same secret always has the same hash, also in other processes. Use it to tell keys apart, or
/// [`RecordedRequest::has_key`](crate::RecordedRequest::has_key) to compare one.
///
/// ```
/// assert_eq!(pruna_emulator::secret_hash("pru_emulator"), "sha256:8a523aab69c8");
/// ```
pub fn secret_hash(secret: impl AsRef<[u8]>) -> String {
    format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(secret)[..6]))
}

/// Whether a name of a header, parameter or field suggests a secret. In doubt, it does.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// The secrets of one request that may also occur elsewhere in it.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    values: Vec<Vec<u8>>,
}

impl Secrets {
    /// Adds a secret, unless it is too short to be searched for.
    pub(crate) fn add(&mut self, secret: &[u8]) {
        if secret.len() >= MIN_SEARCHED && !self.values.iter().any(|known| known == secret) {
            self.values.push(secret.to_owned());
        }
    }

    /// Replaces the secrets in bytes. With `is_cut`, the beginning of a secret at the end is removed.
    pub(crate) fn redact(&self, bytes: Vec<u8>, is_cut: bool) -> Vec<u8> {
        self.values.iter().fold(bytes, |bytes, secret| {
            let mut bytes = replace(bytes, secret, secret_hash(secret).as_bytes());
            let cut = (MIN_CUT..secret.len()).rev().find(|length| bytes.ends_with(&secret[..*length]));
            bytes.truncate(bytes.len() - cut.filter(|_| is_cut).unwrap_or_default());
            bytes
        })
    }

    /// Replaces the secrets in text.
    pub(crate) fn redact_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.redact(text.as_bytes().to_vec(), false)).into_owned()
    }

    /// Replaces the secrets in a query, and the values of parameters whose name suggests a secret.
    pub(crate) fn redact_query(&self, query: &str) -> String {
        let parameters = query.split('&').map(|parameter| {
            let Some((name, value)) = form_urlencoded::parse(parameter.as_bytes()).next() else {
                return Cow::Borrowed(parameter);
            };
            if value.is_empty() || !is_secret_name(&name) {
                return Cow::Borrowed(parameter);
            }
            let name = parameter.split('=').next().unwrap_or_default();
            Cow::Owned(format!("{name}={}", secret_hash(value.as_bytes())))
        });
        self.redact_text(&parameters.collect::<Vec<_>>().join("&"))
    }
}

fn replace(bytes: Vec<u8>, secret: &[u8], hash: &[u8]) -> Vec<u8> {
    let found: Vec<usize> = memmem::find_iter(&bytes, secret).collect();
    if found.is_empty() {
        return bytes;
    }
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut position = 0;
    for start in found {
        replaced.extend_from_slice(&bytes[position..start]);
        replaced.extend_from_slice(hash);
        position = start + secret.len();
    }
    replaced.extend_from_slice(&bytes[position..]);
    replaced
}

/// Replaces the strings in JSON that are, at any depth, under a name that suggests a secret.
///
/// Leaves all other bytes as they are. The JSON may be cut off or invalid.
pub(crate) fn redact_json(json: &[u8]) -> Vec<u8> {
    let mut redacted = Vec::with_capacity(json.len());
    let (mut position, mut depth) = (0, 0_usize);
    // Whether the next value has a secret's name, and at what depth the arrays and objects of such a name began.
    let (mut is_next, mut secret_depth) = (false, None);
    while let Some(byte) = json.get(position) {
        let token = token(json, position);
        let text = &json[token.clone()];
        position = token.end;
        match byte {
            b'"' if is_name(&json[position..]) => is_next = is_secret_name(&unescape(text)),
            b'"' if (is_next || secret_depth.is_some()) && text != b"\"\"" => {
                redacted.extend_from_slice(format!("\"{}\"", secret_hash(&*unescape(text))).as_bytes());
                is_next = false;
                continue;
            }
            b'{' | b'[' => {
                if is_next && secret_depth.is_none() {
                    secret_depth = Some(depth);
                }
                is_next = false;
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                secret_depth = secret_depth.filter(|began| *began < depth);
            }
            b',' => is_next = false,
            _ => {}
        }
        redacted.extend_from_slice(text);
    }
    redacted
}

/// Returns the token at `start`: a string, a bracket or comma, or all that comes before one of these.
fn token(json: &[u8], start: usize) -> Range<usize> {
    let is_structural = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b',');
    let rest = &json[start + 1..];
    match json[start] {
        b'"' => start..string_end(json, start + 1),
        byte if is_structural(&byte) => start..start + 1,
        _ => start..rest.iter().position(is_structural).map_or(json.len(), |length| start + 1 + length),
    }
}

/// Returns the end of a string whose first character is at `position`.
fn string_end(json: &[u8], mut position: usize) -> usize {
    while let Some(length) = json.get(position..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        position += length;
        if json[position] == b'"' {
            return position + 1;
        }
        position += 2;
    }
    json.len()
}

/// Whether a string that is followed by `rest` is a name.
fn is_name(rest: &[u8]) -> bool {
    rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

fn unescape(string: &[u8]) -> Cow<'_, str> {
    match serde_json::from_slice(string) {
        Ok(text) => Cow::Owned(text),
        Err(_) => String::from_utf8_lossy(string.strip_prefix(b"\"").unwrap_or(string)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        String::from_utf8(redact_json(text.as_bytes())).unwrap()
    }

    #[test]
    fn strings_under_a_secret_name_are_replaced_at_any_depth_and_in_any_spelling() {
        let hash = secret_hash("hf_canary");
        for name in ["hf_api_token", "hfToken", "HF-TOKEN", "Password", "apiKey", r"hf_api_t\u006fken"] {
            for secret in ["hf_canary", r"hf_c\u0061nary"] {
                let cases = [
                    (
                        format!(r#"{{"{name}" : "{secret}", "seed": 7}}"#),
                        format!(r#"{{"{name}" : "{hash}", "seed": 7}}"#),
                    ),
                    (format!(r#"{{"a":{{"{name}":"{secret}"}}}}"#), format!(r#"{{"a":{{"{name}":"{hash}"}}}}"#)),
                    (format!(r#"{{"{name}":[{{"x":"{secret}"}}]}}"#), format!(r#"{{"{name}":[{{"x":"{hash}"}}]}}"#)),
                ];
                for (text, expected) in cases {
                    assert_eq!(json(&text), expected);
                }
            }
        }
    }

    #[test]
    fn all_else_stays_as_it_is() {
        let cases = [
            r#"{"prompt": "my token: \"secret\"", "seed": -1.5e3}"#,
            r#"{"token": 7, "prompt": "x", "a": {"token": null}, "b": ["c"]}"#,
            r#"{"token": "", "prompt": "x"}"#,
            r#"{"token": {}, "prompt": "x"}"#,
            r#"[["token"], "token"]"#,
            "not JSON, }]\"",
            "",
        ];
        for text in cases {
            assert_eq!(json(text), text);
        }
    }

    #[test]
    fn a_secret_that_is_cut_off_is_replaced() {
        assert_eq!(json(r#"{"token": "abc"#), format!(r#"{{"token": "{}""#, secret_hash("abc")));
        assert_eq!(json(r#"{"token": "abc\"#), format!(r#"{{"token": "{}""#, secret_hash("abc\\")));
        let mut secrets = Secrets::default();
        secrets.add(b"pru_canary");
        let redact = |text: &str, is_cut| String::from_utf8(secrets.redact(text.into(), is_cut)).unwrap();
        assert_eq!((redact("x pru_can", true), redact("x pru_can", false)), ("x ".into(), "x pru_can".into()));
        assert_eq!(redact("x pru_canary", true), format!("x {}", secret_hash("pru_canary")));
    }

    #[test]
    fn known_secrets_are_replaced_wherever_they_occur() {
        let mut secrets = Secrets::default();
        secrets.add(b"pru_canary");
        secrets.add(b"short");
        let hash = secret_hash("pru_canary");
        assert_eq!(secrets.redact_text("/v1/pru_canary/short/pru_canary"), format!("/v1/{hash}/short/{hash}"));
        let cases = [
            ("apikey=pru_canary&a=1", format!("apikey={hash}&a=1")),
            ("a=1&API%2dKEY=pru%5Fcanary", format!("a=1&API%2dKEY={hash}")),
            ("q=pru_canary", format!("q={hash}")),
            ("page=2&&x", "page=2&&x".to_owned()),
        ];
        for (query, expected) in cases {
            assert_eq!(secrets.redact_query(query), expected);
        }
    }
}
