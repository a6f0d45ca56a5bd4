//! The operations of a document.

use std::collections::BTreeMap;

use serde_json::Value;

use super::differ::resolve;

/// The methods that an OpenAPI path item can have.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// One operation and the path item that it belongs to.
pub(super) struct Operation<'a> {
    /// `POST /v1/files`.
    pub(super) name: String,
    pub(super) value: &'a Value,
    pub(super) path_item: &'a Value,
}

/// Identifies an operation by its path, without the names of path parameters, and its method.
type Key = (String, &'static str);

/// Lists the operations. Renaming a path parameter does not make another operation.
pub(super) fn operations(document: &Value) -> BTreeMap<Key, Operation<'_>> {
    let mut all = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let item = resolve(document, item);
        for method in METHODS {
            if let Some(value) = item.get(method) {
                let name = format!("{} {path}", method.to_uppercase());
                all.entry((without_names(path), method)).or_insert(Operation { name, value, path_item: item });
            }
        }
    }
    all
}

/// `/status/{id}` becomes `/status/{}`.
fn without_names(path: &str) -> String {
    let segments = path.split('/').map(|segment| match (segment.find('{'), segment.rfind('}')) {
        (Some(start), Some(end)) if start < end => format!("{}{{{}", &segment[..start], &segment[end..]),
        _ => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}
