//! Files that do not have their name yet: made under a hidden one, renamed when they are complete, removed otherwise.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// The folder that a file is in, or will be.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path of a temporary file. Dropping it removes the file.
#[derive(Debug)]
pub(crate) struct TempPath(PathBuf);

impl TempPath {
    /// Makes an empty file in a folder. It can be read like any other file that the user makes: the umask applies.
    pub(crate) fn create(folder: &Path, suffix: &str) -> io::Result<(File, Self)> {
        Self::open(folder, suffix, &mut OpenOptions::new())
    }

    /// Makes an empty file that nobody else may read.
    pub(crate) fn create_private(folder: &Path, suffix: &str) -> io::Result<(File, Self)> {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Self::open(folder, suffix, &mut options)
    }

    fn open(folder: &Path, suffix: &str, options: &mut OpenOptions) -> io::Result<(File, Self)> {
        let path = folder.join(hidden_name() + suffix);
        // 64 random bits do not meet twice; if they did, it would be an error and no harm.
        let file = options.read(true).write(true).create_new(true).open(&path)?;
        Ok((file, Self(path)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives the file its name, in place of a file that has it.
    pub(crate) fn replace(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.0, path)
    }

    /// Gives the file its name unless something has it: then it is [`AlreadyExists`](ErrorKind::AlreadyExists).
    pub(crate) fn keep(self, path: &Path) -> io::Result<()> {
        match fs::hard_link(&self.0, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                // Perhaps a file system without links: there an empty file takes the name first.
                File::create_new(path)?;
                self.replace(path).inspect_err(|_| drop(fs::remove_file(path)))
            }
            linked => linked,
        }
    }
}

impl Drop for TempPath {
    fn drop(&mut self) {
        // It may have its name by now; otherwise nothing more can be done.
        let _ = fs::remove_file(&self.0);
    }
}

/// A temporary folder. Dropping it removes it with all that is in it.
#[derive(Debug)]
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    /// Makes a folder in another one, under a name that nothing has.
    pub(crate) fn create(folder: &Path) -> io::Result<Self> {
        Self::named(folder.join(hidden_name()))
    }

    /// Makes a folder, which must not be there.
    pub(crate) fn named(path: PathBuf) -> io::Result<Self> {
        fs::create_dir(&path).map(|()| Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // Nothing more can be done if it fails.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn hidden_name() -> String {
    format!(".pruna-{:016x}", fastrand::u64(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_hidden_until_it_has_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let (_, file) = TempPath::create(folder.path(), ".part").unwrap();
        let hidden = names(folder.path()).concat();
        assert!(hidden.starts_with(".pruna-") && hidden.ends_with(".part"), "{hidden}");
        file.keep(&folder.path().join("lion.png")).unwrap();
        assert_eq!(names(folder.path()), ["lion.png"]);
    }

    #[test]
    fn keeping_spares_a_file_of_that_name_and_replacing_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lion.png");
        fs::write(&path, "older").unwrap();
        let temporary = || TempPath::create(folder.path(), "").unwrap().1;
        assert_eq!(temporary().keep(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"older");
        temporary().replace(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        assert_eq!(names(folder.path()), ["lion.png"], "nothing else is left");
    }

    #[test]
    fn what_gets_no_name_is_removed() {
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
    fn a_private_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (file, _path) = TempPath::create_private(folder.path(), "").unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
