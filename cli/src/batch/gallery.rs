//! `index.html`: what a batch made, to be looked at and filtered, in one file that needs nothing but the media beside it.

use std::fmt::Write as _;

use pruna::Usd;
use serde::Serialize;
use serde_json::Value;

use super::record::{File, Record};

const PAGE: &str = include_str!("gallery/page.html");
const STYLE: &str = include_str!("gallery/page.css");
const SCRIPT: &str = include_str!("gallery/page.js");

/// What the page knows of an item.
#[derive(Serialize)]
struct Shown<'a> {
    index: usize,
    name: Option<&'a str>,
    model: &'a str,
    prompt: Option<&'a str>,
    seed: Option<&'a Value>,
    status: &'a str,
    id: Option<&'a str>,
    files: &'a [File],
    elapsed_seconds: Option<f64>,
    cost_usd: Option<Usd>,
    error: Option<&'a str>,
}

impl<'a> From<&'a Record> for Shown<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            index: record.index,
            name: record.name.as_deref(),
            model: &record.model,
            prompt: record.input.get("prompt").and_then(Value::as_str),
            seed: record.input.get("seed"),
            status: &record.status,
            id: record.id.as_deref(),
            files: &record.files,
            elapsed_seconds: record.elapsed_seconds,
            cost_usd: record.cost_usd,
            error: record.error.as_deref(),
        }
    }
}

/// The page for some records, in their order.
pub(super) fn page(records: &[&Record]) -> Result<String, serde_json::Error> {
    let shown: Vec<Shown<'_>> = records.iter().map(|record| Shown::from(*record)).collect();
    let data = harmless(&serde_json::to_string(&shown)?);
    // The data goes in last: what it says is not searched for places to fill.
    let (before, after) = PAGE.split_once("/*DATA*/").unwrap_or((PAGE, ""));
    let before = before.replace("/*STYLE*/", STYLE);
    let after = after.replace("/*SCRIPT*/", SCRIPT);
    Ok(before + &data + &after)
}

/// JSON that cannot end the element it stands in, whatever a prompt says.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // All of these occur only within strings, where an escape means the same.
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => drop(write!(text, "\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_cannot_leave_its_place() {
        let prompt = "</script><script>alert(1)</script><!-- & \u{2028} /*SCRIPT*/ /*STYLE*/";
        let json = serde_json::to_string(prompt).unwrap();
        let text = harmless(&json);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), prompt);
    }
}
