//! From words on the command line to a model's input: values typed by the model's schema, files by their path.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::Args;
use pruna::{Media, Model};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// A model and its input.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputArgs {
    /// The model: `pruna models` lists them
    pub(crate) model: String,
    /// What to make; short for -i prompt=PROMPT
    pub(crate) prompt: Option<String>,
    #[command(flatten)]
    pub(crate) parameters: Parameters,
}

/// The parameters of a model.
#[derive(Clone, Debug, Args)]
pub(crate) struct Parameters {
    /// A parameter: KEY=VALUE, typed by the model's schema; KEY=@FILE for a file; KEY:=JSON for JSON. Once more for a
    /// list
    #[arg(short = 'i', value_name = "KEY=VALUE", value_parser = Assignment::parse)]
    pub(crate) assignments: Vec<Assignment>,
    /// The whole input as JSON, in a file or, with -, from stdin; the other options add to it
    #[arg(long, value_name = "JSON|@FILE|-")]
    pub(crate) input: Option<String>,
}

/// An input ready to be sent, but for the files in it.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The parameters, with files as the library takes them.
    pub(crate) parameters: Map<String, Value>,
    /// Local files that it refers to.
    pub(crate) files: Vec<PathBuf>,
}

/// `KEY=VALUE` or `KEY:=JSON`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment {
    name: String,
    value: Given,
}

#[derive(Clone, Debug, PartialEq)]
enum Given {
    Text(String),
    Json(Value),
}

impl Assignment {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("write it as KEY=VALUE, KEY=@FILE or KEY:=JSON")?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => (name, Given::Json(serde_json::from_str(value).map_err(|e| format!("no valid JSON: {e}"))?)),
            None => (name, Given::Text(value.to_owned())),
        };
        if name.is_empty() {
            return Err("the name of the parameter is missing".into());
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

impl InputArgs {
    pub(crate) fn model(&self) -> Model {
        Model::from(self.model.as_str())
    }

    /// The input that the words describe.
    pub(crate) fn build(&self) -> Result<Input, Failure> {
        self.parameters.build(&self.model(), self.prompt.as_deref())
    }
}

impl Parameters {
    /// The input that the words describe: the JSON, then the prompt, then the single parameters.
    pub(crate) fn build(&self, model: &Model, prompt: Option<&str>) -> Result<Input, Failure> {
        let mut given = match &self.input {
            Some(json) => read_json(json)?,
            None => Map::new(),
        };
        if let Some(prompt) = prompt {
            given.insert("prompt".into(), prompt.into());
        }
        let mut named = Vec::new();
        for Assignment { name, value } in &self.assignments {
            let value = match value {
                Given::Json(value) => value.clone(),
                Given::Text(text) => typed(model, name, text)?,
            };
            // What is named twice is a list.
            match given.get_mut(name) {
                Some(Value::Array(list)) if named.contains(&name) => match value {
                    Value::Array(more) => list.extend(more),
                    one => list.push(one),
                },
                _ => drop(given.insert(name.clone(), value)),
            }
            named.push(name);
        }
        Input::new(model, &given, |name| named.iter().any(|named| *named == name))
    }
}

impl Input {
    /// An input from JSON, where media parameters may name files as `@path`. Of parameters that the document does not
    /// know, only those that are `trusted` to mean files by it.
    pub(crate) fn new(
        model: &Model,
        given: &Map<String, Value>,
        trusted: impl Fn(&str) -> bool,
    ) -> Result<Self, Failure> {
        let mut input = Self { parameters: Map::new(), files: Vec::new() };
        for (name, value) in given {
            let property = property(model, name);
            let may_be_file = property.map_or_else(|| trusted(name), is_media);
            let value = if may_be_file { input.localised(name, value)? } else { value.clone() };
            input.parameters.insert(name.clone(), value);
        }
        Ok(input)
    }

    /// The same value with files in place of `@path`.
    fn localised(&mut self, name: &str, value: &Value) -> Result<Value, Failure> {
        match value {
            Value::String(text) => match text.strip_prefix('@') {
                Some(path) => self.file(name, path),
                None => Ok(value.clone()),
            },
            Value::Array(items) => {
                let items = items.iter().map(|item| self.localised(name, item));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            other => Ok(other.clone()),
        }
    }

    /// A local file, as a value that is uploaded before it is sent.
    fn file(&mut self, name: &str, path: &str) -> Result<Value, Failure> {
        let path = Path::new(path);
        if !path.is_file() {
            let why = if path.exists() { "is not a file" } else { "does not exist" };
            return Err(Failure::files(format!("{name}: {} {why}", path.display())));
        }
        let value = serde_json::to_value(Media::path(path));
        self.files.push(path.to_owned());
        value.map_err(|e| Failure::files(format!("{name}: {e}")))
    }
}

/// A value of the type that the schema asks for; guessed when nothing is known of the parameter.
pub(crate) fn typed(model: &Model, name: &str, text: &str) -> Result<Value, Failure> {
    let Some(property) = property(model, name) else { return Ok(guessed(text)) };
    if property["type"] != "array" {
        return scalar(name, property, text);
    }
    match serde_json::from_str(text) {
        Ok(Value::Array(items)) => Ok(Value::Array(items)),
        _ => Ok(Value::Array(vec![scalar(name, &property["items"], text)?])),
    }
}

fn scalar(name: &str, schema: &Value, text: &str) -> Result<Value, Failure> {
    let wrong = |wanted: &str| {
        let hint = format!("write `-i {name}:=JSON` to send something else all the same");
        Failure::usage(format!("{name} wants {wanted}, not {text:?}")).hint(hint)
    };
    if is_media(schema) {
        let is_named = text.starts_with('@') || is_address(text);
        return Ok(if is_named { text.into() } else { format!("@{text}").into() });
    }
    match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().map(Value::from).map_err(|_| wrong("a whole number")),
        Some("number") => number(text).ok_or_else(|| wrong("a number")),
        Some("boolean") => text.parse::<bool>().map(Value::from).map_err(|_| wrong("true or false")),
        Some("string") => match text.strip_prefix('@') {
            Some(path) => read_text(path).map(|text| text.trim_end_matches('\n').into()),
            None => Ok(text.into()),
        },
        _ => Ok(guessed(text)),
    }
}

/// Of an unknown parameter: what reads as JSON other than text is that, the rest is text.
fn guessed(text: &str) -> Value {
    serde_json::from_str(text).ok().filter(|value: &Value| !value.is_string()).unwrap_or_else(|| text.into())
}

/// What the document says of a parameter.
fn property<'a>(model: &Model, name: &str) -> Option<&'a Value> {
    model.schema()?["properties"].get(name)
}

fn is_media(schema: &Value) -> bool {
    schema["format"] == "uri" || schema["items"]["format"] == "uri"
}

fn is_address(text: &str) -> bool {
    ["https://", "http://", "data:"].iter().any(|scheme| text.starts_with(scheme))
}

/// A number, kept whole when it is written so.
fn number(text: &str) -> Option<Value> {
    let whole = text.parse::<i64>().ok().map(Value::from);
    whole.or_else(|| text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number))
}

