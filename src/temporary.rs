//! Temporary files and folders: created under a hidden name, renamed when complete, removed otherwise.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// How hidden names begin.
pub(crate) const HIDDEN_PREFIX: &str = ".pruna-";

/// Returns the folder of a file; `.` for a bare name.
pub(crate) fn parent_dir(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path of a temporary file. Dropping it removes the file.
#[derive(Debug)]
pub(crate) struct TempPath {
    path: PathBuf,
}

impl TempPath {
    /// Creates an empty file in a folder. Its permissions follow the umask.
    pub(crate) fn create(folder: &Path, suffix: &str) -> io::Result<(File, Self)> {
        Self::open(folder, suffix, &mut OpenOptions::new())
    }

    /// Creates an empty file that only its owner may read.
    pub(crate) fn create_private(folder: &Path, suffix: &str) -> io::Result<(File, Self)> {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Self::open(folder, suffix, &mut options)
    }

    fn open(folder: &Path, suffix: &str, options: &mut OpenOptions) -> io::Result<(File, Self)> {
        let path = folder.join(hidden_name() + suffix);
        // A collision of 64 random bits would be an error, not a loss.
        let file = options.read(true).write(true).create_new(true).open(&path)?;
        Ok((file, Self { path }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Renames the file to `path`, replacing what is there.
    pub(crate) fn persist(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)
    }

    /// Renames the file to `path`; fails with [`AlreadyExists`](ErrorKind::AlreadyExists) if something is there.
    pub(crate) fn persist_noclobber(self, path: &Path) -> io::Result<()> {
        rename_noclobber(&self.path, path)
    }
}

impl Drop for TempPath {
    fn drop(&mut self) {
        // Fails if the file was renamed, which is fine; otherwise nothing more can be done.
        let _ = fs::remove_file(&self.path);
    }
}

/// A temporary folder. Dropping it removes it with its contents.
#[derive(Debug)]
pub(crate) struct TempDir {
    path: PathBuf,
}

impl TempDir {
    /// Creates a folder with a random hidden name in another one.
    pub(crate) fn create(folder: &Path) -> io::Result<Self> {
        Self::named(folder.join(hidden_name()))
    }

    /// Creates a folder, which must not exist yet.
    pub(crate) fn named(path: PathBuf) -> io::Result<Self> {
        fs::create_dir(&path).map(|()| Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // Nothing more can be done if it fails.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Renames a file; fails with [`AlreadyExists`](ErrorKind::AlreadyExists) if something is there.
pub(crate) fn rename_noclobber(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        Err(_) => {
            // The file system may lack hard links: an empty file reserves the name first.
            File::create_new(to)?;
            fs::rename(from, to).inspect_err(|_| drop(fs::remove_file(to)))
        }
    }
}

/// Returns a new hidden name.
pub(crate) fn hidden_name() -> String {
    format!("{HIDDEN_PREFIX}{:016x}", fastrand::u64(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_hidden_until_it_is_persisted() {
        let folder = tempfile::tempdir().unwrap();
        let (_, file) = TempPath::create(folder.path(), ".part").unwrap();
        let hidden = names(folder.path()).concat();
        assert!(hidden.starts_with(".pruna-") && hidden.ends_with(".part"), "{hidden}");
        file.persist_noclobber(&folder.path().join("lion.png")).unwrap();
        assert_eq!(names(folder.path()), ["lion.png"]);
    }

    #[test]
    fn persist_replaces_and_persist_noclobber_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lion.png");
        fs::write(&path, "older").unwrap();
        let temporary = || TempPath::create(folder.path(), "").unwrap().1;
        assert_eq!(temporary().persist_noclobber(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"older");
        temporary().persist(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        assert_eq!(names(folder.path()), ["lion.png"], "nothing else is left");
    }

    #[test]
    fn what_is_not_persisted_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = TempPath::create(folder.path(), "").unwrap();
        let inner = TempDir::create(folder.path()).unwrap();
        fs::write(inner.path().join("x"), "x").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop((file, inner));
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (file, _path) = TempPath::create_private(folder.path(), "").unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
