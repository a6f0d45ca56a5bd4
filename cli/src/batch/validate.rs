//! Validation of items: every problem is found before anything is sent.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use pruna::Model;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::item::Item;
use crate::{cost::parse_label, file_name, input::Input, suggest, warnings};

/// A line of a JSON lines file, or a row of a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) model: Model,
    pub(super) input: Map<String, Value>,
    #[serde(default)]
    pub(super) name: Option<String>,
    /// Label for the ledger.
    #[serde(default)]
    pub(super) label: Option<String>,
}

/// What is wrong with a line of the batch file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    line: u64,
    message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Which checks apply to the items of a batch file, and what they have in common.
#[derive(Clone, Debug)]
pub(crate) struct Checks {
    /// Whether items must match the documented schema.
    pub(crate) schema: bool,
    /// The directory below which local files may be uploaded; anywhere if there is none. A batch file may come from others,
    /// and what it names leaves this machine.
    pub(crate) files_below: Option<PathBuf>,
    /// Label of items that have none.
    pub(crate) label: Option<String>,
}

/// Collects items and the problems in them.
pub(super) struct Validator {
    checks: Checks,
    items: Vec<Item>,
    problems: Vec<Problem>,
    /// The names so far, in lower case, with their lines.
    names: HashMap<String, u64>,
}

impl Validator {
    pub(super) fn new(checks: Checks) -> Self {
        Self { checks, items: Vec::new(), problems: Vec::new(), names: HashMap::new() }
    }

    /// Returns the items and the problems.
    pub(super) fn finish(self) -> (Vec<Item>, Vec<Problem>) {
        (self.items, self.problems)
    }

    pub(super) fn add_problem(&mut self, line: u64, message: impl Into<String>) {
        self.problems.push(Problem { line, message: message.into() });
    }

    /// Validates an item and adds it.
    pub(super) fn add(&mut self, line: u64, Line { model, input, name, label }: Line) {
        if let Some(name) = &name {
            self.check_name(line, name);
        }
        if let Some(Err(problem)) = label.as_deref().map(parse_label) {
            self.add_problem(line, problem);
        }
        let label = label.or_else(|| self.checks.label.clone());
        let Input { parameters, files } = match Input::new(&model, &input, |_| false) {
            Ok(input) => input,
            Err(failure) => return self.add_problem(line, failure.message),
        };
        for file in &files {
            self.check_place(line, file);
        }
        let item = Item { index: self.items.len(), line, name, label, model, input, parameters, files };
        if self.checks.schema {
            self.check_schema(line, &item);
        }
        self.items.push(item);
    }

    /// Checks that a local file may be uploaded. Symbolic links count as what they lead to.
    fn check_place(&mut self, line: u64, file: &Path) {
        let Some(dir) = &self.checks.files_below else { return };
        let is_below = file.canonicalize().is_ok_and(|file| file.starts_with(dir));
        if !is_below {
            let message = format!(
                "{} is outside of {}, the directory of the batch file; --allow-files permits files from anywhere",
                file.display(),
                dir.display()
            );
            self.add_problem(line, message);
        }
    }

    /// Checks a name, which becomes the name of files.
    fn check_name(&mut self, line: u64, name: &str) {
        if !file_name::is_stem(name) {
            let rule = "use letters, digits, spaces, `.`, `_` and `-`, at most 120 bytes, no space, `.` or `-` at the start \
                        and no space or `.` at the end";
            self.add_problem(line, format!("the name {name:?} is not valid as a file name: {rule}"));
        }
        if let Some(first) = self.names.insert(name.to_lowercase(), line) {
            self.add_problem(line, format!("the name {name:?} is already used on line {first}"));
        }
    }

    /// Checks an item against the OpenAPI document.
    fn check_schema(&mut self, line: u64, item: &Item) {
        if !item.model.is_documented() {
            let hint = suggest::unknown_model(&item.model);
            self.add_problem(line, format!("the model {} is not documented; {hint}", item.model));
        }
        for warning in warnings::of(&item.request()) {
            self.add_problem(line, warning);
        }
    }
}
