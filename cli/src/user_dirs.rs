//! The user's directories, as each platform has them.

use std::path::PathBuf;

/// Returns the directory for what the program remembers; `None` if the user has none.
pub(crate) fn state_dir() -> Option<PathBuf> {
    user_dir("XDG_STATE_HOME", ".local/state", "Library/Application Support")
}

/// Returns the directory for what can be made again; `None` if the user has none.
pub(crate) fn cache_dir() -> Option<PathBuf> {
    user_dir("XDG_CACHE_HOME", ".cache", "Library/Caches")
}

fn user_dir(xdg: &str, below_home: &str, on_macos: &str) -> Option<PathBuf> {
    // The XDG specification says to ignore a relative path.
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::home_dir().filter(|path| path.is_absolute());
    let dir = if cfg!(windows) {
        variable("LOCALAPPDATA")?
    } else if cfg!(target_os = "macos") {
        home()?.join(on_macos)
    } else {
        variable(xdg).or_else(|| Some(home()?.join(below_home)))?
    };
    Some(dir.join("pruna"))
}
