//! The API key, and the origin that receives it.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use reqwest::header::HeaderValue;

#[cfg(feature = "test-util")]
use crate::queued_responses::QueuedResponses;
use crate::{Error, Model, Result, limits::Limiter, origin::BaseUrl};

/// Number of replaced keys that are still redacted: responses in progress may repeat them.
const MAX_OLD_KEYS: usize = 16;

/// The API key of a client. It can be replaced while requests run.
pub(crate) struct ApiKey {
    state: RwLock<KeyState>,
}

struct KeyState {
    header: HeaderValue,
    /// The current key last.
    keys: Vec<String>,
}

impl ApiKey {
    pub(crate) fn new(key: &str) -> Result<Self> {
        Ok(Self { state: RwLock::new(KeyState { header: key_header(key)?, keys: vec![key.to_owned()] }) })
    }

    /// Uses another key from now on.
    pub(crate) fn replace(&self, key: &str) -> Result<()> {
        let header = key_header(key)?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.header = header;
        state.keys.retain(|old| old != key);
        state.keys.push(key.to_owned());
        let surplus = state.keys.len().saturating_sub(MAX_OLD_KEYS + 1);
        state.keys.drain(..surplus);
        Ok(())
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.state.read().unwrap_or_else(PoisonError::into_inner).header.clone()
    }

    /// Returns every text that must not appear in an error.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).keys.clone()
    }

    /// Returns a name for the key at a service from which neither can be derived.
    pub(crate) fn account(&self, base: &BaseUrl) -> String {
        use crate::digest::{Sha256, hex};
        let mut hash = Sha256::new();
        hash.update(format!("{} {}", self.secrets().pop().unwrap_or_default(), base.as_str()));
        hex(&hash.finish()[..8])
    }
}

/// Returns the key as a header value that is never printed.
fn key_header(key: &str) -> Result<HeaderValue> {
    if key.is_empty() {
        return Err(Error::configuration("the API key is empty; set PRUNA_API_KEY or pass it to the builder"));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::configuration(
            "the API key contains a space, a line break or another character that no key has; copy it again",
        ));
    }
    let mut header =
        HeaderValue::from_str(key).map_err(|_| Error::configuration("the API key is not a valid header value"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// The key and the origin that receives it; part of every [`raw::Client`](crate::raw::Client).
#[derive(Clone)]
pub struct Auth {
    pub(crate) key: Arc<ApiKey>,
    pub(crate) base: BaseUrl,
    pub(crate) timeout: Option<Duration>,
    /// The model of a submission.
    pub(crate) model: Option<Model>,
    pub(crate) limits: Arc<Limiter>,
    #[cfg(feature = "test-util")]
    pub(crate) queued: Option<QueuedResponses>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("base_url", &self.base.as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_key_is_still_redacted() {
        let key = ApiKey::new("pru_1").unwrap();
        for next in ["pru_2", "pru_1", "pru_3"] {
            key.replace(next).unwrap();
            assert_eq!(key.header(), next);
        }
        assert_eq!(key.secrets(), ["pru_2", "pru_1", "pru_3"]);
        for n in 0..100 {
            key.replace(&format!("pru_{n}")).unwrap();
        }
        assert_eq!(key.secrets().len(), MAX_OLD_KEYS + 1);
    }

    #[test]
    fn an_unusable_key_changes_nothing() {
        let key = ApiKey::new("pru_1").unwrap();
        for unusable in ["", "pru 2", "pru_2\n", "prü"] {
            assert!(key.replace(unusable).unwrap_err().is_configuration());
        }
        assert_eq!(key.header(), "pru_1");
    }
}
