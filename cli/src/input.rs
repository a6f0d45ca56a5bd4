//! From the command line to a model's input: values typed by the model's schema, local files by their paths.

mod assignment;
mod options;
mod value;

pub(crate) use self::{
    options::{InputOptions, ParameterOptions},
    value::{TextFiles, typed},
};

use std::path::{Path, PathBuf};

use pruna::{Media, Model, Parameter};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// The input of a request, with references to local files.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The parameters as the library takes them.
    pub(crate) parameters: Map<String, Value>,
    /// The local files that they refer to.
    pub(crate) files: Vec<PathBuf>,
}

impl Input {
    /// Creates an input from JSON in which media parameters may name files as `@path`. Undocumented parameters may do so
    /// only if `accepts_file` returns true.
    pub(crate) fn new(
        model: &Model,
        json: &Map<String, Value>,
        accepts_file: impl Fn(&str) -> bool,
    ) -> Result<Self, Failure> {
        let mut input = Self { parameters: Map::new(), files: Vec::new() };
        for (name, value) in json {
            let may_be_file = value::parameter(model, name).map_or_else(|| accepts_file(name), Parameter::is_media);
            let value = if may_be_file { input.replace_paths(name, value)? } else { value.clone() };
            input.parameters.insert(name.clone(), value);
        }
        Ok(input)
    }

    /// Returns the value with files in place of `@path`.
    fn replace_paths(&mut self, name: &str, value: &Value) -> Result<Value, Failure> {
        match value {
            Value::String(text) => match text.strip_prefix('@') {
                Some(path) => self.add_file(name, path),
                None => Ok(value.clone()),
            },
            Value::Array(items) => {
                let items = items.iter().map(|item| self.replace_paths(name, item));
                items.collect::<Result<_, _>>().map(Value::Array)
            }
            other => Ok(other.clone()),
        }
    }

    /// Adds a local file and returns the value that makes the library upload it.
    fn add_file(&mut self, name: &str, path: &str) -> Result<Value, Failure> {
        let value = media(name, Path::new(path))?;
        self.files.push(PathBuf::from(path));
        Ok(value)
    }
}

/// Returns the value that makes the library upload a local file.
fn media(name: &str, path: &Path) -> Result<Value, Failure> {
    if !path.is_file() {
        let reason = if path.exists() { "is not a file" } else { "does not exist" };
        return Err(Failure::files(format!("{name}: {} {reason}", path.display())));
    }
    serde_json::to_value(Media::path(path)).map_err(|e| Failure::files(format!("{name}: {e}")))
}
