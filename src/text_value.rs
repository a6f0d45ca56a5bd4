//! Parses parameter values from text that a person typed.

use serde_json::{Number, Value};

use crate::{
    Error, Result,
    error::ErrorKind,
    parameters::{Parameter, ParameterType},
};

impl Parameter {
    /// Converts text, as a form or a command line supplies it, into a value of this parameter's type.
    ///
    /// A list is either a JSON array or one item. Media is the URL of a file on the web: a path in text from outside is
    /// never read. For a local file, use [`Media::path`](crate::Media::path) instead. Ranges and choices are not checked
    /// here; [`Request::warnings`](crate::Request::warnings) does that.
    ///
    /// ```
    /// use pruna::{Model, Request};
    /// use serde_json::{Map, Value};
    ///
    /// let fields = [("prompt", "a lion at dusk"), ("seed", "42"), ("prompt_upsampling", "true")];
    /// let mut input = Map::new();
    /// for parameter in Model::P_IMAGE.parameters() {
    ///     if let Some((name, text)) = fields.iter().find(|(name, _)| *name == parameter.name) {
    ///         input.insert(name.to_string(), parameter.parse(text)?);
    ///     }
    /// }
    /// assert_eq!(input["seed"], 42);
    /// assert!(Request::new(Model::P_IMAGE, input).warnings().is_empty());
    /// # Ok::<(), pruna::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput), with the name of the parameter as its [`field`](Error::field), if the text
    /// is not of this type.
    pub fn parse(&self, text: &str) -> Result<Value> {
        let value = match self.parameter_type {
            ParameterType::List(item) => match serde_json::from_str(text) {
                Ok(Value::Array(items)) => Ok(Value::Array(items)),
                _ => parse(*item, text).map(|item| Value::Array(vec![item])),
            },
            other => parse(other, text),
        };
        value.map_err(|expected| {
            let message = format!("{} must be {expected}, not {text:?}", self.name);
            Error::new(ErrorKind::InvalidInput, message).with_field(Some(self.name.to_owned()))
        })
    }
}

/// Converts text into a value, or says what it should have been.
fn parse(parameter_type: ParameterType, text: &str) -> Result<Value, &'static str> {
    let trimmed = text.trim();
    match parameter_type {
        ParameterType::Integer => trimmed.parse::<i64>().map(Value::from).map_err(|_| "an integer"),
        ParameterType::Number => number(trimmed).ok_or("a number"),
        ParameterType::Boolean => trimmed.parse::<bool>().map(Value::from).map_err(|_| "true or false"),
        ParameterType::Json | ParameterType::List(_) => serde_json::from_str(text).map_err(|_| "JSON"),
        ParameterType::Media => Ok(trimmed.into()),
        ParameterType::Text | ParameterType::Secret | ParameterType::Choice => Ok(text.into()),
    }
}

/// Parses a number, as an integer if it is written as one.
fn number(text: &str) -> Option<Value> {
    let integer = text.parse::<i64>().ok().map(Value::from);
    integer.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Model;

    fn parameter(model: Model, name: &str) -> &'static Parameter {
        model.parameters().iter().find(|parameter| parameter.name == name).unwrap()
    }

    #[test]
    fn text_becomes_a_value_of_the_parameters_type() {
        for (model, name, text, value) in [
            (Model::P_IMAGE, "prompt", "42", json!("42")),
            (Model::P_IMAGE, "seed", " 42 ", json!(42)),
            (Model::P_IMAGE, "aspect_ratio", "16:9", json!("16:9")),
            (Model::FLUX_DEV, "guidance", "3.5", json!(3.5)),
            (Model::FLUX_DEV, "guidance", "3", json!(3)),
            (Model::FLUX_2_KLEIN_4B, "go_fast", "true", json!(true)),
            (Model::P_IMAGE_EDIT, "images", "https://example.org/a.jpg", json!(["https://example.org/a.jpg"])),
            (Model::P_IMAGE_EDIT, "images", r#"["https://example.org/a.jpg"]"#, json!(["https://example.org/a.jpg"])),
        ] {
            assert_eq!(parameter(model, name).parse(text).unwrap(), value, "{name} {text}");
        }
    }

    #[test]
    fn text_of_another_type_is_an_error_that_names_the_parameter() {
        for (model, name, text, expected) in [
            (Model::P_IMAGE, "seed", "4.5", "seed must be an integer, not \"4.5\""),
            (Model::FLUX_DEV, "guidance", "NaN", "guidance must be a number, not \"NaN\""),
            (Model::FLUX_2_KLEIN_4B, "go_fast", "yes", "go_fast must be true or false, not \"yes\""),
        ] {
            let error = parameter(model, name).parse(text).unwrap_err();
            assert!(error.is_invalid_input() && error.message() == expected, "{error}");
            assert_eq!(error.field(), Some(name));
        }
    }

    #[test]
    fn a_path_from_outside_is_not_read() {
        let value = parameter(Model::P_IMAGE_EDIT, "images").parse("file:///etc/passwd").unwrap();
        assert_eq!(crate::media::reference(value[0].as_str().unwrap()), crate::media::Reference::Untrusted);
    }
}
