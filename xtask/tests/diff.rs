//! Classification of changes by `cargo xtask diff`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod edits;

use edits::{EDITS, vendored};
use serde_json::{Value, json};
use xtask::{
    diff::{Class, diff},
    document::Document,
};

#[test]
fn every_edit_is_classified_for_a_client() {
    for edit in EDITS {
        let mut found = diff(&vendored(), &edit.document()).unwrap();
        let mut expected = edit.expected();
        for changes in [&mut found, &mut expected] {
            changes.sort_by_key(|change| (change.class, change.place.clone(), change.what.clone()));
        }
        assert_eq!(found, expected, "{}", edit.name);
    }
}

#[test]
fn every_edit_leaves_a_valid_document() {
    for edit in EDITS {
        let read = Document::read(&edit.document().to_string());
        assert!(read.is_ok(), "{}: {}", edit.name, read.unwrap_err());
    }
}

#[test]
fn a_document_does_not_differ_from_itself() {
    for edit in EDITS {
        assert_eq!(diff(&edit.document(), &edit.document()).unwrap(), [], "{}", edit.name);
    }
}

/// The reverse of an addition is a removal.
#[test]
fn what_is_added_in_one_direction_is_removed_in_the_other() {
    for edit in EDITS {
        let there = diff(&vendored(), &edit.document()).unwrap();
        let back = diff(&edit.document(), &vendored()).unwrap();
        assert_eq!(there.is_empty(), back.is_empty(), "{}", edit.name);
        for change in there.iter().filter(|change| change.class == Class::Additive && change.what == "was added") {
            let is_removed = |other: &&xtask::diff::Change| other.place == change.place && other.what == "was removed";
            assert!(back.iter().any(|other| is_removed(&other)), "{}: {change:?}", edit.name);
        }
    }
}

#[test]
fn a_schema_by_reference_equals_the_same_schema_inline() {
    let inline = vendored();
    let mut referring = inline.clone();
    let content = "/paths/~1v1~1predictions~1status~1{id}/get/responses/200/content/application~1json/schema";
    let schema = referring.pointer_mut(content).unwrap();
    *schema = json!({"allOf": [schema.clone()]});
    assert_eq!(diff(&inline, &referring).unwrap(), []);
}

/// Thirty schemas, each of which refers to the next one in two branches.
#[test]
fn schemas_that_expand_exponentially_are_rejected_in_time() {
    let expanding = |leaf: &str| {
        let mut schemas = serde_json::Map::new();
        for depth in 0..30 {
            let next = json!({"$ref": format!("#/components/schemas/S{}", depth + 1)});
            let object = |name: &str| json!({"type": "object", "properties": {name: next}});
            schemas.insert(format!("S{depth}"), json!({"anyOf": [object("left"), object("right")]}));
        }
        schemas.insert("S30".into(), json!({"type": leaf}));
        let mut document: Value = vendored();
        document["components"]["schemas"] = Value::Object(schemas);
        let body = json!({"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}});
        let post = json!({"operationId": "a", "requestBody": {"content": body}, "responses": {}});
        document["paths"] = json!({"/a": {"post": post}});
        document
    };
    let error = diff(&expanding("string"), &expanding("integer")).unwrap_err();
    assert_eq!(error.to_string(), "the schemas refer to each other too often to be compared");
}
