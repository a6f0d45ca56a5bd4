//! The items of a batch, read from JSON lines or CSV. Everything that is wrong with them is found before anything is sent.

use std::{collections::HashMap, fmt, io::Read as _, path::Path};

use pruna::{Model, Request};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    failure::{self, Failure},
    input::{self, Input},
    jobs,
};

/// One request of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Number, from 0.
    pub(super) index: usize,
    /// What its files are called.
    pub(super) name: Option<String>,
    pub(super) model: Model,
    /// The input as it was given, with files as `@path`.
    pub(super) given: Map<String, Value>,
    parameters: Map<String, Value>,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    line: u64,
    message: String,
}

/// A line as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    model: Model,
    input: Map<String, Value>,
    #[serde(default)]
    name: Option<String>,
}

impl Item {
    /// The item as the library takes it.
    pub(super) fn request(&self) -> Request {
        let request = Request::new(&self.model, &self.parameters);
        match &self.name {
            Some(name) => request.name(name),
            None => request,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Reads a file of items, `-` for stdin.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().read_to_string(&mut text).map(drop),
        _ => std::fs::read_to_string(path).map(|content| text = content),
    };
    read.map_err(|e| Failure::io(path.display(), &e))?;
    Ok(text)
}

/// The items in a text: CSV when its name says so, or when it comes without a name and does not look like JSON.
pub(super) fn parse(text: &str, path: &Path, check: bool) -> (Vec<Item>, Vec<Problem>) {
    let text = text.trim_start_matches('\u{feff}');
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    let is_csv = match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some(extension) => extension == "csv",
        None => !text.trim_start().starts_with('{') && !text.trim().is_empty(),
    };
    let mut collector = Collector { check, items: Vec::new(), problems: Vec::new(), names: HashMap::new() };
    if is_csv {
        csv(text, &mut collector)
    } else {
        json_lines(text, &mut collector)
    }
    (collector.items, collector.problems)
}

fn json_lines(text: &str, collector: &mut Collector) {
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Line>(line) {
            Ok(line) => collector.add(number, line),
            Err(e) => collector.problem(number, strip_place(&e.to_string())),
        }
    }
}

/// The place that serde gives is within the line: always line 1.
fn strip_place(message: &str) -> String {
    match message.rsplit_once(" at line 1 column ") {
        Some((what, column)) => format!("{what}, at column {column}"),
        None => message.to_owned(),
    }
}

/// A table: `model`, if need be `name`, and a column for each parameter. An empty cell sets nothing.
fn csv(text: &str, collector: &mut Collector) {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).flexible(false).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(e) => return collector.problem(1, e.to_string()),
    };
    if !header.iter().any(|column| column == "model") {
        return collector.problem(1, "the table has no column `model`");
    }
    for row in reader.records() {
        match row {
            Ok(row) => {
                let number = row.position().map_or(0, csv::Position::line);
                match from_row(&header, &row) {
                    Ok(line) => collector.add(number, line),
                    Err(failure) => collector.problem(number, failure.message),
                }
            }
            Err(e) => collector.problem(e.position().map_or(0, csv::Position::line), e.to_string()),
        }
    }
}

fn from_row(header: &csv::StringRecord, row: &csv::StringRecord) -> Result<Line, Failure> {
    let cells: Vec<(&str, &str)> = header.iter().zip(row).filter(|(_, cell)| !cell.is_empty()).collect();
    let of = |name: &str| cells.iter().find(|(column, _)| *column == name).map(|(_, cell)| *cell);
    let model = Model::from(of("model").ok_or_else(|| Failure::usage("it has no model"))?);
    let mut parameters = Map::new();
    for (column, cell) in &cells {
        let name = column.strip_prefix("input.").unwrap_or(column);
        if *column != "model" && *column != "name" {
            parameters.insert(name.to_owned(), input::typed(&model, name, cell)?);
        }
    }
    Ok(Line { model, input: parameters, name: of("name").map(str::to_owned) })
}

/// Gathers items, and everything that is wrong.
struct Collector {
    check: bool,
    items: Vec<Item>,
    problems: Vec<Problem>,
    /// Names that are taken, and the line that took them.
    names: HashMap<String, u64>,
}

impl Collector {
    fn problem(&mut self, line: u64, message: impl Into<String>) {
        self.problems.push(Problem { line, message: message.into() });
    }

    fn add(&mut self, number: u64, line: Line) {
        let Line { model, input, name } = line;
        if let Some(name) = &name {
            self.check_name(number, name);
        }
        let parameters = match Input::new(&model, &input, |_| false) {
            Ok(input) => input.parameters,
            Err(failure) => return self.problem(number, failure.message),
        };
        let item = Item { index: self.items.len(), name, model, given: input, parameters };
        if self.check {
            self.check_document(number, &item);
        }
        self.items.push(item);
    }

