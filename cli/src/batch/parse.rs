//! Parsing of batch files: JSON lines or CSV.

use std::path::Path;

use pruna::Model;
use serde_json::Map;

use super::{
    item::Item,
    validate::{Checks, Line, Problem, Validator},
};
use crate::{
    failure::Failure,
    input::{self, TextFiles},
};

/// Parses the items in a text. It is CSV if the file extension is `csv`; without an extension, if it does not start like JSON.
pub(super) fn parse(text: &str, path: &Path, checks: Checks) -> (Vec<Item>, Vec<Problem>) {
    let text = text.trim_start_matches('\u{feff}');
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    let is_csv = match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some(extension) => extension == "csv",
        None => !text.trim_start().starts_with('{') && !text.trim().is_empty(),
    };
    let mut validator = Validator::new(checks);
    if is_csv {
        parse_csv(text, &mut validator);
    } else {
        parse_json_lines(text, &mut validator);
    }
    validator.finish()
}

fn parse_json_lines(text: &str, validator: &mut Validator) {
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Line>(line) {
            Ok(line) => validator.add(number, line),
            Err(e) => validator.add_problem(number, without_line(&e.to_string())),
        }
    }
}

/// Removes the line number from an error of serde, which is always 1, and keeps the column.
fn without_line(message: &str) -> String {
    match message.rsplit_once(" at line 1 column ") {
        Some((reason, column)) => format!("{reason}, at column {column}"),
        None => message.to_owned(),
    }
}

/// Parses a table with the column `model`, optionally `name` and `label`, and one for each parameter. An empty cell sets nothing.
fn parse_csv(text: &str, validator: &mut Validator) {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).flexible(false).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(e) => return validator.add_problem(1, e.to_string()),
    };
    if !header.iter().any(|column| column == "model") {
        return validator.add_problem(1, "the table has no column `model`");
    }
    let mut columns: Vec<&str> = header.iter().map(|column| column.strip_prefix("input.").unwrap_or(column)).collect();
    columns.sort_unstable();
    if let Some(twice) = columns.windows(2).find(|pair| pair[0] == pair[1]) {
        return validator.add_problem(1, format!("the table has two columns `{}`; remove or rename one", twice[0]));
    }
    if text.matches('"').count() % 2 == 1 {
        // The parser would take everything behind it for one cell.
        return validator.add_problem(1, "a quote is not closed; write a quote within a quoted cell as \"\"");
    }
    for row in reader.records() {
        match row {
            Ok(row) => {
                let number = row.position().map_or(0, csv::Position::line);
                match parse_row(&header, &row) {
                    Ok(line) => validator.add(number, line),
                    Err(failure) => validator.add_problem(number, failure.message),
                }
            }
            Err(e) => validator.add_problem(e.position().map_or(0, csv::Position::line), e.to_string()),
        }
    }
}

fn parse_row(header: &csv::StringRecord, row: &csv::StringRecord) -> Result<Line, Failure> {
    let cells: Vec<(&str, &str)> = header.iter().zip(row).filter(|(_, cell)| !cell.is_empty()).collect();
    let cell = |name: &str| cells.iter().find(|(column, _)| *column == name).map(|(_, cell)| *cell);
    let model = Model::from(cell("model").ok_or_else(|| Failure::usage("the cell `model` is empty"))?);
    let mut parameters = Map::new();
    for (column, cell) in &cells {
        let name = column.strip_prefix("input.").unwrap_or(column);
        if !["model", "name", "label"].contains(column) {
            parameters.insert(name.to_owned(), input::typed(&model, name, cell, TextFiles::Keep)?);
        }
    }
    let text = |name| cell(name).map(str::to_owned);
    Ok(Line { model, input: parameters, name: text("name"), label: text("label") })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn checks(schema: bool) -> Checks {
        Checks { schema, files_below: None, label: None }
    }

    fn problems(name: &str, text: &str) -> Vec<String> {
        parse(text, Path::new(name), checks(true)).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn json_lines_and_tables_give_the_same_items() {
        let lines = concat!(
            "{\"model\": \"p-image\", \"input\": {\"prompt\": \"a \\\"lion\\\", at dusk\", \"seed\": 7}, \"name\": \"lion\"}\n",
            "\n",
            "{\"model\": \"p-image\", \"input\": {\"prompt\": \"42\"}}\n"
        );
        let table = "model,name,prompt,input.seed\np-image,lion,\"a \"\"lion\"\", at dusk\",7\np-image,,42,\n";
        for (name, text) in [("a.jsonl", lines), ("-", lines), ("a.csv", table), ("-", table), ("a.CSV", table)] {
            let (items, problems) = parse(text, Path::new(name), checks(true));
            assert_eq!(problems, [], "{name}");
            let found: Vec<_> =
                items.iter().map(|i| (i.index, i.name.as_deref(), Value::from(i.input.clone()))).collect();
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
            "line 2: the model p-imgae is not documented; did you mean `p-image`? `pruna models` lists all models",
            "line 3: seeds: p-image does not document this parameter, and rejects unknown ones; did you mean `seed`?",
            "line 4: unknown field `prompt`, expected one of `model`, `input`, `name`, `label`, at column 29",
            "line 5: expected ident, at column 2",
            "line 6: images: missing.jpg does not exist",
            "line 7: the name \"../x\" is not valid as a file name: use letters, digits, spaces, `.`, `_` and `-`, at most 120 bytes, no space, `.` or `-` at the start and no space or `.` at the end",
            "line 9: the name \"A\" is already used on line 8",
        ];
        assert_eq!(problems("a.jsonl", text), expected);
    }

    #[test]
    fn every_bad_row_is_found() {
        for (text, expected) in [
            ("prompt\nx\n", "line 1: the table has no column `model`"),
            ("model,prompt\n,x\n", "line 2: the cell `model` is empty"),
            ("model,prompt,seed\np-image,x,many\n", "line 2: seed must be an integer, not \"many\""),
        ] {
            assert_eq!(problems("a.csv", text), [expected]);
        }
        assert!(problems("a.csv", "model,prompt\np-image,x,y\n")[0].contains("found record with 3 fields"));
    }

    #[test]
    fn undocumented_models_are_accepted_without_the_check() {
        let text = "{\"model\": \"p-new\", \"input\": {\"anything\": 1}}";
        assert_eq!(parse(text, Path::new("-"), checks(true)).1.len(), 1);
        assert_eq!(parse(text, Path::new("-"), checks(false)).1, []);
    }

    #[test]
    fn a_table_is_read_strictly_and_its_text_stays_text() {
        let secret = "model,prompt,images\np-image-edit,@/proc/self/environ,https://h/a.jpg\n";
        let (items, problems) = parse(secret, Path::new("a.csv"), checks(true));
        assert_eq!((problems.len(), &items[0].parameters["prompt"]), (0, &json!("@/proc/self/environ")));
        for (table, problem) in [
            ("model,prompt,prompt\np-image,a,b\n", "two columns `prompt`"),
            ("model,prompt,input.prompt\np-image,a,b\n", "two columns `prompt`"),
            ("model,prompt\np-image,\"a\np-image,b\n", "a quote is not closed"),
        ] {
            let found = problems_of(table);
            assert!(found.len() == 1 && found[0].contains(problem), "{found:?}");
        }
    }

    fn problems_of(table: &str) -> Vec<String> {
        problems("a.csv", table)
    }
}
