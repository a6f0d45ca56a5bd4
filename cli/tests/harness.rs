//! Lists of tests for libtest-mimic.

use libtest_mimic::Trial;

/// Creates the list of a module's tests from the names of the functions.
macro_rules! trials {
    ($($(#[$attribute:meta])* $test:ident),* $(,)?) => {
        Vec::from([$($(#[$attribute])* $crate::harness::trial(module_path!(), stringify!($test), $test)),*])
    };
}

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    trials![no_test_is_lost_by_the_test_attribute]
}

/// Creates a test with the name that libtest would give it.
pub(crate) fn trial(module: &str, name: &str, test: fn()) -> Trial {
    let module = module.split_once("::").map_or("", |(_, module)| module);
    let run = move || {
        test();
        Ok(())
    };
    Trial::test(format!("{module}::{name}"), run)
}

/// Marks tests as ignored if a program that they need is missing, and shows which one.
pub(crate) fn requiring(program: &str, is_installed: bool, trials: Vec<Trial>) -> Vec<Trial> {
    if is_installed {
        return trials;
    }
    let ignored = |trial: Trial| trial.with_kind(format!("needs {program}")).with_ignored_flag(true);
    trials.into_iter().map(ignored).collect()
}

/// Without libtest, the compiler removes functions with `#[test]` silently.
fn no_test_is_lost_by_the_test_attribute() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.lines().any(|line| line.trim() == "#[test]"), "{}", file.display());
    }
}
