//! `results.jsonl` as it was left by earlier runs.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    io,
    path::Path,
};

use serde_json::Value;

use super::{item::Item, record::Record};

/// The lines of a results file, by what they are about.
#[derive(Debug, Default)]
pub(super) struct ResultsFile {
    /// The last line about each item of the batch, by its index.
    pub(super) current: BTreeMap<usize, Line>,
    /// Lines about items that are not in the batch, as they were.
    pub(super) others: Vec<String>,
    /// Number of lines that this program did not write.
    pub(super) foreign: usize,
    /// Whether the file differs from what its lines say: superseded, cut or moved ones.
    pub(super) is_untidy: bool,
}

/// A line with its record.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) record: Record,
    pub(super) text: String,
}

impl ResultsFile {
    /// Reads a file, which may be missing.
    pub(super) fn read(path: &Path, items: &[Item]) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Self::parse(&String::from_utf8_lossy(&bytes), items)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(e),
        }
    }

    fn parse(text: &str, items: &[Item]) -> Self {
        let (mut file, mut places) = (Self::default(), Places::new(items));
        let cut = text.rsplit('\n').next().filter(|last| !last.is_empty());
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match serde_json::from_str::<Record>(line) {
                Ok(record) => file.add(record, line, &mut places),
                // The program was killed, or the disk was full, in the middle of the last line.
                Err(_) if cut == Some(line) && line.starts_with("{\"index\":") => {}
                Err(_) => file.foreign += 1,
            }
        }
        file.is_untidy |= cut.is_some();
        file
    }

    fn add(&mut self, mut record: Record, line: &str, places: &mut Places) {
        let Some(index) = places.find(&record) else { return self.others.push(line.to_owned()) };
        let mut text = line.to_owned();
        if record.index != index {
            record.index = index;
            text = with_index(line, index).unwrap_or(text);
            self.is_untidy = true;
        }
        self.is_untidy |= self.current.insert(index, Line { record, text }).is_some();
    }

    /// Returns the text of the file: one line for each item.
    pub(super) fn text(&self) -> String {
        let lines = self.others.iter().map(String::as_str).chain(self.current.values().map(|line| line.text.as_str()));
        lines.flat_map(|line| [line, "\n"]).collect()
    }
}

/// Replaces the index in a line and keeps everything else, also what others have added.
fn with_index(line: &str, index: usize) -> Option<String> {
    let mut value: Value = serde_json::from_str(line).ok()?;
    value["index"] = index.into();
    Some(value.to_string())
}

/// Where the items of earlier runs are in the batch now.
struct Places {
    /// The indices of items that no line was about yet, by what identifies an item.
    free: HashMap<String, VecDeque<usize>>,
    /// The new index by identity and index in the line.
    found: HashMap<(String, usize), usize>,
}

impl Places {
    fn new(items: &[Item]) -> Self {
        let mut free: HashMap<String, VecDeque<usize>> = HashMap::new();
        for item in items {
            free.entry(Record::identity_of(item)).or_default().push_back(item.index);
        }
        Self { free, found: HashMap::new() }
    }

    /// Returns the index of the item that a record is about: the one at its place, else the first equal one.
    fn find(&mut self, record: &Record) -> Option<usize> {
        let key = (record.identity(), record.index);
        if let Some(index) = self.found.get(&key) {
            return Some(*index);
        }
        let free = self.free.get_mut(&key.0)?;
        let position = free.iter().position(|index| *index == record.index).unwrap_or(0);
        let index = free.remove(position)?;
        self.found.insert(key, index);
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use pruna::Model;
    use serde_json::json;

    use super::*;

    fn items(prompts: &[&str]) -> Vec<Item> {
        let item = |(index, prompt): (usize, &&str)| {
            let input = json!({"prompt": prompt}).as_object().unwrap().clone();
            let parameters = input.clone();
            Item {
                index,
                line: index as u64 + 1,
                name: None,
                label: None,
                model: Model::P_IMAGE,
                input,
                parameters,
                files: Vec::new(),
            }
        };
        prompts.iter().enumerate().map(item).collect()
    }

    fn line(index: usize, prompt: &str, status: &str) -> String {
        json!({
            "index": index, "name": null, "model": "p-image", "input": {"prompt": prompt}, "status": status, "id": null,
            "files": [], "elapsed_seconds": null, "cost_usd": null, "error": null
        })
        .to_string()
    }

    fn statuses(file: &ResultsFile) -> Vec<(usize, &str)> {
        file.current.iter().map(|(index, line)| (*index, line.record.status.as_str())).collect()
    }

    #[test]
    fn lines_follow_their_items() {
        let text =
            [line(0, "lion", "failed"), line(1, "tiger", "succeeded"), line(0, "lion", "succeeded")].join("\n") + "\n";
        let file = ResultsFile::parse(&text, &items(&["bear", "lion", "tiger"]));
        assert_eq!(statuses(&file), [(1, "succeeded"), (2, "succeeded")]);
        assert!(file.is_untidy && file.others.is_empty() && file.foreign == 0);
        let again = ResultsFile::parse(&file.text(), &items(&["bear", "lion", "tiger"]));
        assert_eq!((again.is_untidy, again.text()), (false, file.text()));
    }

    #[test]
    fn equal_items_keep_their_own_lines() {
        let text = [line(0, "lion", "failed"), line(1, "lion", "succeeded")].join("\n") + "\n";
        let file = ResultsFile::parse(&text, &items(&["lion", "lion"]));
        assert_eq!(statuses(&file), [(0, "failed"), (1, "succeeded")]);
        assert!(!file.is_untidy);
        let file = ResultsFile::parse(&text, &items(&["bear", "lion", "lion"]));
        assert_eq!(file.current.len(), 2);
        let file = ResultsFile::parse(&text, &items(&["lion"]));
        assert_eq!((statuses(&file), file.others.len()), (vec![(0, "failed")], 1));
    }

    #[test]
    fn what_others_wrote_is_kept_or_counted() {
        let added = line(0, "lion", "succeeded").replace("\"model\"", "\"stars\":5,\"model\"");
        let text =
            format!("{added}\n{}\nmy notes\n{}", line(3, "gone", "succeeded"), &line(1, "tiger", "succeeded")[..40]);
        let text = text.replace(&line(1, "tiger", "succeeded")[..40], "{\"index\":1,\"name\":nu");
        let file = ResultsFile::parse(&text, &items(&["lion"]));
        assert_eq!((file.foreign, file.others.len(), file.is_untidy), (1, 1, true));
        assert!(file.text().contains("\"stars\":5"));
        let moved = ResultsFile::parse(&text, &items(&["bear", "lion"]));
        assert!(moved.text().contains("\"stars\":5"));
        for text in ["[1]\n", "a poem\n", "{\"index\": 1}\n", "a poem"] {
            assert_eq!(ResultsFile::parse(text, &items(&["lion"])).foreign, 1, "{text}");
        }
    }
}
