//! The inputs of the models in Rust: names, and one field for each parameter.

mod enums;

use pruna_openapi::{Error, ModelSchema};
use serde_json::Value;

use crate::{
    kinds::Kind,
    names::{self, Unique},
};

/// The input of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInput {
    /// What the document says of the model.
    pub model: ModelSchema,
    /// Rust type, such as `PImage`.
    pub type_name: String,
    /// Rust module and file, such as `p_image`.
    pub module_name: String,
    /// Rust constant, such as `P_IMAGE`.
    pub constant_name: String,
    /// Parameters: required ones first, the prompt before others by name; optional ones in the order of the document.
    pub fields: Vec<Field>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name in the document.
    pub name: String,
    /// Name in Rust.
    pub rust_name: String,
    /// Whether a request without it is rejected.
    pub required: bool,
    /// Rust type.
    pub kind: Kind,
    /// Its schema, without references.
    pub schema: Value,
}

/// Reads every model, in the order of the header `Model`, then those the header does not name.
///
/// # Errors
///
/// When a `$ref` leads nowhere or in a circle.
pub fn read_models(document: &Value) -> Result<Vec<ModelInput>, Error> {
    let mut types = Unique::default();
    let mut modules = Unique::default();
    let mut constants = Unique::default();
    let mut inputs: Vec<ModelInput> = pruna_openapi::read_models(document)?
        .into_iter()
        .map(|model| ModelInput {
            type_name: types.take_type(names::type_name(&model.id)),
            module_name: modules.take(names::module_name(&model.id)),
            constant_name: constants.take(names::constant_name(&model.id)),
            fields: fields(&model.schema),
            model,
        })
        .collect();
    enums::name_types(&mut inputs, types);
    Ok(inputs)
}

fn fields(schema: &Value) -> Vec<Field> {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut taken = Unique::default();
    let mut fields: Vec<Field> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| Field {
            rust_name: taken.take(names::field_name(name)),
            required: required.contains(&name.as_str()),
            kind: Kind::of(schema),
            schema: schema.clone(),
            name: name.clone(),
        })
        .collect();
    fields.sort_by(|one, other| order(one).cmp(&order(other)));
    fields
}

/// Sort key: required parameters first, the prompt before others by name; optional ones in the order of the document.
///
/// The required ones are the arguments of `new`, whose order must not depend on the document.
fn order(field: &Field) -> (bool, Option<(bool, &str)>) {
    (!field.required, field.required.then_some((field.name != "prompt", field.name.as_str())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_input_in_parts_has_the_fields_of_all_of_them() {
        let document = json!({"components": {"schemas": {
            "Size": {"type": "object", "required": ["width"], "properties": {"width": {"type": "integer"}}},
            "Shade": {"type": "string", "enum": ["light", "dark"]},
            "p-parts": {"type": "object", "properties": {"input": {"properties": {}, "allOf": [
                {"$ref": "#/components/schemas/Size"},
                {"required": ["prompt"], "properties": {
                    "prompt": {"type": "string"},
                    "shade": {"allOf": [{"$ref": "#/components/schemas/Shade"}], "description": "How dark."},
                    "allOf": {"type": "boolean"},
                }},
            ]}}},
        }}});
        let models = read_models(&document).unwrap();
        let fields: Vec<_> =
            models[0].fields.iter().map(|field| (field.name.as_str(), field.required, field.kind.clone())).collect();
        assert_eq!(
            fields,
            [
                ("prompt", true, Kind::Text),
                ("width", true, Kind::Integer),
                ("shade", false, Kind::OpenEnum("PPartsShade".into())),
                ("allOf", false, Kind::Boolean),
            ]
        );
    }

    #[test]
    fn the_arguments_of_new_do_not_follow_the_order_of_the_document() {
        for names in [["image", "prompt", "audio", "seed", "extra"], ["seed", "audio", "prompt", "extra", "image"]] {
            let properties: serde_json::Map<_, _> =
                names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
            let fields = fields(&json!({"required": ["image", "audio", "prompt"], "properties": properties}));
            let order: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(order[..3], ["prompt", "audio", "image"]);
            let optional: Vec<&str> = names.into_iter().filter(|name| ["seed", "extra"].contains(name)).collect();
            assert_eq!(order[3..], optional);
        }
    }
}
