//! The HTTP clients underneath: what a caller may configure, and what it may not.

use reqwest::{header::HeaderValue, redirect};

use super::Timeouts;
use crate::{Error, origin::Base};

/// How many redirects a keyless download follows.
const MOST_REDIRECTS: usize = 5;

/// Changes the configuration of the HTTP client before ours is laid over it.
pub(crate) type Configure = dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync;

/// The key as a header that is never printed.
pub(super) fn key_header(key: &str) -> Result<HeaderValue, Error> {
    if key.is_empty() {
        return Err(Error::configuration("the API key is empty; set PRUNA_API_KEY or give it to the builder"));
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::configuration(
            "the API key holds a blank, a line break or another character that no key has; copy it again",
        ));
    }
    let mut header = HeaderValue::from_str(key).map_err(|_| Error::configuration("the API key cannot be sent"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// A client with the caller's configuration under ours.
pub(super) fn build(
    base: &Base,
    timeouts: &Timeouts,
    configure: &Configure,
    redirects: redirect::Policy,
) -> Result<reqwest::Client, Error> {
    install_crypto();
    let mut builder = reqwest::Client::builder().user_agent(concat!("pruna-rust/", env!("CARGO_PKG_VERSION")));
    if base.is_loopback() {
        // A proxy of the environment is not meant for a service on this machine.
        builder = builder.no_proxy();
    }
    // What keeps the key safe, and a submission single, comes last and cannot be configured away. Redirects are followed
    // as said here, requests are sent again by nobody but `retry`, connections are not logged with what goes over them.
    let builder = configure(builder)
        .redirect(redirects)
        .retry(reqwest::retry::never())
        .referer(false)
        .connection_verbose(false)
        .connect_timeout(timeouts.connect);
    builder.build().map_err(|e| Error::configuration(format!("the HTTP client cannot be built: {e}")).with_source(e))
}

/// Without a key redirects may be followed, a few, and never to an address that may not be fetched.
pub(super) fn keyless_redirects(base: Base) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > MOST_REDIRECTS {
            attempt.error("too many redirects")
        } else if base.may_fetch(attempt.url()) {
            attempt.follow()
        } else {
            attempt.error("redirected to an address that is not https")
        }
    })
}

/// Gives rustls its crypto provider, unless the program has chosen one.
fn install_crypto() {
    #[cfg(feature = "rustls")]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that somebody else was quicker, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
