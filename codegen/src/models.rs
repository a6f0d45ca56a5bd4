//! Reads the models out of the document: one input per component schema whose `input` has properties.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    Error,
    document::resolve,
    names::{self, Unique},
};

/// How many JSON values the schema of one model may have.
const MOST_VALUES: usize = 20_000;

/// The input of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInput {
    /// The id, as the header `Model` carries it.
    pub id: String,
    /// Rust type, such as `PImage`.
    pub type_name: String,
    /// Rust module and file, such as `p_image`.
    pub module_name: String,
    /// Rust constant, such as `P_IMAGE`.
    pub constant_name: String,
    /// What the document says of the model.
    pub description: String,
    /// The limit named in the description, submissions a minute.
    pub requests_per_minute: Option<u32>,
    /// Parameters: the required ones first, the prompt before others, which are by name; the rest as the document has it.
    pub fields: Vec<Field>,
    /// The schema of the input, resolved, as JSON.
    pub schema: Value,
    /// A request that the document shows.
    pub example: Option<Value>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name in the document.
    pub name: String,
    /// Name in Rust.
    pub rust_name: String,
    /// Whether a request without it is refused.
    pub required: bool,
    /// Rust type.
    pub kind: Kind,
    /// Its schema, resolved.
    pub schema: Value,
}

/// What type a parameter has in Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `String`.
    Text,
    /// `i64`.
    Integer,
    /// `f64`.
    Number,
    /// `bool`.
    Boolean,
    /// `Media`, for format `uri`.
    Media,
    /// `Secret`, for format `password`.
    Secret,
    /// An open enum, by its type's name.
    Open(String),
    /// `Vec` of another kind.
    List(Box<Kind>),
    /// `serde_json::Value`, for whatever has no type of its own.
    Any,
}

/// Reads every model, in the order of the header `Model`, then those the header does not name.
///
/// # Errors
///
/// When a `$ref` leads nowhere or in a circle.
pub fn read(document: &Value) -> Result<Vec<ModelInput>, Error> {
    let mut types = Unique::default();
    let mut modules = Unique::default();
    let mut constants = Unique::default();
    let mut models = Vec::new();
    for id in model_ids(document) {
        let component = &document["components"]["schemas"][&id];
        let component = resolve(document, component)?;
        let mut resolver = Resolver { document, budget: MOST_VALUES };
        let schema = resolver.resolve(&component["properties"]["input"], &[])?;
        if !schema["properties"].is_object() {
            continue;
        }
        let description = component["description"].as_str().unwrap_or_default().trim().to_owned();
        models.push(ModelInput {
            type_name: types.take_type(names::type_name(&id)),
            module_name: modules.take(names::module_name(&id)),
            constant_name: constants.take(names::constant_name(&id)),
            requests_per_minute: rate_limit(&description),
            description,
            fields: fields(&schema),
            example: example(document, &id),
            schema,
            id,
        });
    }
    name_vocabulary(&mut models, types);
    Ok(models)
}

/// Ids that the header offers, then components of a model's shape that it does not.
pub fn model_ids(document: &Value) -> Vec<String> {
    let mut ids = offered_ids(document);
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    for (name, schema) in schemas {
        if !ids.contains(name) && schema.pointer("/properties/input/properties").is_some() {
            ids.push(name.clone());
        }
    }
    ids
}

/// The values that the document lists for the header `Model`.
fn offered_ids(document: &Value) -> Vec<String> {
    let operation = &document["paths"]["/v1/predictions"]["post"];
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let header = parameters
        .filter_map(|p| resolve(document, p).ok())
        .find(|p| p["in"] == "header" && p["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case("model")));
    let schema = header.and_then(|header| resolve(document, &header["schema"]).ok());
    let values = schema.and_then(|schema| schema["enum"].as_array()).into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Puts what each `$ref` stands for in its place.
struct Resolver<'a> {
    document: &'a Value,
    /// Values still allowed: a few references can stand for a schema of any size.
    budget: usize,
}

impl Resolver<'_> {
    fn resolve(&mut self, value: &Value, within: &[&str]) -> Result<Value, Error> {
        self.budget = self.budget.checked_sub(1).ok_or_else(|| Error::new("a model's schema is too large"))?;
        if let Some(reference) = value["$ref"].as_str() {
            if within.contains(&reference) {
                // A schema that refers to itself has no finite form: from here on everything is allowed.
                return Ok(Value::Object(serde_json::Map::new()));
            }
            let target = resolve(self.document, value)?;
            return self.resolve(target, &[within, &[reference]].concat());
        }
        Ok(match value {
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.resolve(item, within)).collect::<Result<_, _>>()?)
            }
            Value::Object(map) => {
                let resolved = map.iter().map(|(key, value)| Ok((key.clone(), self.resolve(value, within)?)));
                Value::Object(flat(resolved.collect::<Result<_, Error>>()?))
            }
            other => other.clone(),
        })
    }
}

/// Lays the parts of an `allOf` flat: all of them hold, so properties and required names add up. Of anything else what
/// comes first counts, and the schema itself before its parts.
fn flat(mut schema: serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array).cloned() else { return schema };
    schema.remove("allOf");
    for (key, value) in parts.into_iter().filter_map(|part| part.as_object().cloned()).flatten() {
        match (schema.get_mut(&key), value) {
            (None, value) => drop(schema.insert(key, value)),
            (Some(Value::Object(known)), Value::Object(more)) if key == "properties" => {
                for (name, property) in more {
                    known.entry(name).or_insert(property);
                }
            }
            (Some(Value::Array(known)), Value::Array(more)) if key == "required" => known.extend(more),
            (Some(_), _) => {}
        }
    }
    schema
}

