//! The files of the repository, changed together or not at all.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// Folders without sources at the root. A module may have such a name.
const NOT_SOURCES: [&str; 3] = [".git", "target", "node_modules"];

/// The repository with pending changes.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    /// New contents by path from the root; `None` removes the file.
    pending: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

impl Tree {
    /// Opens the repository at a path.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), pending: BTreeMap::new() }
    }

    /// Returns the path of the repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Reads a file, with its pending change.
    ///
    /// # Errors
    ///
    /// When the file does not exist, or is not UTF-8.
    pub fn read(&self, path: impl AsRef<Path>) -> anyhow::Result<String> {
        let path = path.as_ref();
        let found = self.find(path)?;
        found.with_context(|| format!("{} does not exist", path.display()))
    }

    /// Reads a file, with its pending change; `None` when it does not exist.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not UTF-8.
    pub fn find(&self, path: impl AsRef<Path>) -> anyhow::Result<Option<String>> {
        let path = path.as_ref();
        let bytes = match self.pending.get(path) {
            Some(pending) => pending.clone(),
            None => read_file(&self.root.join(path)).with_context(|| path.display().to_string())?,
        };
        bytes.map(String::from_utf8).transpose().with_context(|| path.display().to_string())
    }

    /// Lists the files in a folder, sorted, with pending changes; empty when the folder does not exist.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn names(&self, folder: impl AsRef<Path>) -> anyhow::Result<Vec<String>> {
        let folder = folder.as_ref();
        let mut names = Vec::new();
        match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => {
                for entry in entries {
                    let entry = entry?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if !entry.file_type()?.is_dir() && !self.pending.contains_key(&folder.join(&name)) {
                        names.push(name);
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| folder.display().to_string()),
        }
        for (path, contents) in &self.pending {
            if contents.is_some() && path.parent() == Some(folder) {
                names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Stages a write.
    pub fn write(&mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) {
        self.pending.insert(path.into(), Some(text.into()));
    }

    /// Stages a removal.
    pub fn remove(&mut self, path: impl Into<PathBuf>) {
        self.pending.insert(path.into(), None);
    }

    /// Lists the files that the pending changes alter.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn altered(&self) -> anyhow::Result<Vec<&Path>> {
        let mut altered = Vec::new();
        for (path, contents) in &self.pending {
            if read_file(&self.root.join(path)).with_context(|| path.display().to_string())? != *contents {
                altered.push(path.as_path());
            }
        }
        Ok(altered)
    }

    /// Writes the pending changes and returns a line for each file; files that would not change are left alone. When a
    /// change fails, those before it are restored.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn commit(&mut self) -> anyhow::Result<Vec<String>> {
        let altered: Vec<PathBuf> = self.altered()?.into_iter().map(Path::to_path_buf).collect();
        let mut done: Vec<(&Path, Option<Vec<u8>>)> = Vec::new();
        for path in &altered {
            let full = self.root.join(path);
            let before = read_file(&full)?;
            if let Err(error) = put(&full, self.pending.get(path).and_then(Option::as_deref)) {
                for (path, before) in done.into_iter().rev() {
                    // The first failure is reported.
                    let _ = put(&self.root.join(path), before.as_deref());
                }
                return Err(error).with_context(|| format!("{} (nothing was changed)", path.display()));
            }
            done.push((path, before));
        }
        let lines = altered.iter().map(|path| {
            let removed = self.pending.get(path).is_some_and(Option::is_none);
            format!("{} {}", if removed { "removed" } else { "wrote" }, path.display())
        });
        let lines = lines.collect();
        self.pending.clear();
        Ok(lines)
    }

    /// Copies the sources, with pending changes, to a folder.
    ///
    /// # Errors
    ///
    /// When a file cannot be copied.
    pub fn copy_to(&self, target: &Path) -> anyhow::Result<()> {
        copy_sources(&self.root, target)?;
        for (path, contents) in &self.pending {
            put(&target.join(path), contents.as_deref()).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }
}

/// Copies every source file of a repository, symbolic links as links.
///
/// # Errors
///
/// When a file cannot be copied.
pub fn copy_sources(root: &Path, target: &Path) -> anyhow::Result<()> {
    let walk = walkdir::WalkDir::new(root).into_iter();
    let is_source =
        |entry: &walkdir::DirEntry| entry.depth() != 1 || !NOT_SOURCES.iter().any(|name| entry.file_name() == *name);
    for entry in walk.filter_entry(is_source) {
        let entry = entry?;
        let to = target.join(entry.path().strip_prefix(root)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&to)?;
        } else if entry.file_type().is_symlink() {
            link(&fs::read_link(entry.path())?, &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(to: &Path, at: &Path) -> anyhow::Result<()> {
    bail!("{}: a symbolic link to {} cannot be made here", at.display(), to.display())
}

fn read_file(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a file by a rename, so that it is never incomplete; `None` removes it.
fn put(path: &Path, contents: Option<&[u8]>) -> anyhow::Result<()> {
    let Some(contents) = contents else {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        };
    };
    let Some(folder) = path.parent() else { bail!("{} has no folder", path.display()) };
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".xtask-").tempfile_in(folder)?;
    io::Write::write_all(&mut file, contents)?;
    set_mode(path, file.path())?;
    file.persist(path)?;
    Ok(())
}

/// Temporary files are private to their owner; source files keep their mode, or have the usual one.
#[cfg(unix)]
fn set_mode(like: &Path, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = fs::metadata(like).map_or(0o644, |metadata| metadata.permissions().mode());
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
