//! What a stored result is known by.

use std::{fs::File, io, path::Path};

use crate::{
    Request,
    digest::{Sha256, hex},
    fingerprint,
    media::LocalMedia,
};

/// A hash of a request, as a name of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(String);

impl Key {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name may be that of a key.
    pub(super) fn is_key(name: &str) -> bool {
        name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// Returns the key of a request to a service. `None` if a local file cannot be read, which the request itself will report.
pub(super) async fn of(service: &str, request: &Request) -> Option<Key> {
    let (service, request) = (service.to_owned(), request.clone());
    // Local files are read whole.
    tokio::task::spawn_blocking(move || compute(&service, &request).ok()).await.ok()?
}

fn compute(service: &str, request: &Request) -> io::Result<Key> {
    let mut hash = Sha256::new();
    hash.update(format!("{service:?} {:?} ", request.model().as_str()));
    let mut failure = None;
    fingerprint::add(request.input(), &mut hash, &mut |media, _, hash| match media {
        LocalMedia::Path(path) => match content_hash(&path) {
            Ok(content) => hash.update(format!("content {content}")),
            Err(error) => failure = Some(error),
        },
        LocalMedia::Bytes(bytes) => hash.update(format!("content {}", of_bytes(&bytes))),
        LocalMedia::Download(address) => hash.update(format!("result {address:?}")),
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(Key(hex(&hash.finish()))),
    }
}

/// Returns the hash of a file's content.
pub(super) fn content_hash(path: &Path) -> io::Result<String> {
    /// Passes what is written to a hash.
    struct Hasher(Sha256);

    impl io::Write for Hasher {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut hasher = Hasher(Sha256::new());
    io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hex(&hasher.0.finish()))
}

fn of_bytes(bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(bytes);
    hex(&hash.finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Media;

    #[test]
    fn equal_requests_have_equal_keys_and_others_do_not() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("a.png", "one"), ("b.png", "one"), ("c.png", "two")] {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let key = |input| compute("service", &Request::new("m", input)).unwrap();
        let file = |name: &str| json!({"image": Media::path(folder.path().join(name))});
        let bytes = |content: &'static str| json!({"image": Media::bytes(content.as_bytes())});
        for (one, other, equal) in [
            (json!({"a": 1, "b": {"c": [2], "d": 3}}), json!({"b": {"d": 3, "c": [2]}, "a": 1}), true),
            (json!({"a": 1}), json!({"a": 2}), false),
            (json!({"a": 1}), json!({"a": "1"}), false),
            (json!({"a": [1, 2]}), json!({"a": [2, 1]}), false),
            (json!({"a": [12]}), json!({"a": [1, 2]}), false),
            (file("a.png"), file("b.png"), true),
            (file("a.png"), bytes("one"), true),
            (file("a.png"), file("c.png"), false),
            (json!({"image": "https://x.org/1"}), json!({"image": "https://x.org/2"}), false),
        ] {
            assert_eq!(key(one.clone()) == key(other.clone()), equal, "{one} {other}");
        }
        assert!(compute("service", &Request::new("m", file("missing.png"))).is_err());
        let of_service = |service| compute(service, &Request::new("m", json!({}))).unwrap();
        assert_ne!(of_service("a"), of_service("b"));
        assert!(Key::is_key(of_service("a").as_str()) && !Key::is_key(".pruna-x") && !Key::is_key("result.json"));
    }
}