/// "Rate limit: 150 requests per minute" in a description.
fn rate_limit(description: &str) -> Option<u32> {
    let (_, rest) = description.split_once("Rate limit: ")?;
    let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').filter(|c| *c != ',').collect();
    number.parse().ok()
}

fn example(document: &Value, id: &str) -> Option<Value> {
    let content = &document["paths"]["/v1/predictions"]["post"]["requestBody"]["content"]["application/json"];
    content["examples"].get(id)?.pointer("/value/input").cloned()
}

fn fields(schema: &Value) -> Vec<Field> {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut taken = Unique::default();
    let mut states = Unique::default();
    let mut fields: Vec<Field> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| Field {
            rust_name: unique_field(&mut taken, &mut states, name),
            required: required.contains(&name.as_str()),
            kind: kind(schema),
            schema: schema.clone(),
            name: name.clone(),
        })
        .collect();
    fields.sort_by(|one, other| order(one).cmp(&order(other)));
    fields
}

/// The required parameters first: they are the arguments of `new`, in an order that the document cannot change, the
/// prompt and then by name. The optional ones stay as the document has them.
fn order(field: &Field) -> (bool, Option<(bool, &str)>) {
    (!field.required, field.required.then_some((field.name != "prompt", field.name.as_str())))
}

/// `a_b2` and `a_b_2` are two names, but one type parameter of the builder.
fn unique_field(taken: &mut Unique, states: &mut Unique, name: &str) -> String {
    loop {
        let candidate = taken.take(names::field_name(name));
        let state = names::type_name(&candidate);
        if states.take(state.clone()) == state {
            return candidate;
        }
    }
}

fn kind(schema: &Value) -> Kind {
    let format = schema["format"].as_str();
    match schema["type"].as_str() {
        Some("string") if format == Some("uri") => Kind::Media,
        Some("string") if format == Some("password") => Kind::Secret,
        // Named by `name_vocabulary`, which sees the same parameter of other models.
        Some("string") if !allowed(schema).is_empty() => Kind::Open(String::new()),
        Some("string") => Kind::Text,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Boolean,
        Some("array") => match kind(&schema["items"]) {
            Kind::Open(_) => Kind::List(Box::new(Kind::Text)),
            item => Kind::List(Box::new(item)),
        },
        _ => Kind::Any,
    }
}

/// The values that an enum of texts allows, without repetitions.
pub(crate) fn allowed(schema: &Value) -> Vec<&str> {
    let mut values: Vec<&str> = Vec::new();
    for value in schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// Names the open enums: one type for a parameter that means the same in several models, one per model otherwise.
///
/// A parameter means the same everywhere when any two models that have it share a value that is the whole text of both
/// and at least half of the shorter list agrees: `aspect_ratio` does, `speed_mode` does not.
fn name_vocabulary(models: &mut [ModelInput], mut taken: Unique) {
    let mut lists: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for field in models.iter().flat_map(|model| &model.fields) {
        if matches!(field.kind, Kind::Open(_)) {
            let values = allowed(&field.schema).into_iter().map(str::to_owned).collect();
            lists.entry(field.name.clone()).or_default().push(values);
        }
    }
    let mut shared = BTreeMap::new();
    for (name, lists) in lists {
        if lists.len() > 1 && mean_the_same(&lists) {
            shared.insert(name.clone(), taken.take_type(vocabulary_name(&name)));
        }
    }
    for model in models.iter_mut() {
        for field in &mut model.fields {
            if matches!(field.kind, Kind::Open(_)) {
                let name = shared
                    .get(&field.name)
                    .cloned()
                    .unwrap_or_else(|| taken.take_type(format!("{}{}", model.type_name, vocabulary_name(&field.name))));
                field.kind = Kind::Open(name);
            }
        }
    }
}

/// A builder's type parameters end in `State`.
fn vocabulary_name(parameter: &str) -> String {
    let name = names::type_name(parameter);
    if name.ends_with("State") { format!("{name}Value") } else { name }
}

fn mean_the_same(lists: &[Vec<String>]) -> bool {
    lists.iter().enumerate().all(|(index, one)| {
        lists[index + 1..].iter().all(|other| {
            let common = one.iter().filter(|value| other.contains(value)).count();
            common * 2 >= one.len().min(other.len())
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(values: &[&str]) -> Vec<String> {
        values.iter().map(|v| (*v).to_owned()).collect()
    }

    #[test]
    fn lists_that_agree_in_half_of_their_values_mean_the_same() {
        for (one, other, same) in [
            (["1:1", "16:9", "custom"].as_slice(), ["16:9", "9:16"].as_slice(), true),
            (&["480p", "720p"], &["720p", "1080p"], true),
            (&["Lightly Juiced", "Base", "Extra", "Plain"], &["Lightly Juiced", "Juiced", "More"], false),
            (&["a"], &["b"], false),
        ] {
            assert_eq!(mean_the_same(&[list(one), list(other)]), same, "{one:?} {other:?}");
        }
    }

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
        let models = read(&document).unwrap();
        let fields: Vec<_> =
            models[0].fields.iter().map(|field| (field.name.as_str(), field.required, field.kind.clone())).collect();
        assert_eq!(
            fields,
            [
                ("prompt", true, Kind::Text),
                ("width", true, Kind::Integer),
                ("shade", false, Kind::Open("PPartsShade".into())),
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

    #[test]
    fn the_limit_is_read_from_the_description() {
        for (text, limit) in [
            ("Fast. Rate limit: 150 requests per minute.", Some(150)),
            ("Rate limit: 10,000 requests per minute", Some(10_000)),
            ("No limit is named.", None),
        ] {
            assert_eq!(rate_limit(text), limit, "{text}");
        }
    }
}
