//! The formats of error bodies: the documented envelope, the gateway's message, the backend's validation, plain text.

use serde_json::Value;

use super::{Error, ErrorKind};

/// Maximum length of the body in an error, in bytes.
pub(super) const MAX_BODY: usize = 4 * 1024;

/// The content of an error body of any format.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) message: String,
    pub(crate) field: Option<String>,
    pub(crate) request_id: Option<String>,
}

impl ErrorBody {
    /// Parses a body of any format; never fails.
    pub(crate) fn parse(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) if value.is_object() => Self::from_json(&value),
            _ => Self { message: plain_text(body), ..Self::default() },
        }
    }

    fn from_json(value: &Value) -> Self {
        let error = &value["error"];
        let first_invalid = &value["invalid_fields"][0];
        let candidates = [&error["message"], error, &value["message"], &value["title"], &value["detail"]];
        let mut message = candidates.iter().find_map(|text| text.as_str()).unwrap_or_default().trim().to_owned();
        for detail in [&error["details"], &value["detail"]] {
            if let Some(detail) = detail.as_str().map(str::trim).filter(|d| !d.is_empty() && !message.contains(d)) {
                message = if message.is_empty() { detail.to_owned() } else { format!("{message}: {detail}") };
            }
        }
        let field = first_invalid["field"].as_str().map(without_input).or_else(|| field_in_message(&message));
        Self { message, field, request_id: value["request_id"].as_str().map(str::to_owned) }
    }
}

/// The service names parameters `input.seed`; callers know them as `seed`.
fn without_input(field: &str) -> String {
    field.strip_prefix("input.").unwrap_or(field).to_owned()
}

/// Finds the parameter that a message of the gateway or the backend names.
fn field_in_message(message: &str) -> Option<String> {
    let word = |text: &str| {
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || "_-.[]".contains(*c)).collect();
        (!name.is_empty()).then(|| without_input(name.trim_end_matches('.')))
    };
    if let Some((_, rest)) = message.split_once("additional properties forbidden, found ") {
        return word(rest);
    }
    // The innermost property is the one at fault: "property input validation failed: property seed ...".
    if let Some((_, rest)) = message.rsplit_once("property ") {
        return word(rest);
    }
    if let Some((_, rest)) = message.split_once("Field '") {
        return word(rest);
    }
    // The backend lists one fault per line: "- input.seed: ...".
    let (_, rest) = message.split_once("- input.")?;
    word(rest)
}

/// Returns the text of a body that is not JSON, without HTML tags.
fn plain_text(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut plain = String::new();
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            c => plain.push(c),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    without_repetition(&words).join(" ")
}

/// Removes the title of a page that its heading repeats.
fn without_repetition<'a, 'b>(words: &'a [&'b str]) -> &'a [&'b str] {
    let half = words.len() / 2;
    // A single word counts only if nothing else follows: it may be doubled in a sentence.
    let is_title = |n: usize| words[..n] == words[n..2 * n] && (n > 1 || words.len() == 2);
    (1..=half).rev().find(|n| is_title(*n)).map_or(words, |n| &words[n..])
}

/// Returns the whole body as text; [`Error::redact_and_cut`] shortens it after redaction.
pub(crate) fn text(body: &[u8]) -> Option<String> {
    (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned())
}

/// Builds the error for a response with this status and body.
pub(crate) fn error_for_response(status: u16, body: &[u8]) -> Error {
    let parsed = ErrorBody::parse(body);
    let kind = kind_of(status, &parsed);
    let message = if parsed.message.is_empty() { format!("HTTP {status} without a message") } else { parsed.message };
    let advice = match kind {
        ErrorKind::Expired => "; generate or upload it again",
        ErrorKind::TooLarge => "; send a smaller file",
        _ => "",
    };
    Error::new(kind, message + advice)
        .with_status(status)
        .with_body(text(body))
        .with_field(parsed.field)
        .with_request_id(parsed.request_id)
}

fn kind_of(status: u16, body: &ErrorBody) -> ErrorKind {
    let message = body.message.to_lowercase();
    let says = |part: &str| message.contains(part);
    let no_model = says_unknown_model(&message);
    match status {
        300..=399 => ErrorKind::Redirected,
        402 => ErrorKind::InsufficientCredit,
        401 => ErrorKind::Unauthorized,
        403 if says("credit") => ErrorKind::InsufficientCredit,
        403 => ErrorKind::Unauthorized,
        404 if no_model => ErrorKind::UnknownModel,
        404 => ErrorKind::NotFound,
        410 => ErrorKind::Expired,
        413 => ErrorKind::TooLarge,
        429 => ErrorKind::RateLimited,
        400 | 422 if no_model => ErrorKind::UnknownModel,
        408 | 409 | 421 | 425 | 499 | 500..=599 => ErrorKind::ServiceUnavailable,
        400..=498 => ErrorKind::InvalidInput,
        _ => ErrorKind::Decode,
    }
}

