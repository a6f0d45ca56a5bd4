//! Command-line options for a model and its input.

use clap::Args;
use pruna::Model;
use serde_json::{Map, Value};

use super::{
    Input,
    assignment::{AssignedValue, Assignment},
    value::{TextFiles, typed},
};
use crate::{failure::Failure, source};

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
    #[arg(short = 'i', value_name = "KEY=VALUE", value_parser = Assignment::parse)]
    assignments: Vec<Assignment>,
    /// All parameters as a JSON object, from the argument, a file or stdin (-); the prompt and -i override it
    #[arg(long, value_name = "JSON|@FILE|-")]
    input: Option<String>,
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
        for Assignment { name, value } in &self.assignments {
            let value = match value {
                AssignedValue::Json(value) => value.clone(),
                AssignedValue::Text(text) => typed(model, name, text, TextFiles::Read)?,
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
        Input::new(model, &json, |name| assigned.iter().any(|assigned| *assigned == name))
    }
}

/// Reads the object that `--input` names.
fn read_object(argument: &str) -> Result<Map<String, Value>, Failure> {
    let text = match argument.strip_prefix('@') {
        Some(path) => source::read_file(path)?,
        None if argument == "-" => source::read_stdin()?,
        None => argument.to_owned(),
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
        let assignments = words.iter().map(|word| Assignment::parse(word).unwrap()).collect();
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
