//! What is not shown of an error: secrets that the service repeats, and more than anybody reads.

use super::{Error, body};

/// Most bytes of a message: the service may write a whole list of faults.
const LONGEST_MESSAGE: usize = 1000;
/// Most bytes of a parameter's name or a request id.
const LONGEST_NAME: usize = 200;

impl Error {
    /// Takes out what must not be shown, wherever the service has repeated it.
    pub(crate) fn hiding(mut self, secrets: &[String]) -> Self {
        self.texts().into_iter().flatten().for_each(|(text, _)| hide(text, secrets));
        self
    }

    /// Takes out what must not be shown, and only then cuts to size: a secret that is cut in two would not be found. So this
    /// comes last, where all secrets are known.
    pub(crate) fn scrubbed(self, secrets: &[String]) -> Self {
        let mut error = self.hiding(secrets);
        error.texts().into_iter().flatten().for_each(|(text, most)| cut(text, most));
        error
    }

    /// Every text that the service may have written, with the most that is kept of it.
    fn texts(&mut self) -> [Option<(&mut String, usize)>; 4] {
        let inner = &mut *self.0;
        [
            Some((&mut inner.message, LONGEST_MESSAGE)),
            inner.body.as_mut().map(|body| (body, body::KEPT)),
            inner.field.as_mut().map(|field| (field, LONGEST_NAME)),
            inner.request_id.as_mut().map(|id| (id, LONGEST_NAME)),
        ]
    }
}

/// Replaces secrets, as they are and as JSON writes them.
fn hide(text: &mut String, secrets: &[String]) {
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let quoted = serde_json::Value::from(secret.as_str()).to_string();
        for form in [secret.as_str(), &quoted[1..quoted.len() - 1]] {
            if text.contains(form) {
                *text = text.replace(form, "[secret]");
            }
        }
    }
}

/// Cuts a text to so many bytes, not within a character.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
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
            let error = error.with_field(Some(text.into())).scrubbed(&secrets);
            assert_eq!((error.message(), error.body()), (most, Some(most)));
            assert_eq!((error.field(), error.request_id()), (Some(most), Some(most)));
        }
        // The end of the secret lies beyond what is kept.
        let body = format!("{}{}", "x".repeat(body::KEPT - 5), secrets[0]);
        let error = Error::new(ErrorKind::Decode, "").with_body(Some(body)).scrubbed(&secrets);
        assert!(!error.body().unwrap().contains("pru"));
    }

    #[test]
    fn a_long_message_is_cut() {
        let long = Error::new(ErrorKind::InvalidInput, "é".repeat(100_000)).scrubbed(&[]);
        assert!(long.to_string().len() <= 1100);
    }
}
