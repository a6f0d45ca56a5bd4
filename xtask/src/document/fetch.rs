//! Reading a document from a file or a URL.

use std::{fmt, fs::File, io::Read as _, net::IpAddr, path::PathBuf, time::Duration};

use super::error::DocumentError;

/// Maximum size of a document. P-API's has about 120 KB.
const MAX_BYTES: u64 = 32 << 20;

/// Maximum time for a download.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A file or a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A path on this machine.
    File(PathBuf),
    /// A URL: https, or http on this machine.
    Url(String),
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        if let Some(path) = text.strip_prefix("file://") {
            return Self::File(path.into());
        }
        if text.contains("://") { Self::Url(text.into()) } else { Self::File(text.into()) }
    }
}

/// As recorded in the lock file: only the name of a file, so that every machine writes the same text.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file {}", path.file_name().unwrap_or_default().to_string_lossy()),
            Self::Url(url) => f.write_str(url),
        }
    }
}

impl Source {
    pub(super) fn fetch(&self) -> Result<String, DocumentError> {
        match self {
            Self::File(path) => {
                let shown = path.display();
                let file = File::open(path).map_err(|e| DocumentError::new(format!("{shown}: {e}")))?;
                // One byte more, to recognize a file that is too large.
                let mut text = String::new();
                let read = file.take(MAX_BYTES + 1).read_to_string(&mut text);
                read.map_err(|e| DocumentError::new(format!("{shown}: {e}")))?;
                if text.len() as u64 > MAX_BYTES {
                    return Err(DocumentError::new(format!("{shown} has more than {MAX_BYTES} bytes")));
                }
                Ok(text)
            }
            Self::Url(url) => download(url),
        }
    }
}

fn download(url: &str) -> Result<String, DocumentError> {
    let failed = |e: ureq::Error| DocumentError::new(format!("{url}: {e}"));
    let uri: ureq::http::Uri = url.parse().map_err(|e| DocumentError::new(format!("{url}: {e}")))?;
    let secure = uri.scheme_str() == Some("https");
    let local = uri.scheme_str() == Some("http") && uri.host().is_some_and(is_loopback);
    if !secure && !local {
        return Err(DocumentError::new(format!("{url}: use https, or http on this machine")));
    }
    let request = ureq::get(url).config().https_only(secure).timeout_global(Some(TIMEOUT)).build();
    let mut response = request.call().map_err(failed)?;
    response.body_mut().with_config().limit(MAX_BYTES).read_to_string().map_err(failed)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
