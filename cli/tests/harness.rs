//! Lists of tests for libtest-mimic.

use libtest_mimic::Trial;

/// Creates the list of a module's tests from the names of the functions.
macro_rules! trials {
    ($($(#[$attribute:meta])* $test:ident),* $(,)?) => {
        Vec::from([$($(#[$attribute])* $crate::harness::trial(module_path!(), stringify!($test), $test)),*])
    };
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

/// Marks tests as ignored if a program that they need is missing, and says which.
pub(crate) fn requiring(program: &str, is_installed: bool, trials: Vec<Trial>) -> Vec<Trial> {
    if is_installed {
        return trials;
    }
    let ignored = |trial: Trial| trial.with_kind(format!("needs {program}")).with_ignored_flag(true);
    trials.into_iter().map(ignored).collect()
}