    /// A name becomes the name of files.
    fn check_name(&mut self, number: u64, name: &str) {
        let harmless = |c: char| c.is_alphanumeric() || " ._-".contains(c);
        if name.is_empty() || name.len() > 100 || name.trim_matches(['.', ' ']) != name || !name.chars().all(harmless) {
            let wanted = "letters, digits, blanks, `.`, `_` and `-`, at most 100, none of `.` and blank at the ends";
            self.problem(number, format!("the name {name:?} is no name for a file: {wanted}"));
        }
        if let Some(first) = self.names.insert(name.to_lowercase(), number) {
            self.problem(number, format!("the name {name:?} was used on line {first}"));
        }
    }

    /// What the document says against an item.
    fn check_document(&mut self, number: u64, item: &Item) {
        if !item.model.is_documented() {
            let hint = failure::unknown_model(&item.model);
            self.problem(number, format!("there is no documented model {}; {hint}", item.model));
        }
        for warning in jobs::warnings(&item.request()) {
            self.problem(number, warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(name: &str, text: &str) -> Vec<String> {
        parse(text, Path::new(name), true).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn json_lines_and_tables_say_the_same() {
        let lines = concat!(
            "{\"model\": \"p-image\", \"input\": {\"prompt\": \"a \\\"lion\\\", at dusk\", \"seed\": 7}, \"name\": \"lion\"}\n",
            "\n",
            "{\"model\": \"p-image\", \"input\": {\"prompt\": \"42\"}}\n"
        );
        let table = "model,name,prompt,input.seed\np-image,lion,\"a \"\"lion\"\", at dusk\",7\np-image,,42,\n";
        for (name, text) in [("a.jsonl", lines), ("-", lines), ("a.csv", table), ("-", table), ("a.CSV", table)] {
            let (items, problems) = parse(text, Path::new(name), true);
            assert_eq!(problems, [], "{name}");
            let found: Vec<_> =
                items.iter().map(|i| (i.index, i.name.as_deref(), Value::from(i.given.clone()))).collect();
            let expected = [
                (0, Some("lion"), json!({"prompt": "a \"lion\", at dusk", "seed": 7})),
                (1, None, json!({"prompt": "42"})),
            ];
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn every_bad_line_is_found() {
        let text = concat!(
            "{\"model\": \"p-image\", \"input\": {}}\n",
            "{\"model\": \"p-imgae\", \"input\": {\"prompt\": \"x\"}}\n",
            "{\"model\": \"p-image\", \"input\": {\"prompt\": \"x\", \"seeds\": 1}}\n",
            "{\"model\": \"p-image\", \"prompt\": \"x\"}\n",
            "nonsense\n",
            "{\"model\": \"p-image-edit\", \"input\": {\"prompt\": \"x\", \"images\": [\"@missing.jpg\"]}}\n",
            "{\"model\": \"p-image\", \"input\": {\"prompt\": \"x\"}, \"name\": \"../x\"}\n",
            "{\"model\": \"p-image\", \"input\": {\"prompt\": \"x\"}, \"name\": \"a\"}\n",
            "{\"model\": \"p-image\", \"input\": {\"prompt\": \"x\"}, \"name\": \"A\"}\n",
        );
        let expected = [
            "line 1: prompt: is required",
            "line 2: there is no documented model p-imgae; did you mean `p-image`? `pruna models` lists them all",
            "line 3: seeds: p-image does not document this parameter, and refuses what it does not know; did you mean `seed`?",
            "line 4: unknown field `prompt`, expected one of `model`, `input`, `name`, at column 29",
            "line 5: expected ident, at column 2",
            "line 6: images: missing.jpg does not exist",
            "line 7: the name \"../x\" is no name for a file: letters, digits, blanks, `.`, `_` and `-`, at most 100, none of `.` and blank at the ends",
            "line 9: the name \"A\" was used on line 8",
        ];
        assert_eq!(problems("a.jsonl", text), expected);
    }

    #[test]
    fn a_bad_table_is_found_out() {
        for (text, expected) in [
            ("prompt\nx\n", "line 1: the table has no column `model`"),
            ("model,prompt\n,x\n", "line 2: it has no model"),
            ("model,prompt,seed\np-image,x,many\n", "line 2: seed wants a whole number, not \"many\""),
        ] {
            assert_eq!(problems("a.csv", text), [expected]);
        }
        assert!(problems("a.csv", "model,prompt\np-image,x,y\n")[0].contains("found record with 3 fields"));
    }

    #[test]
    fn what_the_document_does_not_know_can_be_sent_all_the_same() {
        let text = "{\"model\": \"p-new\", \"input\": {\"anything\": 1}}";
        assert_eq!(parse(text, Path::new("-"), true).1.len(), 1);
        assert_eq!(parse(text, Path::new("-"), false).1, []);
    }
}
