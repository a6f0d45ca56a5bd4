//! Parameters as they are written on the command line.

use serde_json::Value;

/// A parameter: `KEY=VALUE`, `KEY=@FILE` or `KEY:=JSON`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment {
    pub(super) name: String,
    pub(super) value: AssignedValue,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum AssignedValue {
    /// Text whose type depends on the parameter.
    Text(String),
    Json(Value),
}

impl Assignment {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or("write it as KEY=VALUE, KEY=@FILE or KEY:=JSON")?;
        let (name, value) = match name.strip_suffix(':') {
            Some(name) => {
                let json = serde_json::from_str(value).map_err(|e| format!("invalid JSON: {e}"))?;
                (name, AssignedValue::Json(json))
            }
            None => (name, AssignedValue::Text(value.to_owned())),
        };
        if name.is_empty() {
            return Err("the name of the parameter is missing".into());
        }
        Ok(Self { name: name.to_owned(), value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_assignment_is_rejected() {
        for text in ["seed", "=x", ":=1", "a:={"] {
            assert!(Assignment::parse(text).is_err(), "{text}");
        }
    }
}
