//! Parameters as they are written on the command line.

use std::ffi::{OsStr, OsString};

use serde_json::Value;

use crate::os_text;

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
    /// What is not Unicode can only be a path.
    Os(OsString),
    Json(Value),
}

impl Assignment {
    pub(super) fn parse(text: &OsStr) -> Result<Self, String> {
        let (name, value) = os_text::split_assignment(text).ok_or("write it as KEY=VALUE, KEY=@FILE or KEY:=JSON")?;
        let (name, value) = match (name.strip_suffix(':'), value.into_string()) {
            (Some(name), Ok(value)) => {
                let json = serde_json::from_str(&value).map_err(|e| format!("invalid JSON: {e}"))?;
                (name.to_owned(), AssignedValue::Json(json))
            }
            (Some(_), Err(_)) => return Err("invalid JSON: it is not valid UTF-8".into()),
            (None, Ok(value)) => (name, AssignedValue::Text(value)),
            (None, Err(value)) => (name, AssignedValue::Os(value)),
        };
        if name.is_empty() {
            return Err("the name of the parameter is missing".into());
        }
        Ok(Self { name, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_assignment_is_rejected() {
        for text in ["seed", "=x", ":=1", "a:={"] {
            assert!(Assignment::parse(OsStr::new(text)).is_err(), "{text}");
        }
    }
}
