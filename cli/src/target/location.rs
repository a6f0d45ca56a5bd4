//! What a path names: a file, a directory, or something that is only written to.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Maximum number of symbolic links that are followed in search of a file descriptor.
const MAX_LINKS: usize = 16;

/// Where a result goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// A directory, which may not exist yet; empty for the current one.
    Dir(PathBuf),
    File(PathBuf),
    /// A device, a pipe, or an open file descriptor: it is written to, and never replaced.
    Device(PathBuf),
    Stdout,
}

impl Location {
    /// Returns what a path names; the current directory for none.
    pub(super) fn new(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Dir(PathBuf::new())) };
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        if let Some(descriptor) = descriptor(path) {
            return Ok(if descriptor == Descriptor::Stdout { Self::Stdout } else { Self::Device(path.to_owned()) });
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Ok(Self::Dir(path.to_owned())),
            Ok(metadata) if metadata.is_file() => Ok(Self::File(path.to_owned())),
            Ok(metadata) if is_socket(&metadata) => Err(unusable(path, "it is a socket")),
            Ok(_) => Ok(Self::Device(path.to_owned())),
            Err(_) if ends_with_separator(path) => Ok(Self::Dir(path.to_owned())),
            Err(_) => Ok(Self::File(path.to_owned())),
        }
    }

    /// Tries what saving does: a temporary file is created in the directory and removed.
    pub(super) fn check(&self, should_overwrite: bool) -> Result<(), Failure> {
        match self {
            Self::Stdout => Ok(()),
            Self::Dir(dir) => try_dir(dir).map_err(|error| unusable(&shown(dir), error)),
            Self::File(path) => check_file(path, should_overwrite),
            // Opening a pipe would wait for its reader, who would then see its end.
            Self::Device(path) if is_pipe(path) => Ok(()),
            Self::Device(path) => {
                OpenOptions::new().write(true).open(path).map(drop).map_err(|error| unusable(path, error))
            }
        }
    }
}

fn check_file(path: &Path, should_overwrite: bool) -> Result<(), Failure> {
    let parent = path.parent().unwrap_or(Path::new(""));
    let dir = shown(parent);
    if !dir.is_dir() {
        let message = format!("cannot write {}: the directory {} does not exist", path.display(), dir.display());
        return Err(Failure::files(message).hint("create it first, or end the path with `/` to save into a new one"));
    }
    match path.symlink_metadata() {
        Ok(_) if !should_overwrite => {
            return Err(exists(path));
        }
        // A name that is too long, for example.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(path, error)),
        _ => {}
    }
    try_file_in(&dir).map_err(|error| unusable(&dir, error))
}

/// Returns the failure for a file that must not be replaced.
pub(super) fn exists(path: &Path) -> Failure {
    Failure::files(format!("{} already exists", path.display())).hint("--force replaces it")
}

/// Creates what is missing of a directory, tries to create a file in it, and removes everything.
fn try_dir(dir: &Path) -> io::Result<()> {
    let is_missing = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.exists();
    let mut missing: Vec<&Path> = dir.ancestors().take_while(is_missing).collect();
    missing.reverse();
    let mut created = Vec::new();
    let mut tried = Ok(());
    for dir in missing {
        match fs::create_dir(dir) {
            Ok(()) => created.push(dir),
            // As in `new/../other`.
            Err(_) if dir.is_dir() => {}
            Err(error) => {
                tried = Err(error);
                break;
            }
        }
    }
    let tried = tried.and_then(|()| try_file_in(&shown(dir)));
    for dir in created.into_iter().rev() {
        // Fails if another program uses it meanwhile, which is fine.
        let _ = fs::remove_dir(dir);
    }
    tried
}

/// Creates a file like the temporary one of a download, and removes it.
fn try_file_in(dir: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(".pruna-").suffix(".part").tempfile_in(dir)?.close()
}

/// Returns a directory as it is shown and opened: `.` for the current one.
fn shown(dir: &Path) -> PathBuf {
    if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_owned() }
}

fn unusable(path: &Path, reason: impl std::fmt::Display) -> Failure {
    Failure::files(format!("cannot write to {}: {reason}", path.display())).hint("choose another place with -o")
}

fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

/// A file descriptor of this process that has a path.
#[derive(Debug, PartialEq, Eq)]
enum Descriptor {
    Stdout,
    Other,
}

/// Recognizes `/dev/stdout`, `/dev/fd/N` and the like, even if a regular file is open there: renaming a file over them would
/// replace the link, and opening them again would write from the beginning.
fn descriptor(path: &Path) -> Option<Descriptor> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let dir = fs::canonicalize(shown(path.parent()?)).ok()?;
        if is_descriptor_dir(&dir) {
            let is_stdout = path.file_name()? == "1" && fs::canonicalize("/dev/fd").is_ok_and(|own| own == dir);
            return path.symlink_metadata().is_ok().then_some(match is_stdout {
                true => Descriptor::Stdout,
                false => Descriptor::Other,
            });
        }
        path = dir.join(fs::read_link(&path).ok()?);
    }
    None
}

/// Whether the entries of a directory are the open files of a process.
fn is_descriptor_dir(dir: &Path) -> bool {
    dir == Path::new("/dev/fd") || (dir.starts_with("/proc") && dir.ends_with("fd"))
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_path: &Path) -> bool {
    false
}

#[cfg(unix)]
fn is_socket(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_socket()
}

#[cfg(not(unix))]
fn is_socket(_metadata: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_path_names_a_file_a_directory_or_something_that_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("lion.jpg"), "x").unwrap();
        std::os::unix::fs::symlink("/dev/null", path("link")).unwrap();
        std::os::unix::fs::symlink("lion.jpg", path("other")).unwrap();
        std::os::unix::fs::symlink("/dev/stdout", path("out")).unwrap();
        for (given, expected) in [
            (path("lion.jpg"), Location::File(path("lion.jpg"))),
            (path("other"), Location::File(path("other"))),
            (path("new.jpg"), Location::File(path("new.jpg"))),
            (path(""), Location::Dir(path(""))),
            (path("new/"), Location::Dir(path("new/"))),
            (path("lion.jpg/"), Location::Dir(path("lion.jpg/"))),
            ("/dev/null".into(), Location::Device("/dev/null".into())),
            (path("link"), Location::Device(path("link"))),
            ("/dev/stdout".into(), Location::Stdout),
            ("/dev/fd/1".into(), Location::Stdout),
            (path("out"), Location::Stdout),
            ("/dev/fd/2".into(), Location::Device("/dev/fd/2".into())),
            ("-".into(), Location::Stdout),
        ] {
            assert_eq!(Location::new(Some(&given)).unwrap(), expected, "{}", given.display());
        }
    }

    #[test]
    fn trying_a_directory_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        for new in ["", "new", "new/deeper/", "new/../other"] {
            try_dir(&dir.path().join(new)).unwrap();
            assert_eq!(fs::read_dir(&dir).unwrap().count(), 0, "{new}");
        }
        fs::write(dir.path().join("file"), "x").unwrap();
        for file in ["file", "file/", "file/deeper"] {
            try_dir(&dir.path().join(file)).unwrap_err();
        }
        assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"x");
    }
}
