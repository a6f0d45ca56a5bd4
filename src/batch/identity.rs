//! What a batch knows an item by: not its position, which changes when a list is edited.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    Error, Request, Result,
    digest::{Sha256, hex},
    error::ErrorKind,
    fingerprint,
    media::LocalMedia,
    temporary::parent_dir,
};

/// Identifies an item: by the caller's key, otherwise by its request and the number of equal ones before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ItemId(String);

impl ItemId {
    fn of_key(key: &str) -> Self {
        Self(format!("key {key}"))
    }

    fn of_request(fingerprint: &Fingerprint, earlier: u32) -> Self {
        match earlier {
            0 => Self(format!("request {}", fingerprint.0)),
            count => Self(format!("request {} {}", fingerprint.0, count + 1)),
        }
    }

    #[cfg(any(feature = "journal", feature = "postgres"))]
    pub(super) fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the caller's key, if the item has one.
    pub(super) fn key(&self) -> Option<&str> {
        self.0.strip_prefix("key ")
    }
}

/// The identity of an item, and what its request was when it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) id: ItemId,
    pub(super) fingerprint: Fingerprint,
}

/// Gives identities to requests, in their order.
#[derive(Default)]
pub(super) struct Identities {
    /// The folder to which paths of local media are relative, so that an item stays the same when all is moved.
    base: Option<PathBuf>,
    occurrences: HashMap<Fingerprint, u32>,
    keys: HashSet<String>,
}

impl Identities {
    pub(super) fn relative_to(base: Option<PathBuf>) -> Self {
        // A file in the folder stands for the folder itself.
        let base = base.map(|base| parent_dir(&resolved(&base.join("journal"))).to_owned());
        Self { base, ..Self::default() }
    }

    /// Returns the identity of the next request.
    pub(super) fn next(&mut self, request: &Request) -> Result<Identity> {
        let fingerprint = Fingerprint::of(request, self.base.as_deref());
        let id = match request.item_key() {
            Some(key) if !self.keys.insert(key.to_owned()) => {
                let message =
                    format!("the key {key:?} is used by an earlier request of the batch; keys must be unique");
                return Err(Error::new(ErrorKind::InvalidInput, message).with_model(request.model().clone()));
            }
            Some(key) => ItemId::of_key(key),
            None => {
                let count = self.occurrences.entry(fingerprint.clone()).or_default();
                *count += 1;
                ItemId::of_request(&fingerprint, *count - 1)
            }
        };
        Ok(Identity { id, fingerprint })
    }
}

/// Identifies a request: model and input, local files by their path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Fingerprint(String);

impl Fingerprint {
    /// Paths of local media count relative to `base`.
    fn of(request: &Request, base: Option<&Path>) -> Self {
        let mut hash = Sha256::new();
        hash.update(request.model().as_str());
        fingerprint::add(request.input(), &mut hash, &mut |media, text, hash| match media {
            LocalMedia::Path(path) => {
                let path = if base.is_some() { resolved(&path) } else { path };
                hash.update(format!("path {:?}", relative(&path, base)));
            }
            // Their text is their content.
            LocalMedia::Bytes(_) => hash.update(format!("{text:?}")),
            LocalMedia::Download(address) => hash.update(format!("result {address:?}")),
        });
        Self(hex(&hash.finish()[..16]))
    }

