//! Redaction of errors: secrets that the service repeats, and texts of unreasonable length.

use super::{Error, body};

/// Maximum length of a message in bytes: the service may return a long list of faults.
const MAX_MESSAGE: usize = 1000;
/// Maximum length of a parameter name or a request id in bytes.
const MAX_NAME: usize = 200;

impl Error {
    /// Replaces secrets in every text that the service may have written.
    pub(crate) fn redact(mut self, secrets: &[String]) -> Self {
        self.texts().into_iter().flatten().for_each(|(text, _)| redact_text(text, secrets));
        self
    }

    /// Replaces secrets, then cuts texts to size. A secret that is cut in two would not be found, so this comes last, where
    /// all secrets are known.
    pub(crate) fn redact_and_cut(self, secrets: &[String]) -> Self {
        let mut error = self.redact(secrets);
        error.texts().into_iter().flatten().for_each(|(text, max)| cut(text, max));
        error
    }

    /// Returns every text that the service may have written, with its maximum length.
    fn texts(&mut self) -> [Option<(&mut String, usize)>; 4] {
        let inner = &mut *self.inner;
        [
            Some((&mut inner.message, MAX_MESSAGE)),
            inner.body.as_mut().map(|body| (body, body::MAX_BODY)),
            inner.field.as_mut().map(|field| (field, MAX_NAME)),
            inner.request_id.as_mut().map(|id| (id, MAX_NAME)),
        ]
    }
}

/// Replaces secrets, both verbatim and as JSON escapes them.
fn redact_text(text: &mut String, secrets: &[String]) {
    let mut secrets: Vec<&String> = secrets.iter().filter(|secret| !secret.is_empty()).collect();
    // The longest first: one secret may begin with another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets {
        let quoted = serde_json::Value::from(secret.as_str()).to_string();
        for form in [secret.as_str(), &quoted[1..quoted.len() - 1]] {
            if text.contains(form) {
                *text = text.replace(form, "[secret]");
            }
        }
    }
}

/// Cuts a text to a number of bytes, between characters.
fn cut(text: &mut String, max: usize) {
    if text.len() > max {
        let end = (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_secret_is_found_before_the_text_is_cut() {
        let secrets = ["pru_\"secret\"".to_owned(), String::new()];
        for (text, most) in [
            ("x pru_\"secret\" y", "x [secret] y"),
            (r#"{"key":"pru_\"secret\""}"#, r#"{"key":"[secret]"}"#),
            ("nothing", "nothing"),
        ] {
            let error =
                Error::new(ErrorKind::Decode, text).with_body(Some(text.into())).with_request_id(Some(text.into()));
            let error = error.with_field(Some(text.into())).redact_and_cut(&secrets);
            assert_eq!((error.message(), error.body()), (most, Some(most)));
            assert_eq!((error.field(), error.request_id()), (Some(most), Some(most)));
        }
        // The end of the secret lies beyond what is kept.
        let body = format!("{}{}", "x".repeat(body::MAX_BODY - 5), secrets[0]);
        let error = Error::new(ErrorKind::Decode, "").with_body(Some(body)).redact_and_cut(&secrets);
        assert!(!error.body().unwrap().contains("pru"));
    }

    #[test]
    fn a_secret_that_begins_with_another_is_replaced_as_a_whole() {
        let secrets = ["pru_1".to_owned(), "pru_12".to_owned()];
        let error = Error::new(ErrorKind::Decode, "pru_12 and pru_1").redact(&secrets);
        assert_eq!(error.message(), "[secret] and [secret]");
    }

    #[test]
    fn a_long_message_is_cut() {
        let long = Error::new(ErrorKind::InvalidInput, "é".repeat(100_000)).redact_and_cut(&[]);
        assert!(long.to_string().len() <= 1100);
    }
}
