//! Random histories of batches: their file is edited, reordered and moved, the program is killed and run again.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::support::{Run, Service};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        #[cfg(unix)]
        no_history_pays_twice_or_loses_anything,
    ]
}

/// Histories, unless `PRUNA_HISTORIES` says otherwise.
const HISTORIES: usize = 40;
/// Edits and runs of each.
const STEPS: usize = 6;

/// One line of the batch file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    name: Option<String>,
    prompt: String,
}

/// One batch through its life.
struct History<'a> {
    service: &'a Service,
    random: fastrand::Rng,
    /// The directory with the batch file and the output directory.
    home: PathBuf,
    entries: Vec<Entry>,
    /// Number of prompts that were made up, so that each is new.
    prompts: usize,
    moves: usize,
    /// Prompts that a run has reported as unknown and another has submitted again.
    confirmed: BTreeSet<String>,
    /// Files of somebody else.
    foreign: BTreeMap<String, String>,
    log: Vec<String>,
}

#[cfg(unix)]
fn no_history_pays_twice_or_loses_anything() {
    let histories = std::env::var("PRUNA_HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(HISTORIES);
    let seed = std::env::var("PRUNA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    let service = Service::with(|builder| builder.speed(0.05));
    for number in 0..histories {
        let history_seed = seed.wrapping_add(number as u64);
        let mut history = History::new(&service, number, history_seed);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| history.live()));
        assert!(outcome.is_ok(), "PRUNA_SEED={history_seed} PRUNA_HISTORIES=1: {:#?}", history.log);
    }
}

impl<'a> History<'a> {
    fn new(service: &'a Service, number: usize, seed: u64) -> Self {
        let home = service.path(&format!("{number}-{seed:x}"));
        std::fs::create_dir(&home).unwrap();
        let mut history = Self {
            service,
            random: fastrand::Rng::with_seed(seed),
            home,
            entries: Vec::new(),
            prompts: 0,
            moves: 0,
            confirmed: BTreeSet::new(),
            foreign: BTreeMap::new(),
            log: Vec::new(),
        };
        for _ in 0..history.random.usize(1..8) {
            history.insert();
        }
        history
    }

    fn live(&mut self) {
        for _ in 0..STEPS {
            for _ in 0..self.random.usize(0..3) {
                self.edit();
            }
            match self.random.u8(..5) {
                0 | 1 => self.kill(),
                2 => drop(self.run(&["--dry-run"])),
                _ => drop(self.run(&[])),
            }
            self.check_foreign();
        }
        self.finish();
    }

    /// A prompt that is unique in the whole test, except that a history repeats some of its own.
    fn prompt(&mut self) -> String {
        if self.prompts > 0 && self.random.u8(..4) == 0 {
            let old = self.random.usize(..self.prompts);
            return self.prompt_of(old);
        }
        self.prompts += 1;
        self.prompt_of(self.prompts - 1)
    }

    fn prompt_of(&self, number: usize) -> String {
        format!("{} {number}", self.home.file_name().unwrap().to_str().unwrap().rsplit('+').next().unwrap())
    }

    fn insert(&mut self) {
        let name = (self.random.u8(..2) == 0).then(|| format!("name{}", self.random.u64(..)));
        let entry = Entry { name, prompt: self.prompt() };
        let place = self.random.usize(..=self.entries.len());
        self.entries.insert(place, entry);
    }

    /// Changes the batch file, the place of everything, or the output directory.
    fn edit(&mut self) {
        let count = self.entries.len();
        match self.random.u8(..7) {
            0 | 1 => self.insert(),
            2 if count > 1 => drop(self.entries.remove(self.random.usize(..count))),
            3 => self.random.shuffle(&mut self.entries),
            4 if count > 0 => {
                // A name comes, goes or changes; the request stays.
                let name = (self.random.u8(..3) > 0).then(|| format!("other{}", self.random.u64(..)));
                let entry = self.random.usize(..count);
                self.entries[entry].name = name;
            }
            5 => self.move_home(),
            _ => self.write_foreign(),
        }
    }

    fn move_home(&mut self) {
        self.moves += 1;
        let name = self.home.file_name().unwrap().to_str().unwrap();
        let name = name.rsplit('+').next().unwrap().to_owned();
        let moved = self.service.path(&format!("moved{}+{name}", self.moves));
        std::fs::rename(&self.home, &moved).unwrap();
        self.log.push(format!("moved to {}", moved.display()));
        self.home = moved;
    }

