//! Hashes of inputs, independent of the order of their parameters.

use serde_json::Value;

use crate::{
    digest::Sha256,
    media::{LocalMedia, Reference, reference},
};

/// Adds a value to a hash. `local` adds local media, and receives their text in JSON, which differs between processes.
pub(crate) fn add(value: &Value, hash: &mut Sha256, local: &mut impl FnMut(LocalMedia, &str, &mut Sha256)) {
    match value {
        Value::Object(map) => {
            let mut names: Vec<_> = map.iter().collect();
            names.sort_unstable_by_key(|(name, _)| *name);
            hash.update(b"{");
            for (name, value) in names {
                hash.update(format!("{name:?}"));
                add(value, hash, local);
            }
            hash.update(b"}");
        }
        Value::Array(items) => {
            hash.update(b"[");
            items.iter().for_each(|item| add(item, hash, local));
            hash.update(b"]");
        }
        Value::String(text) => match reference(text) {
            Reference::Local(media) => local(media, text, hash),
            _ => hash.update(format!("{text:?}")),
        },
        other => hash.update(format!("{other},")),
    }
}
