//! `index.html`: a gallery of a batch's results that can be filtered, in one file that needs only the media beside it.

use std::fmt::Write as _;

use pruna::Usd;
use serde::Serialize;
use serde_json::Value;

use super::record::{File, Record};

const PAGE: &str = include_str!("gallery/page.html");
const STYLE: &str = include_str!("gallery/page.css");
const SCRIPT: &str = include_str!("gallery/page.js");

/// An item on the page.
#[derive(Serialize)]
struct GalleryItem<'a> {
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

impl<'a> From<&'a Record> for GalleryItem<'a> {
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

/// Renders the page for some records, in their order.
pub(super) fn page(records: &[&Record]) -> Result<String, serde_json::Error> {
    let items: Vec<GalleryItem<'_>> = records.iter().map(|record| GalleryItem::from(*record)).collect();
    let data = escape_for_html(&serde_json::to_string(&items)?);
    // The data is inserted last, so that placeholders in it are not replaced.
    let (before, after) = PAGE.split_once("/*DATA*/").unwrap_or((PAGE, ""));
    let before = before.replace("/*STYLE*/", STYLE);
    let after = after.replace("/*SCRIPT*/", SCRIPT);
    Ok(sign(before + &data + &after))
}

/// Adds a line with a checksum, by which [`is_own`] recognizes an unchanged page.
fn sign(page: String) -> String {
    let checksum = crc32fast::hash(page.as_bytes());
    format!("{page}<!-- pruna {checksum:08x} -->\n")
}

/// Whether a page was written by this program and not changed since.
pub(super) fn is_own(page: &str) -> bool {
    page.rfind("<!-- pruna ").is_some_and(|end| sign(page[..end].to_owned()) == page)
}

/// Escapes JSON so that no text in it can end the HTML element that contains it.
fn escape_for_html(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // In JSON these occur only within strings, where an escape has the same meaning.
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
    fn an_own_page_is_recognized_until_it_is_changed() {
        let page = page(&[]).unwrap();
        assert!(is_own(&page));
        for other in
            [page.replace("gallery", "lions"), format!("{page}\n"), page.replace("<!--", "<!-- x"), String::new()]
        {
            assert!(!is_own(&other));
        }
    }

    #[test]
    fn a_prompt_cannot_end_its_html_element() {
        let prompt = "</script><script>alert(1)</script><!-- & \u{2028} /*SCRIPT*/ /*STYLE*/";
        let json = serde_json::to_string(prompt).unwrap();
        let text = escape_for_html(&json);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), prompt);
    }
}