    /// Puts a file into the output directory that no item has the name of, or changes a result.
    fn write_foreign(&mut self) {
        let out = self.home.join("out");
        std::fs::create_dir_all(&out).unwrap();
        let results = pictures(&out);
        let name = match results.is_empty() || self.random.bool() {
            true => format!("mine{}.jpg", self.random.u8(..)),
            false => results[self.random.usize(..results.len())].clone(),
        };
        let content = format!("mine {}", self.random.u64(..));
        std::fs::write(out.join(&name), &content).unwrap();
        self.log.push(format!("wrote {name}"));
        self.foreign.insert(name, content);
    }

    fn write_batch(&mut self) {
        let lines = self.entries.iter().map(|entry| {
            let input = json!({"prompt": entry.prompt, "aspect_ratio": "custom", "width": 256, "height": 256});
            format!("{}\n", json!({"model": "p-image", "input": input, "name": entry.name}))
        });
        std::fs::write(self.home.join("items.jsonl"), lines.collect::<String>()).unwrap();
    }

    fn command(&mut self, args: &[&str]) -> std::process::Command {
        self.write_batch();
        self.log.push(format!("run {args:?} of {:?}", self.entries));
        let all = [&["batch", "items.jsonl", "-o", "out", "--concurrency", "3", "--limits", "off"], args].concat();
        let mut command = self.service.command(&all);
        command.current_dir(&self.home);
        command
    }

    /// Runs to the end. Items may have an unknown status, after a kill.
    fn run(&mut self, args: &[&str]) -> Run {
        let command = self.command(args);
        let run = crate::support::finish(command, "");
        self.log.push(format!("{run:?}"));
        assert!(run.code == 0 || run.code == 5, "{run:?}");
        run
    }

    fn kill(&mut self) {
        let mut child = self.command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(self.random.u64(5..120)));
        child.kill().unwrap();
        child.wait().unwrap();
        self.log.push("killed".into());
    }

    fn records(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.home.join("out/results.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Runs to the end, confirms unknown items, and checks everything.
    fn finish(&mut self) {
        self.run(&[]);
        let unknown = self.records().into_iter().filter(|record| record["status"] == "unknown");
        let prompts = unknown.map(|record| record["input"]["prompt"].as_str().unwrap().to_owned());
        self.confirmed.extend(prompts.collect::<Vec<_>>());
        assert_eq!(self.run(&["--resubmit-unknown"]).code, 0);
        let again = self.run(&[]);
        let count = self.entries.len();
        assert!(again.stderr.contains(&format!("{count} of {count} succeeded")), "{again:?}");
        assert!(again.stderr.contains(&format!("({count} of them earlier)")), "{again:?}");
        self.check_payments();
        self.check_files();
        self.check_foreign();
    }

    /// No prompt was paid for more often than it was ever asked for, except those that were reported and confirmed.
    fn check_payments(&self) {
        let mut paid: BTreeMap<String, usize> = BTreeMap::new();
        for prediction in self.service.emulator.predictions() {
            *paid.entry(prediction.input["prompt"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        for number in 0..self.prompts {
            let prompt = self.prompt_of(number);
            let asked = self.asked(&prompt);
            let allowed = asked + usize::from(self.confirmed.contains(&prompt)) * asked;
            let count = paid.get(&prompt).copied().unwrap_or_default();
            assert!(count <= allowed, "{prompt:?} was paid for {count} times, asked for {asked} times");
        }
    }

    /// Returns in how many lines a prompt stood at once, at most.
    fn asked(&self, prompt: &str) -> usize {
        let quoted = format!("prompt: {prompt:?}");
        self.log.iter().map(|line| line.matches(&quoted).count()).max().unwrap_or_default()
    }

    /// Every item has its file.
    fn check_files(&self) {
        let out = self.home.join("out");
        let records = self.records();
        let current: Vec<&Value> = records.iter().filter(|record| record["status"] == "succeeded").collect();
        for entry in &self.entries {
            let has_file = current.iter().any(|record| {
                record["input"]["prompt"] == entry.prompt.as_str()
                    && record["name"].as_str() == entry.name.as_deref()
                    && out.join(record["files"][0]["path"].as_str().unwrap()).is_file()
            });
            assert!(has_file, "{entry:?}: {records:#?}");
        }
    }

    fn check_foreign(&self) {
        for (name, content) in &self.foreign {
            assert_eq!(&std::fs::read_to_string(self.home.join("out").join(name)).unwrap(), content, "{name}");
        }
    }
}

/// Returns the names of the pictures in a directory.
fn pictures(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".jpg") && !name.starts_with('.')).collect();
    names.sort();
    names
}
