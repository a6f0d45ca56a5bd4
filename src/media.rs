//! Media in requests: URLs, local files, bytes, and earlier results.

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

use crate::file_type::FileType;

/// An image, video or archive that a request refers to: a URL, a local file, bytes, or an earlier result.
///
/// Local files and bytes are uploaded when the request is submitted, identical content once per client, and the service
/// receives the URL of the upload. They work in typed inputs and in JSON alike:
///
/// ```
/// use pruna::{Media, inputs::PImageEdit};
///
/// let typed = PImageEdit::new("as a watercolor").images([Media::path("me.jpg")]);
/// let untyped = serde_json::json!({"prompt": "as a watercolor", "images": [Media::path("me.jpg")]});
/// assert_eq!(serde_json::to_value(&typed)?, untyped);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Conversions
///
/// A `&Path`, `PathBuf`, [`Url`], [`Bytes`], `Vec<u8>`, [`UploadedFile`](crate::UploadedFile),
/// [`SavedFile`](crate::SavedFile) or `&`[`Generation`](crate::Generation) converts into media. A string does not,
/// because it could be a path or a URL: use [`Media::path`] or [`Media::url`].
///
/// A `Generation` is downloaded and uploaded again when the request is submitted, because it is not known whether the
/// service can read its own delivery URLs as input.
///
/// # Security
///
/// In JSON, a local file is a `file:` URL with a nonce that only this process knows. A `file:` URL without the
/// nonce, such as one in JSON from a user of your server, is rejected, and the file is never read.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Media {
    source: Source,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Source {
    Address(String),
    Local(LocalMedia),
}

impl Media {
    /// Refers to a file that is already on the web. The service fetches it, so it must be publicly readable over https.
    pub fn url(address: impl Into<String>) -> Self {
        Self { source: Source::Address(address.into()) }
    }

    /// Refers to a local file, which is read when the request is submitted.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::local(LocalMedia::Path(path.into()))
    }

    /// Refers to bytes in memory. Prefer [`path`](Self::path) for large content, because a file is streamed.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::local(LocalMedia::Bytes(bytes.into()))
    }

    /// Refers to a file of the service that is downloaded and uploaded again.
    pub(crate) fn download(address: impl Into<String>) -> Self {
        Self::local(LocalMedia::Download(address.into()))
    }

    fn local(media: LocalMedia) -> Self {
        Self { source: Source::Local(media) }
    }

    /// Returns what has to be uploaded, or the URL of what is on the web already.
    pub(crate) fn into_local(self) -> Result<LocalMedia, String> {
        match self.source {
            Source::Local(media) => Ok(media),
            Source::Address(address) => Err(address),
        }
    }
}

/// Media that must be uploaded before the service can read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LocalMedia {
    Path(PathBuf),
    Bytes(Bytes),
    /// The URL of a result.
    Download(String),
}

/// The nonce of local media in JSON. Random, so that text from outside this process cannot name a file to be read.
static NONCE: LazyLock<String> = LazyLock::new(|| {
    let random = || RandomState::new().build_hasher().finish();
    format!("local-{:016x}{:016x}", random(), random())
});

/// The scheme of a result in JSON; the nonce and the URL follow.
const RESULT_SCHEME: &str = "pruna-result:";

/// The meaning of a text in JSON.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// Media to be uploaded.
    Local(LocalMedia),
    /// A URL of a local file or a result that did not come from a [`Media`] of this process.
    Untrusted,
    /// Anything else.
    Text,
}

/// Whether a text can be local media: a quick look at its scheme.
pub(crate) fn has_local_scheme(text: &str) -> bool {
    ["file://", "data:", RESULT_SCHEME].iter().any(|scheme| text.starts_with(scheme))
}

/// Recognizes local media in a text of JSON.
pub(crate) fn reference(text: &str) -> Reference {
    if text.starts_with("file://") {
        let trusted = Url::parse(text).ok().filter(|url| url.fragment() == Some(NONCE.as_str()));
        return match trusted.and_then(|url| url.to_file_path().ok()) {
            Some(path) => Reference::Local(LocalMedia::Path(path)),
            None => Reference::Untrusted,
        };
    }
    if let Some(result) = text.strip_prefix(RESULT_SCHEME) {
        let address = result.strip_prefix(NONCE.as_str()).and_then(|rest| rest.strip_prefix(':'));
        return match address {
            Some(address) => Reference::Local(LocalMedia::Download(address.to_owned())),
            None => Reference::Untrusted,
        };
    }
    match decode_data_url(text) {
        Some(bytes) => Reference::Local(LocalMedia::Bytes(bytes)),
        None => Reference::Text,
    }
}