fn read_text(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|e| Failure::io(path, &e))
}

/// The object that `--input` stands for.
fn read_json(given: &str) -> Result<Map<String, Value>, Failure> {
    let text = match given.strip_prefix('@') {
        Some(path) => read_text(path)?,
        None if given == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|e| Failure::io("stdin", &e))?;
            text
        }
        None => given.to_owned(),
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::usage("--input must be an object of parameters, like {\"prompt\": \"a lion\"}")),
        Err(e) => Err(Failure::usage(format!("--input is no valid JSON: {e}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn build(model: &str, words: &[&str]) -> Result<Map<String, Value>, Failure> {
        let assignments = words.iter().map(|word| Assignment::parse(word).unwrap()).collect();
        Parameters { assignments, input: None }.build(&Model::from(model), None).map(|input| input.parameters)
    }

    #[test]
    fn values_get_the_type_that_the_model_wants() {
        for (model, words, expected) in [
            ("p-image", &["seed=42", "prompt=42"][..], json!({"seed": 42, "prompt": "42"})),
            ("p-image", &["lora_scale=1", "prompt=true"], json!({"lora_scale": 1, "prompt": "true"})),
            ("p-image", &["lora_scale=0.5", "prompt==x"], json!({"lora_scale": 0.5, "prompt": "=x"})),
            ("flux-dev-lora", &["megapixels=1"], json!({"megapixels": "1"})),
            (
                "wan-i2v",
                &["go_fast=false", "image=https://h/a.jpg"],
                json!({"go_fast": false, "image": "https://h/a.jpg"}),
            ),
            (
                "p-image-edit",
                &["images=https://h/a", "images=https://h/b"],
                json!({"images": ["https://h/a", "https://h/b"]}),
            ),
            ("p-image-edit", &["images=[\"https://h/a\"]"], json!({"images": ["https://h/a"]})),
            ("z-image-turbo-lora", &["lora_scales=1", "lora_scales=0.5"], json!({"lora_scales": [1, 0.5]})),
            ("p-image", &["seed:=\"x\""], json!({"seed": "x"})),
            ("p-image", &["seed=1", "seed=2"], json!({"seed": 2})),
            (
                "p-new",
                &["a=1", "b=true", "c=x", "d=[1]", "e=\"q\"", "f:=\"q\""],
                json!({"a": 1, "b": true, "c": "x", "d": [1], "e": "\"q\"", "f": "q"}),
            ),
        ] {
            assert_eq!(Value::Object(build(model, words).unwrap()), expected, "{model} {words:?}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_what_is_wanted() {
        for (word, expected) in [
            ("seed=many", "seed wants a whole number, not \"many\""),
            ("seed=1.5", "seed wants a whole number, not \"1.5\""),
            ("lora_scale=big", "lora_scale wants a number, not \"big\""),
        ] {
            let failure = build("p-image", &[word]).unwrap_err();
            assert_eq!((failure.code, failure.message.as_str()), (crate::failure::Code::Usage, expected));
        }
        assert_eq!(build("wan-i2v", &["go_fast=yes"]).unwrap_err().message, "go_fast wants true or false, not \"yes\"");
        for word in ["seed", "=x", ":=1", "a:={"] {
            assert!(Assignment::parse(word).is_err(), "{word}");
        }
    }

    #[test]
    fn files_are_named_by_path_where_the_model_takes_media_and_read_where_it_takes_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b.txt");
        fs::write(&path, "a lion\nat dusk\n").unwrap();
        let path = path.to_str().unwrap();
        let text = build("p-image", &[&format!("prompt=@{path}")]).unwrap();
        assert_eq!(text["prompt"], "a lion\nat dusk");
        for word in [format!("images=@{path}"), format!("images={path}"), format!("images=[\"@{path}\"]")] {
            let media = build("p-image-edit", &[&word]).unwrap();
            assert!(media["images"][0].as_str().unwrap().starts_with("file://"), "{word}");
        }
        assert!(build("p-new", &[&format!("x=@{path}")]).unwrap()["x"].as_str().unwrap().starts_with("file://"));
        for word in ["images=@missing.jpg", "images=missing.jpg"] {
            let failure = build("p-image-edit", &[word]).unwrap_err();
            assert_eq!(failure.message, "images: missing.jpg does not exist");
            assert_eq!(failure.code, crate::failure::Code::Files);
        }
    }
}
