//! Command-line options for a model and its input.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use clap::{
    Args,
    builder::{OsStringValueParser, TypedValueParser as _},
};
use pruna::{Model, Parameter, ParameterType};
use serde_json::{Map, Value};

use super::{
    Input,
    assignment::{AssignedValue, Assignment},
    value::{self, TextFiles, typed},
};
use crate::{failure::Failure, os_text, source};

/// A model and its input.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputOptions {
    /// Model id; `pruna models` lists all models
    model: String,
    /// Prompt; short for `-i prompt=PROMPT`
    prompt: Option<String>,
    #[command(flatten)]
    parameters: ParameterOptions,
}

/// The parameters of a model.
#[derive(Clone, Debug, Args)]
pub(crate) struct ParameterOptions {
    /// Parameter: KEY=VALUE, converted by the model's schema; KEY=@FILE for a local file; KEY:=JSON for JSON; repeat a
    /// key for a list
    #[arg(short = 'i', value_name = "KEY=VALUE", value_parser = OsStringValueParser::new().try_map(|text| Assignment::parse(&text)))]
    assignments: Vec<Assignment>,
    /// All parameters as a JSON object, from the argument, a file or stdin (-); the prompt and -i override it
    #[arg(long, value_name = "JSON|@FILE|-")]
    input: Option<OsString>,
}

impl InputOptions {
    pub(crate) fn model(&self) -> Model {
        Model::from(self.model.as_str())
    }

    /// Builds the input.
    pub(crate) fn build(&self) -> Result<Input, Failure> {
        self.parameters.build(&self.model(), self.prompt.as_deref())
    }
}

impl ParameterOptions {
    /// Builds the input: first the JSON, then the prompt, then the single parameters.
    pub(crate) fn build(&self, model: &Model, prompt: Option<&str>) -> Result<Input, Failure> {
        let mut json = match &self.input {
            Some(argument) => read_object(argument)?,
            None => Map::new(),
        };
        if let Some(prompt) = prompt {
            json.insert("prompt".into(), prompt.into());
        }
        let mut assigned = Vec::new();
        let mut files = Vec::new();
        for Assignment { name, value } in &self.assignments {
            let value = match value {
                AssignedValue::Json(value) => value.clone(),
                AssignedValue::Text(text) => typed(model, name, text, TextFiles::Read)?,
                AssignedValue::Os(path) => from_path(model, name, path, &mut files)?,
            };
            // A key that is repeated extends a list.
            match json.get_mut(name) {
                Some(Value::Array(list)) if assigned.contains(&name) => match value {
                    Value::Array(more) => list.extend(more),
                    item => list.push(item),
                },
                _ => drop(json.insert(name.clone(), value)),
            }
            assigned.push(name);
        }
        let mut input = Input::new(model, &json, |name| assigned.iter().any(|assigned| *assigned == name))?;
        input.files.append(&mut files);
        Ok(input)
    }
}

/// Converts a value that is not Unicode, which can only be a path.
fn from_path(model: &Model, name: &str, value: &OsStr, files: &mut Vec<PathBuf>) -> Result<Value, Failure> {
    let path = os_text::path_after_at(value);
    let parameter = value::parameter(model, name);
    let is_media = parameter.map_or(path.is_some(), Parameter::is_media);
    let is_list = parameter.is_some_and(|parameter| matches!(parameter.parameter_type, ParameterType::List(_)));
    let path = match path {
        Some(path) => PathBuf::from(path),
        None if is_media => PathBuf::from(value),
        None => {
            return Err(Failure::usage(format!("{name}: the value is not valid UTF-8; only paths may be otherwise")));
        }
    };
    if !is_media {
        return Ok(source::read_file(path)?.trim_end_matches('\n').into());
    }
    let value = super::media(name, &path)?;
    files.push(path);
    Ok(if is_list { Value::Array(vec![value]) } else { value })
}

/// Reads the object that `--input` names.
fn read_object(argument: &OsStr) -> Result<Map<String, Value>, Failure> {
    let text = match (os_text::path_after_at(argument), argument.to_str()) {
        (Some(path), _) => source::read_file(path)?,
        (None, Some("-")) => source::read_stdin()?,
        (None, Some(json)) => json.to_owned(),
        (None, None) => return Err(Failure::usage("--input is not valid UTF-8")),
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::usage("--input must be a JSON object of parameters, like {\"prompt\": \"a lion\"}")),
        Err(e) => Err(Failure::usage(format!("--input is not valid JSON: {e}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exit_code::Code;

    fn build(model: &str, words: &[&str]) -> Result<Map<String, Value>, Failure> {
        let assignments = words.iter().map(|word| Assignment::parse(OsStr::new(word)).unwrap()).collect();
        ParameterOptions { assignments, input: None }.build(&Model::from(model), None).map(|input| input.parameters)
    }

    #[test]
    fn values_are_converted_to_the_type_of_the_parameter() {
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
    fn a_value_of_the_wrong_type_is_rejected_with_the_expected_type() {
        for (model, word, expected) in [
            ("p-image", "seed=many", "seed must be an integer, not \"many\""),
            ("p-image", "seed=1.5", "seed must be an integer, not \"1.5\""),
            ("p-image", "lora_scale=big", "lora_scale must be a number, not \"big\""),
            ("wan-i2v", "go_fast=yes", "go_fast must be true or false, not \"yes\""),
        ] {
            let failure = build(model, &[word]).unwrap_err();
            assert_eq!((failure.code, failure.message.as_str()), (Code::Usage, expected));
        }
    }

    #[test]
    fn files_are_uploaded_for_media_parameters_and_read_for_text_parameters() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a b.txt");
        std::fs::write(&path, "a lion\nat dusk\n").unwrap();
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
            assert_eq!(failure.code, Code::Files);
        }
    }
}
