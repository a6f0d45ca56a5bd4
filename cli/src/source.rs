//! Text from a file or from stdin.

use std::{fs, io::Read as _, path::Path};

use crate::failure::Failure;

/// Reads a text file.
pub(crate) fn read_file(path: impl AsRef<Path>) -> Result<String, Failure> {
    let path = path.as_ref();
    fs::read_to_string(path).map_err(|e| Failure::io(path.display(), &e))
}

/// Reads a text file, or stdin when the path is `-`.
pub(crate) fn read_file_or_stdin(path: impl AsRef<Path>) -> Result<String, Failure> {
    let path = path.as_ref();
    if path == Path::new("-") { read_stdin() } else { read_file(path) }
}

/// Reads stdin to its end.
pub(crate) fn read_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|e| Failure::io("stdin", &e))?;
    Ok(text)
}
