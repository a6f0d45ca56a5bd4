//! Local media in an input: found, uploaded, and replaced by URLs.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use crate::{
    Error, Model, Result,
    context::Context,
    error::ErrorKind,
    media::{LocalMedia, Reference, has_local_scheme, reference},
    progress::ProgressCallback,
    schema,
};

/// Maximum number of concurrent uploads per request.
const MAX_CONCURRENT: usize = 4;

/// A place in an input that holds local media.
struct Place {
    /// JSON pointer.
    pointer: String,
    /// For messages, such as `images[1]`.
    field: String,
    media: LocalMedia,
}

/// Uploads all local media of an input and puts the URLs in their place. An error names the parameter.
pub(crate) async fn upload_all(context: &Context, model: &Model, input: &mut Value) -> Result<()> {
    let places = find(model, input)?;
    if places.is_empty() {
        return Ok(());
    }
    // Boxed: few inputs have media, and every submission would be as large.
    Box::pin(replace(context, places, input)).await
}

/// Uploads media and puts the URLs in their places.
async fn replace(context: &Context, places: Vec<Place>, input: &mut Value) -> Result<()> {
    let addresses: Vec<(String, String)> = stream::iter(places)
        .map(|Place { pointer, field, media }| async move {
            let progress = ProgressCallback::default();
            let file = context.uploads.upload(&context.transport, media, &progress).await;
            Ok::<_, Error>((pointer, file.map_err(|error| error.in_field(&field))?.url))
        })
        .buffer_unordered(MAX_CONCURRENT)
        .try_collect()
        .await?;
    for (pointer, address) in addresses {
        if let Some(place) = input.pointer_mut(&pointer) {
            *place = Value::String(address);
        }
    }
    Ok(())
}

/// Whether an input has media that only this machine can read.
#[cfg(feature = "postgres")]
pub(crate) fn has_local(model: &Model, input: &Value) -> Result<bool> {
    Ok(!find(model, input)?.is_empty())
}

fn find(model: &Model, input: &Value) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    let properties = schema::input(model).map(|schema| &schema["properties"]);
    for (name, value) in input.as_object().into_iter().flatten() {
        // A documented text parameter, such as a prompt, is never media, even if it looks like a `file:` URL.
        if !may_be_local(value) {
            continue;
        }
        let property = properties.and_then(|properties| properties.get(name));
        let may_hold_media = property.is_none_or(|p| p["format"] == "uri" || p["items"]["format"] == "uri");
        if may_hold_media {
            visit(&format!("/{}", escape(name)), name, value, &mut places)?;
        }
    }
    Ok(places)
}

/// Whether a value can hold local media, apart from its parameter.
fn may_be_local(value: &Value) -> bool {
    match value {
        Value::String(text) => has_local_scheme(text),
        Value::Array(_) | Value::Object(_) => true,
        _ => false,
    }
}

fn visit(pointer: &str, field: &str, value: &Value, places: &mut Vec<Place>) -> Result<()> {
    match value {
        Value::String(text) => match reference(text) {
            Reference::Local(media) => {
                places.push(Place { pointer: pointer.to_owned(), field: field.to_owned(), media });
            }
            Reference::Untrusted => {
                let advice = "a `file:` URL is not read; pass a local file as `Media::path`";
                return Err(Error::new(ErrorKind::InvalidInput, advice).in_field(field));
            }
            Reference::Text => {}
        },
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(&format!("{pointer}/{index}"), &format!("{field}[{index}]"), item, places)?;
            }
        }
        Value::Object(map) => {
            for (name, item) in map {
                visit(&format!("{pointer}/{}", escape(name)), &format!("{field}.{name}"), item, places)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Escapes a name for a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Media;

    #[test]
    fn local_media_is_found_at_any_depth() {
        let input = json!({
            "prompt": "file:///not/read",
            "a/b": {"deep": [1, [Media::path("x.jpg")]]},
            "image": Media::bytes(b"x".as_slice()),
            "url": "https://example.org/x.jpg",
        });
        let fields = |model: &str| {
            let mut fields: Vec<_> =
                find(&Model::from(model), &input).unwrap().into_iter().map(|p| (p.pointer, p.field)).collect();
            fields.sort();
            fields
        };
        let expected = [("/a~1b/deep/1/0", "a/b.deep[1][0]"), ("/image", "image")];
        let expected: Vec<_> = expected.iter().map(|(p, f)| ((*p).to_owned(), (*f).to_owned())).collect();
        assert_eq!(fields("p-image"), expected);
        for (pointer, _) in expected {
            assert!(input.pointer(&pointer).unwrap().is_string());
        }
    }

    #[test]
    fn a_foreign_file_address_is_rejected_and_its_parameter_named() {
        let error = find(&Model::from("p-new"), &json!({"images": ["file:///etc/passwd"]})).err().unwrap();
        assert!(error.is_invalid_input());
        assert_eq!(error.field(), Some("images[0]"));
    }
}
