//! The underlying HTTP clients, and the settings that a caller cannot change.

use reqwest::redirect;

use crate::{Error, Result, config::Timeouts, origin::BaseUrl};

/// Maximum number of redirects that an anonymous download follows.
const MAX_REDIRECTS: usize = 5;

/// The caller's configuration of the HTTP client.
pub(crate) type Configure = dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync;

/// Builds a client that never follows a redirect. Only such a client is given the key.
pub(crate) fn build(base: &BaseUrl, timeouts: &Timeouts, configure: &Configure) -> Result<reqwest::Client> {
    build_with(base, timeouts, configure, redirect::Policy::none())
}

/// Builds a client for other origins. It has no key, and follows a few redirects to URLs that may be fetched.
pub(crate) fn build_anonymous(base: &BaseUrl, timeouts: &Timeouts, configure: &Configure) -> Result<reqwest::Client> {
    build_with(base, timeouts, configure, anonymous_redirects(base.clone()))
}

/// Builds a client from the caller's configuration, then applies what the caller cannot change.
fn build_with(
    base: &BaseUrl,
    timeouts: &Timeouts,
    configure: &Configure,
    redirects: redirect::Policy,
) -> Result<reqwest::Client> {
    install_crypto();
    let mut builder = reqwest::Client::builder().user_agent(concat!("pruna-rust/", env!("CARGO_PKG_VERSION")));
    if base.is_loopback() {
        // A proxy from the environment must not be used for a service on this machine.
        builder = builder.no_proxy();
    }
    // Applied last, so that no configuration can undo it: redirects as decided here, no retries but those of `retry`, no
    // logging of what goes over a connection.
    let builder = configure(builder)
        .redirect(redirects)
        .retry(reqwest::retry::never())
        .referer(false)
        .connection_verbose(false)
        .connect_timeout(timeouts.connect);
    builder.build().map_err(|e| Error::configuration(format!("the HTTP client cannot be built: {e}")).with_source(e))
}

fn anonymous_redirects(base: BaseUrl) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error("too many redirects")
        } else if base.may_fetch(attempt.url()) {
            attempt.follow()
        } else {
            attempt.error("redirected to an address that is not https")
        }
    })
}

/// Installs the crypto provider of rustls, unless the program has chosen one.
fn install_crypto() {
    #[cfg(feature = "rustls")]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails if another thread installed one meanwhile, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