    #[cfg(feature = "postgres")]
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    #[cfg(feature = "postgres")]
    pub(super) fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Returns a path with a folder that is the same however it was written: without `..` and symbolic links. The folder need not exist.
fn resolved(path: &Path) -> PathBuf {
    let (folder, name) = (parent_dir(path), path.file_name().unwrap_or_default());
    for existing in folder.ancestors() {
        if let Ok(canonical) = existing.canonicalize() {
            let rest = folder.strip_prefix(existing).unwrap_or(Path::new(""));
            return canonical.join(rest).join(name);
        }
    }
    path.to_owned()
}

/// Returns the way from a folder to a path, with `..` where they part.
fn relative(path: &Path, base: Option<&Path>) -> PathBuf {
    let Some(base) = base else { return path.to_owned() };
    let shared = path.components().zip(base.components()).take_while(|(path, base)| path == base).count();
    if shared == 0 {
        return path.to_owned();
    }
    let up = base.components().skip(shared).map(|_| Path::new(".."));
    up.chain(path.components().skip(shared).map(|part| Path::new(part.as_os_str()))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Media;

    fn fingerprint(model: &str, input: Value) -> Fingerprint {
        Fingerprint::of(&Request::new(model, input), None)
    }

    #[test]
    fn a_fingerprint_identifies_model_and_input() {
        let one = fingerprint("p-image", json!({"prompt": "a lion", "seed": 1, "images": ["a", "b"]}));
        let same = json!({"images": ["a", "b"], "seed": 1, "prompt": "a lion"});
        assert_eq!(one, fingerprint("p-image", same.clone()));
        assert_ne!(one, fingerprint("p-image-lora", same));
        for other in [
            json!({"prompt": "a lion", "seed": 2, "images": ["a", "b"]}),
            json!({"prompt": "a lion", "seed": "1", "images": ["a", "b"]}),
            json!({"prompt": "a lion", "seed": 1, "images": ["a"], "b": null}),
            json!({"prompt": "a lion", "seed": 1, "images": ["ab"]}),
        ] {
            assert_ne!(one, fingerprint("p-image", other));
        }
    }

    #[test]
    fn a_local_file_is_known_by_its_path_from_the_folder_of_the_journal() {
        // The nonce in its address differs between processes and must not count.
        let at = |file: &str, base: &str| {
            let request = Request::new("p-image-edit", json!({"image": Media::path(file)}));
            Fingerprint::of(&request, Some(Path::new(base)))
        };
        assert_eq!(at("/a/me.jpg", "/a/out"), at("/a/me.jpg", "/a/out"));
        assert_eq!(at("/a/me.jpg", "/a/out"), at("/moved/me.jpg", "/moved/out"));
        assert_ne!(at("/a/me.jpg", "/a/out"), at("/a/you.jpg", "/a/out"));
        assert_ne!(at("/a/me.jpg", "/a/out"), at("/a/out/me.jpg", "/a/out"));
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join("x/out")).unwrap();
        for spelling in ["x/out/journal", "x/../x/out/journal", "x/out/../out/journal", "x/new/../out/journal"] {
            let expected = home.path().canonicalize().unwrap().join("x/out/journal");
            let path = home.path().join(spelling);
            let is_missing = spelling.contains("new");
            assert!(is_missing || resolved(&path) == expected, "{spelling}");
        }
        assert_eq!(resolved(&home.path().join("y/z")), home.path().canonicalize().unwrap().join("y/z"));
        for (path, base, expected) in
            [("/a/b/me.jpg", "/a/out/x", "../../b/me.jpg"), ("/a/me.jpg", "/a", "me.jpg"), ("me.jpg", "/a", "me.jpg")]
        {
            assert_eq!(relative(Path::new(path), Some(Path::new(base))), Path::new(expected));
        }
    }

    #[test]
    fn items_are_known_by_their_key_or_by_their_request_and_its_occurrence() {
        let lion = || Request::new("p-image", json!({"prompt": "a lion"}));
        let tiger = || Request::new("p-image", json!({"prompt": "a tiger"}));
        let ids = |requests: Vec<Request>| -> Vec<Identity> {
            let mut identities = Identities::default();
            requests.iter().map(|request| identities.next(request).unwrap()).collect()
        };
        let first = ids(vec![lion(), lion(), tiger(), lion().name("hero"), tiger().name("x").key("k-1")]);
        let edited = ids(vec![tiger(), tiger().name("y").key("k-1"), lion(), lion().name("hero"), lion()]);
        assert_eq!(first[0], edited[2]);
        assert_eq!(first[1], edited[4]);
        assert_eq!(first[2], edited[0]);
        assert_eq!(first[3], edited[3]);
        assert_eq!(first[4], edited[1]);
        assert_eq!(first[3].id.key(), Some("hero"));
        assert_eq!(first[0].id.key(), None);
        let mut identities = Identities::default();
        identities.next(&lion().key("k")).unwrap();
        let error = identities.next(&tiger().name("k")).unwrap_err();
        assert!(error.is_invalid_input() && error.message().contains("\"k\""), "{error}");
    }
}
