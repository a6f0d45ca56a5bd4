//! Media: pictures, videos and archives that go into a request, and files that come out of one.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher as _, Hasher as _},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) mod download;
pub(crate) mod embedded;
pub(crate) mod kind;
pub(crate) mod name;
pub(crate) mod progress;
mod sink;
pub(crate) mod transfer;
pub(crate) mod upload;

/// A picture, video or archive that a request refers to: an address, a local file, or bytes.
///
/// Local files and bytes are uploaded when the request is submitted, each content once, and the service sees the address.
/// They may stand in a typed input and in JSON alike:
///
/// ```
/// use pruna::{Media, inputs::PImageEdit};
///
/// let typed = PImageEdit::new("as a watercolour").images([Media::path("me.jpg")]);
/// let untyped = serde_json::json!({"prompt": "as a watercolour", "images": [Media::path("me.jpg")]});
/// assert_eq!(serde_json::to_value(&typed)?, untyped);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// In JSON a local file is a `file:` address with a mark that only this process knows. A `file:` address without it, such
/// as a stranger may have put into JSON that a server passes on, is refused, never read.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Media(Source);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Source {
    Address(String),
    Path(PathBuf),
    Bytes(Bytes),
}

impl Media {
    /// A file that is already on the web. The service fetches it, so it has to be public, over https.
    pub fn url(address: impl Into<String>) -> Self {
        Self(Source::Address(address.into()))
    }

    /// A local file. It is read when the request is submitted.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(Source::Path(path.into()))
    }

    /// Bytes in memory. For something large a [`path`](Self::path) is better, because a file is streamed.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Source::Bytes(bytes.into()))
    }

    pub(crate) fn into_local(self) -> Result<Local, String> {
        match self.0 {
            Source::Path(path) => Ok(Local::Path(path)),
            Source::Bytes(bytes) => Ok(Local::Bytes(bytes)),
            Source::Address(address) => Err(address),
        }
    }
}

/// Media that is not on the web yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Local {
    Path(PathBuf),
    Bytes(Bytes),
}

/// The mark of local files in JSON. Random, so that nobody outside this process can name a file to be read.
static MARK: LazyLock<String> = LazyLock::new(|| {
    let random = || RandomState::new().build_hasher().finish();
    format!("local-{:016x}{:016x}", random(), random())
});

/// What a text in JSON stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// Media to be uploaded.
    Local(Local),
    /// A local file that did not come from a [`Media`] of this process.
    Forged,
    /// Anything else.
    Text,
}

/// Recognises media that is written into JSON.
pub(crate) fn reference(text: &str) -> Reference {
    if text.starts_with("file://") {
        let marked = Url::parse(text).ok().filter(|url| url.fragment() == Some(MARK.as_str()));
        return match marked.and_then(|url| url.to_file_path().ok()) {
            Some(path) => Reference::Local(Local::Path(path)),
            None => Reference::Forged,
        };
    }
    match data_url(text) {
        Some(bytes) => Reference::Local(Local::Bytes(bytes)),
        None => Reference::Text,
    }
}

/// The content of a `data:` address in base64.
pub(crate) fn data_url(text: &str) -> Option<Bytes> {
    let (kind, content) = text.strip_prefix("data:")?.split_once(',')?;
    kind.ends_with(";base64").then(|| BASE64_STANDARD.decode(content.trim()).ok().map(Bytes::from))?
}

/// Whether a text can be the value of a parameter that wants an address.
pub(crate) fn is_address(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme))
        || matches!(reference(text), Reference::Local(_))
}

impl Serialize for Media {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Source::Address(address) => serializer.serialize_str(address),
            Source::Path(path) => {
                let absolute = std::path::absolute(path).map_err(serde::ser::Error::custom)?;
                let mut url = Url::from_file_path(&absolute)
                    .map_err(|()| serde::ser::Error::custom(format!("{} is no usable path", path.display())))?;
                url.set_fragment(Some(&MARK));
                serializer.serialize_str(url.as_str())
            }
            Source::Bytes(bytes) => {
                let kind = kind::of_bytes(bytes).mime;
                serializer.serialize_str(&format!("data:{kind};base64,{}", BASE64_STANDARD.encode(bytes)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Media {
    /// Always an address: what is read from outside never names a local file.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::url)
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Address(address) => write!(f, "Media::url({address:?})"),
            Source::Path(path) => write!(f, "Media::path({path:?})"),
            Source::Bytes(bytes) => write!(f, "Media::bytes({} bytes)", bytes.len()),
        }
    }
}

impl From<&Path> for Media {
    fn from(path: &Path) -> Self {
        Self::path(path)
    }
}

impl From<PathBuf> for Media {
    fn from(path: PathBuf) -> Self {
        Self::path(path)
    }
}

impl From<Url> for Media {
    fn from(url: Url) -> Self {
        Self::url(url)
    }
}

impl From<upload::UploadedFile> for Media {
    fn from(file: upload::UploadedFile) -> Self {
        Self::url(file.url)
    }
}

impl From<&upload::UploadedFile> for Media {
    fn from(file: &upload::UploadedFile) -> Self {
        Self::url(file.url.clone())
    }
}

/// A secret that goes into a request, such as a token for Hugging Face: sent, never shown.
///
/// ```
/// let token = pruna::Secret::from("hf_abc");
/// assert_eq!(format!("{token:?}"), "Secret(hidden)");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself. Whoever calls this takes care of it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(media: &Media) -> String {
        serde_json::to_value(media).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn local_media_survives_json_within_the_process() {
        let path = std::path::absolute("some where/me.jpg").unwrap();
        assert_eq!(reference(&written(&Media::path("some where/me.jpg"))), Reference::Local(Local::Path(path)));
        let bytes = Bytes::from_static(b"\xff\xd8\xff");
        assert_eq!(reference(&written(&Media::bytes(bytes.clone()))), Reference::Local(Local::Bytes(bytes)));
    }

    #[test]
    fn a_stranger_cannot_name_a_local_file() {
        for text in ["file:///etc/passwd", "file:///etc/passwd#local-0000", "file://host/share"] {
            assert_eq!(reference(text), Reference::Forged, "{text}");
            let media: Media = serde_json::from_value(text.into()).unwrap();
            assert_eq!(reference(&written(&media)), Reference::Forged);
        }
    }

    #[test]
    fn ordinary_text_is_no_media() {
        for text in ["a lion", "file: a cabinet", "data: 1, 2, 3", "data:text/plain,hello", "https://example.org/a.jpg"]
        {
            assert_eq!(reference(text), Reference::Text, "{text}");
        }
    }
}