/// Whether a lowercase message says that there is no such model. The gateway routes by the `Model` header and lists the
/// models it knows; the backend calls a model that is switched off a disabled deployment. Another mention of a model, as in
/// "the model could not load the image", does not count.
fn says_unknown_model(message: &str) -> bool {
    let says = |part: &str| message.contains(part);
    let refused = ["unknown", "not found", "not exist", "not supported", "not available", "invalid model", "no such"];
    says("deployment disabled")
        || says("deployment is currently disabled")
        || says("model header")
        || says("available models")
        || (says("model") && refused.iter().any(|part| says(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_of_error_body_is_understood() {
        for (status, body, kind, field) in [
            (
                400,
                r#"{"error":{"code":"VALIDATION_ERROR","message":"Invalid request parameters","details":"Field 'steps' is required"},"request_id":"req_1"}"#,
                ErrorKind::InvalidInput,
                Some("steps"),
            ),
            (
                400,
                r#"{"message":"property input validation failed: additional properties forbidden, found colour"}"#,
                ErrorKind::InvalidInput,
                Some("colour"),
            ),
            (400, r#"{"message":"property input is required"}"#, ErrorKind::InvalidInput, Some("input")),
            (400, r#"{"message":"specified Content-Type is not allowed"}"#, ErrorKind::InvalidInput, None),
            (
                422,
                r#"{"title":"Input validation failed","detail":"- input.seed: wrong\n","status":422,"invalid_fields":[{"type":"invalid_type","field":"input.seed","description":"wrong"}]}"#,
                ErrorKind::InvalidInput,
                Some("seed"),
            ),
            (
                422,
                r#"{"title":"Deployment disabled","detail":"This deployment is currently disabled: x","status":422}"#,
                ErrorKind::UnknownModel,
                None,
            ),
            (
                400,
                r#"{"message":"Unknown model in Model header. Available models: a, b"}"#,
                ErrorKind::UnknownModel,
                None,
            ),
            (400, r#"{"message":"The model could not read the image"}"#, ErrorKind::InvalidInput, None),
            (
                400,
                r#"{"message":"property input validation failed: property size validation failed: matches none of the enum values"}"#,
                ErrorKind::InvalidInput,
                Some("size"),
            ),
            (
                422,
                r#"{"title":"Input validation failed","detail":"- input.images[1]: wrong\n"}"#,
                ErrorKind::InvalidInput,
                Some("images[1]"),
            ),
            (402, "", ErrorKind::InsufficientCredit, None),
            (403, r#"{"message":"You cannot consume this service"}"#, ErrorKind::Unauthorized, None),
            (401, r#"{"error":"Invalid API key"}"#, ErrorKind::Unauthorized, None),
            (403, "Forbidden: no more credit available", ErrorKind::InsufficientCredit, None),
            (404, r#"{"message":"no Route matched with those values"}"#, ErrorKind::NotFound, None),
            (410, r#"{"error":{"code":"CONTENT_EXPIRED","message":"Content expired"}}"#, ErrorKind::Expired, None),
            (413, r#"{"error":{"code":"FILE_TOO_LARGE","message":"too large"}}"#, ErrorKind::TooLarge, None),
            (429, r#"{"message":"API rate limit exceeded"}"#, ErrorKind::RateLimited, None),
            (504, "<html><body><h1>504 Gateway Time-out</h1></body></html>", ErrorKind::ServiceUnavailable, None),
            (302, "", ErrorKind::Redirected, None),
        ] {
            let error = error_for_response(status, body.as_bytes());
            assert_eq!((error.kind(), error.field()), (kind, field), "{body}");
            assert!(!error.to_string().contains('\n') && !error.to_string().contains('<'), "{error}");
        }
    }

    #[test]
    fn a_page_says_everything_once() {
        let nginx = "<html><head><title>503 Service Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service \
            Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n</body></html>";
        for (page, expected) in [
            (nginx, "503 Service Unavailable nginx"),
            ("<title>503 Service Unavailable</title><h1>503 Service Unavailable</h1>", "503 Service Unavailable"),
            ("<title>Forbidden</title><h1>Forbidden</h1>", "Forbidden"),
            ("<p>no no, that that is it</p>", "no no, that that is it"),
            ("no healthy upstream", "no healthy upstream"),
            ("<br>", "HTTP 503 without a message"),
        ] {
            let error = error_for_response(503, page.as_bytes());
            assert_eq!(error.message(), expected);
            assert_eq!(error.to_string(), format!("the service is unavailable: {expected} (HTTP 503)"));
        }
    }

    #[test]
    fn expired_and_too_large_content_come_with_advice() {
        for (status, body, expected) in [
            (410, "Gone", "the content has expired: Gone; generate or upload it again (HTTP 410)"),
            (413, "Too much", "too large: Too much; send a smaller file (HTTP 413)"),
            (413, "", "too large: HTTP 413 without a message; send a smaller file (HTTP 413)"),
        ] {
            assert_eq!(error_for_response(status, body.as_bytes()).to_string(), expected);
        }
    }

    #[test]
    fn the_request_id_and_the_raw_body_are_kept() {
        let error = error_for_response(500, br#"{"error":{"message":"oops"},"request_id":"req_7"}"#);
        assert_eq!(error.request_id(), Some("req_7"));
        assert!(error.body().unwrap().contains("oops"));
        assert_eq!(error_for_response(500, &[b'x'; 10_000]).redact_and_cut(&[]).body().unwrap().len(), 4096);
    }
}