/// Decodes the content of a base64 `data:` URL.
pub(crate) fn decode_data_url(text: &str) -> Option<Bytes> {
    let (media_type, content) = text.strip_prefix("data:")?.split_once(',')?;
    media_type.ends_with(";base64").then(|| BASE64_STANDARD.decode(content.trim()).ok().map(Bytes::from))?
}

/// Whether a text can be the value of a parameter that takes a URL.
pub(crate) fn is_address(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme))
        || matches!(reference(text), Reference::Local(_))
}

impl Serialize for Media {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.source {
            Source::Address(address) => serializer.serialize_str(address),
            Source::Local(LocalMedia::Path(path)) => {
                let absolute = std::path::absolute(path).map_err(serde::ser::Error::custom)?;
                let mut url = Url::from_file_path(&absolute)
                    .map_err(|()| serde::ser::Error::custom(format!("{} is not a usable path", path.display())))?;
                url.set_fragment(Some(&NONCE));
                serializer.serialize_str(url.as_str())
            }
            Source::Local(LocalMedia::Bytes(bytes)) => {
                let media_type = FileType::sniff(bytes).media_type;
                serializer.serialize_str(&format!("data:{media_type};base64,{}", BASE64_STANDARD.encode(bytes)))
            }
            Source::Local(LocalMedia::Download(address)) => {
                serializer.serialize_str(&format!("{RESULT_SCHEME}{}:{address}", *NONCE))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Media {
    /// Always gives a URL: text from outside never names a local file.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::url)
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Address(address) => write!(f, "Media::url({address:?})"),
            Source::Local(LocalMedia::Path(path)) => write!(f, "Media::path({path:?})"),
            Source::Local(LocalMedia::Bytes(bytes)) => write!(f, "Media::bytes({} bytes)", bytes.len()),
            Source::Local(LocalMedia::Download(address)) => write!(f, "Media::from(Generation at {address:?})"),
        }
    }
}

/// Conversion into [`Media`]: see the list of [types](Media#conversions).
///
/// Parameters of [inputs](crate::inputs) that take media accept any such type. Strings are not among them; the compiler's
/// message names [`Media::path`] and [`Media::url`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not convert into media",
    label = "expected media",
    note = "use `Media::path(…)` for a local file, or `Media::url(…)` for a URL on the web"
)]
pub trait IntoMedia {
    /// Converts into media.
    fn into_media(self) -> Media;
}

impl IntoMedia for Media {
    fn into_media(self) -> Media {
        self
    }
}

impl IntoMedia for &Media {
    fn into_media(self) -> Media {
        self.clone()
    }
}

/// Implements `From` and [`IntoMedia`] for a type.
macro_rules! media_from {
    ($($type:ty: |$value:ident| $media:expr;)+) => {$(
        impl From<$type> for $crate::Media {
            fn from($value: $type) -> Self {
                $media
            }
        }

        impl $crate::media::IntoMedia for $type {
            fn into_media(self) -> $crate::Media {
                self.into()
            }
        }
    )+};
}

pub(crate) use media_from;

media_from! {
    &Path: |path| Media::path(path);
    PathBuf: |path| Media::path(path);
    &PathBuf: |path| Media::path(path.clone());
    Url: |url| Media::url(url);
    Bytes: |bytes| Media::bytes(bytes);
    Vec<u8>: |bytes| Media::bytes(bytes);
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
        let bytes = Bytes::from_static(b"\xff\xd8\xff");
        for (media, expected) in [
            (Media::path("some where/me.jpg"), LocalMedia::Path(path)),
            (Media::bytes(bytes.clone()), LocalMedia::Bytes(bytes)),
            (Media::download("https://h/a:b"), LocalMedia::Download("https://h/a:b".into())),
        ] {
            assert_eq!(reference(&written(&media)), Reference::Local(expected));
        }
    }

    #[test]
    fn text_from_outside_cannot_name_a_local_file_or_a_download() {
        for text in [
            "file:///etc/passwd",
            "file:///etc/passwd#local-0000",
            "file://host/share",
            "pruna-result:http://10.0.0.1/",
            "pruna-result:local-0000:http://10.0.0.1/",
        ] {
            assert_eq!(reference(text), Reference::Untrusted, "{text}");
            let media: Media = serde_json::from_value(text.into()).unwrap();
            assert_eq!(reference(&written(&media)), Reference::Untrusted);
        }
    }

    #[test]
    fn ordinary_text_is_not_media() {
        for text in ["a lion", "file: a cabinet", "data: 1, 2, 3", "data:text/plain,hello", "https://example.org/a.jpg"]
        {
            assert_eq!(reference(text), Reference::Text, "{text}");
        }
    }
}
