//! Panics of a dependency, turned into errors.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

/// Maximum length of the text of a panic, in characters.
const MAX_TEXT: usize = 120;

thread_local! {
    /// Whether a caller on this thread catches and reports panics.
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `run` and returns the text of its panic, if it panics. The panic is not printed; those of other threads are.
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    silence_marked_threads();
    let was_silent = IS_SILENT.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    IS_SILENT.set(was_silent);
    result.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_TEXT).collect()
    })
}

/// Installs, once in the life of the process, a hook that passes on all panics but those of marked threads.
fn silence_marked_threads() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_SILENT.get() {
                previous(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::catch;

    #[test]
    fn a_panic_becomes_its_text_in_every_thread() {
        std::thread::scope(|scope| {
            for number in 0..8 {
                scope.spawn(move || {
                    assert_eq!(catch(|| number), Ok(number));
                    assert_eq!(catch(|| -> u8 { panic!("no\n {number}") }), Err(format!("no {number}")));
                });
            }
        });
    }
}
