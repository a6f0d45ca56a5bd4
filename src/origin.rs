//! The origin of the service: the only one that receives the key.

use std::sync::Arc;

use reqwest::Url;

use crate::{Error, error::ErrorKind};

/// Whether this build can speak https.
const HAS_TLS: bool = cfg!(any(feature = "rustls", feature = "native-tls"));

/// The validated base URL of the service. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Arc<Url>,
}

impl BaseUrl {
    /// Parses an absolute https URL, or http on a loopback address.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_with(text, false)
    }

    /// Parses like [`parse`](Self::parse); `allow_http` admits http to any host.
    pub(crate) fn parse_with(text: &str, allow_http: bool) -> Result<Self, Error> {
        Self::parse_for(text, allow_http, HAS_TLS)
    }

    fn parse_for(text: &str, allow_http: bool, has_tls: bool) -> Result<Self, Error> {
        // The text may contain the key, so no error repeats it.
        let url = Url::parse(text.trim_end_matches('/'))
            .ok()
            .filter(Url::has_host)
            .ok_or_else(|| Error::configuration("the base URL is not an absolute URL such as https://api.pruna.ai"))?;
        if has_userinfo(&url) {
            return Err(Error::configuration(
                "the base URL contains a user name or a password; pass the key as api_key",
            ));
        }
        let host = url.host_str().unwrap_or_default();
        let refuse = |why: &str| Error::configuration(format!("the base URL at {host} {why}"));
        match url.scheme() {
            "https" if has_tls => {}
            "https" => return Err(refuse("needs TLS; enable the feature `rustls` or `native-tls`")),
            "http" if allow_http || is_loopback(&url) => {}
            "http" => {
                return Err(refuse(
                    "would expose the key; use https (http is accepted on loopback, or with allow_http)",
                ));
            }
            scheme => return Err(refuse(&format!("has the scheme {scheme}; use https"))),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("must have no query and no fragment"));
        }
        Ok(Self { url: Arc::new(url) })
    }

    /// Returns the URL without a trailing slash.
    pub(crate) fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Whether the service runs on this machine, like the emulator.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Whether a URL has the scheme, host and port of the service. Only such a URL receives the key.
    pub(crate) fn is_same_origin(&self, url: &Url) -> bool {
        url.scheme() == self.url.scheme()
            && url.host() == self.url.host()
            && url.port_or_known_default() == self.url.port_or_known_default()
            && !has_userinfo(url)
    }

    /// Makes a URL from the service absolute, with the path prefix of the base URL.
    pub(crate) fn resolve(&self, address: &str) -> Result<Url, Error> {
        let prefix = self.url.path().trim_end_matches('/');
        let rooted = address.starts_with('/') && !address.starts_with("//");
        let resolved = if rooted && !prefix.is_empty() && !address.starts_with(&format!("{prefix}/")) {
            self.url.join(&format!("{prefix}{address}"))
        } else {
            self.url.join(address)
        };
        let unusable =
            |e| Error::new(ErrorKind::Decode, format!("the service returned the invalid URL {address:?}: {e}"));
        let url = resolved.map_err(unusable)?;
        if has_userinfo(&url) {
            return Err(Error::new(
                ErrorKind::Decode,
                "the service returned an address with a user name or a password",
            ));
        }
        Ok(url)
    }

    /// Makes a URL from the service absolute, like [`resolve`](Self::resolve), as text.
    pub(crate) fn resolve_to_text(&self, address: &str) -> Result<String, Error> {
        self.join_plain(address).map_or_else(|| self.resolve(address).map(String::from), Ok)
    }

    /// Makes a URL absolute without parsing it, if parsing would not change it: one of this origin with a plain path.
    fn join_plain(&self, address: &str) -> Option<String> {
        let origin = self.url.as_str().strip_suffix(self.url.path())?;
        if let Some(path) = address.strip_prefix(origin) {
            return is_plain_path(path).then(|| address.to_owned());
        }
        if !is_plain_path(address) || address.starts_with("//") {
            return None;
        }
        let prefix = self.url.path().trim_end_matches('/');
        let has_prefix = address.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
        Some([origin, if has_prefix { "" } else { prefix }, address].concat())
    }

    /// Whether a URL of another origin may be fetched: https, or http if both are loopback.
    pub(crate) fn may_fetch(&self, url: &Url) -> bool {
        !has_userinfo(url)
            && (url.scheme() == "https" || (url.scheme() == "http" && self.is_loopback() && is_loopback(url)))
    }
}

/// Whether a path is absolute and stays as it is when it is parsed: nothing to escape, to unescape or to shorten.
fn is_plain_path(path: &str) -> bool {
    let mut previous = 0;
    path.starts_with('/')
        && path.bytes().all(|byte| {
            // A segment that begins with a dot could be `.` or `..`.
            let is_plain = match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'~' => true,
                b'.' => previous != b'/',
                _ => false,
            };
            previous = byte;
            is_plain
        })
}

fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_https_or_on_loopback() {
        for (base, accepted) in [
            ("https://api.pruna.ai", HAS_TLS),
            ("https://gateway.example/pruna/", HAS_TLS),
            ("http://127.0.0.1:8080", true),
            ("http://localhost:8080", true),
            ("http://[::1]:8080", true),
            ("http://api.pruna.ai", false),
            ("http://localhost.example", false),
            ("http://127.0.0.1.example", false),
            ("api.pruna.ai", false),
            ("ftp://api.pruna.ai", false),
            ("https://key@api.pruna.ai", false),
            ("https://api.pruna.ai?apikey=x", false),
            ("", false),
        ] {
            assert_eq!(BaseUrl::parse(base).is_ok(), accepted, "{base}");
        }
    }

    #[test]
    fn http_beyond_loopback_is_allowed_by_name() {
        assert!(BaseUrl::parse("http://emulator:8080").is_err());
        let base = BaseUrl::parse_with("http://emulator:8080", true).unwrap();
        assert!(base.is_same_origin(&base.resolve("/v1/files/a").unwrap()));
        assert!(!base.may_fetch(&"http://elsewhere/a.jpg".parse().unwrap()), "only the service itself");
        assert!(BaseUrl::parse_with("ftp://emulator", true).is_err());
    }

    #[test]
    fn a_usual_address_of_the_service_is_made_absolute_without_parsing() {
        let base = BaseUrl::parse("http://127.0.0.1:8080/prefix").unwrap();
        for (address, expected) in [
            ("/v1/a-b_c/d.jpg", Some("http://127.0.0.1:8080/prefix/v1/a-b_c/d.jpg")),
            ("/prefix/v1/a", Some("http://127.0.0.1:8080/prefix/v1/a")),
            ("/prefixed", Some("http://127.0.0.1:8080/prefix/prefixed")),
            ("http://127.0.0.1:8080/v1/a", Some("http://127.0.0.1:8080/v1/a")),
            ("http://127.0.0.1:80801/v1/a", None),
            ("http://127.0.0.1:8080@evil/v1/a", None),
            ("//evil/v1/a", None),
            ("/v1/../a", None),
            ("/v1/a?b=%20", None),
            ("v1/a", None),
        ] {
            assert_eq!(base.join_plain(address).as_deref(), expected, "{address}");
            let parsed = base.resolve(address).ok().map(String::from);
            assert!(expected.is_none_or(|expected| parsed.as_deref() == Some(expected)), "{address}: {parsed:?}");
            assert_eq!(base.resolve_to_text(address).ok(), parsed, "{address}");
        }
    }

    #[test]
    fn without_tls_https_is_rejected_with_the_features_that_bring_it() {
        let error = BaseUrl::parse_for("https://api.pruna.ai", true, false).unwrap_err();
        assert!(error.is_configuration() && error.message().contains("enable the feature `rustls`"), "{error}");
        for base in ["http://127.0.0.1:8080", "http://[::1]:8080"] {
            assert!(BaseUrl::parse_for(base, false, false).is_ok(), "{base}");
        }
    }

    #[test]
    fn a_misplaced_key_is_not_repeated() {
        for base in [
            "pru_canary",
            "https://pru_canary@h",
            "https://h?apikey=pru_canary",
            "http://h/#pru_canary",
            "ftp://h/pru_canary",
        ] {
            let error = BaseUrl::parse(base).unwrap_err();
            assert!(error.is_configuration() && !format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    #[test]
    fn the_origin_is_scheme_host_and_port() {
        let base = BaseUrl::parse("https://api.pruna.ai").unwrap();
        for (address, same) in [
            ("https://api.pruna.ai/v1/x", true),
            ("https://API.PRUNA.AI:443/v1/x", true),
            ("/v1/x", true),
            ("v1/x", true),
            ("//evil.example/v1/x", false),
            ("http://api.pruna.ai/v1/x", false),
            ("https://api.pruna.ai:8443/v1/x", false),
            ("https://cdn.api.pruna.ai/v1/x", false),
            ("https://api.pruna.ai./v1/x", false),
            ("https://api.pruna.ai.evil.example/", false),
            ("https://аpi.pruna.ai/", false),
            ("\\\\evil.example\\x", false),
        ] {
            let url = base.resolve(address).unwrap();
            assert_eq!(base.is_same_origin(&url), same, "{address} -> {url}");
        }
        assert!(base.resolve("https://api.pruna.ai@evil.example/").is_err());
    }

    #[test]
    fn the_path_prefix_is_kept() {
        let base = BaseUrl::parse("https://gateway.example/pruna").unwrap();
        for (address, expected) in [
            ("/v1/predictions/delivery/a.jpg", "https://gateway.example/pruna/v1/predictions/delivery/a.jpg"),
            ("/pruna/v1/a.jpg", "https://gateway.example/pruna/v1/a.jpg"),
            ("https://gateway.example/v1/a.jpg", "https://gateway.example/v1/a.jpg"),
        ] {
            assert_eq!(base.resolve(address).unwrap().as_str(), expected);
        }
    }
}
