//! Where a document comes from.

use std::{fmt, fs::File, io::Read as _, net::IpAddr, path::PathBuf, time::Duration};

use super::error::DocumentError;

/// The largest document that is read. P-API's has some 120 KB.
const MOST_BYTES: u64 = 32 << 20;

/// How long a download may take in all.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A path on this machine.
    File(PathBuf),
    /// An address: https, or http on this machine.
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

/// As the lock file records it: of a path the file's name alone, so that every machine writes the same.
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
                // One byte more than allowed tells a file of just that size from a longer one.
                let mut text = String::new();
                let read = file.take(MOST_BYTES + 1).read_to_string(&mut text);
                read.map_err(|e| DocumentError::new(format!("{shown}: {e}")))?;
                if text.len() as u64 > MOST_BYTES {
                    return Err(DocumentError::new(format!("{shown} has more than {MOST_BYTES} bytes")));
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
        return Err(DocumentError::new(format!("{url}: a document is fetched by https, or by http from this machine")));
    }
    let request = ureq::get(url).config().https_only(secure).timeout_global(Some(PATIENCE)).build();
    let mut answer = request.call().map_err(failed)?;
    answer.body_mut().with_config().limit(MOST_BYTES).read_to_string().map_err(failed)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
