//! The names of a batch's files: each is used once, however a file system compares names.

use std::{collections::HashSet, io, path::Path};

use crate::Model;

/// The parameter for the number of results, in models that have it.
const COUNT: &str = "num_outputs";
/// Extensions of results. Other files in the folder may have the name of an item.
const EXTENSIONS: [&str; 14] =
    ["avif", "bin", "gif", "jpeg", "jpg", "json", "mov", "mp3", "mp4", "png", "safetensors", "webm", "webp", "zip"];

/// The names that are in use, without extension and in lower case.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Names of files and items.
    used: HashSet<String>,
    /// `lion` if there is a name `lion-1`.
    numbered: HashSet<String>,
    /// Names of items that may have several files, which get numbers.
    several: HashSet<String>,
}

/// Why a name cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// A file or an item has it.
    Used,
    /// The files of one item would get the numbered name of another.
    Numbered,
}

impl Taken {
    /// Says what to do. `what` is the path or the name.
    pub(super) fn explain(self, what: &str) -> String {
        match self {
            Self::Used => format!(
                "{what}: a file or another item has this name, apart from upper and lower case; use another name, or move the \
                 file away"
            ),
            Self::Numbered => format!(
                "{what}: the numbered files of one item would have the name of another item or file; use another name"
            ),
        }
    }
}

impl Names {
    /// Collects the names of files in a folder, which may be missing.
    pub(super) fn in_folder(folder: &Path) -> io::Result<Self> {
        let mut names = Self::default();
        let entries = match std::fs::read_dir(folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(names),
            entries => entries?,
        };
        for entry in entries {
            names.add_file(Path::new(&entry?.file_name()));
        }
        Ok(names)
    }

    /// Adds the name of a file, if it may be that of a result.
    pub(super) fn add_file(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if let Some((stem, extension)) = name.rsplit_once('.')
            && EXTENSIONS.contains(&extension)
        {
            self.add(stem.to_owned());
        }
    }

    /// Reserves a name for an item, if no file and no other item has it.
    pub(super) fn reserve(&mut self, name: &str, model: &Model) -> Result<(), Taken> {
        let (name, has_several) = (name.to_lowercase(), may_have_several(model));
        if self.used.contains(&name) {
            return Err(Taken::Used);
        }
        let is_number_of_other = split_number(&name).is_some_and(|base| self.several.contains(base));
        if is_number_of_other || (has_several && self.numbered.contains(&name)) {
            return Err(Taken::Numbered);
        }
        if has_several {
            self.several.insert(name.clone());
        }
        self.add(name);
        Ok(())
    }

    fn add(&mut self, name: String) {
        if let Some(base) = split_number(&name) {
            self.numbered.insert(base.to_owned());
        }
        self.used.insert(name);
    }
}

/// Returns `lion` for `lion-1`.
fn split_number(name: &str) -> Option<&str> {
    let (base, number) = name.rsplit_once('-')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(base)
}

/// Whether a result of the model may have several files. What is not documented may.
fn may_have_several(model: &Model) -> bool {
    !model.is_documented() || model.parameters().iter().any(|parameter| parameter.name == COUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_once_whatever_its_case_and_numbers() {
        let (single, several) = (Model::P_IMAGE, Model::WAN_IMAGE_SMALL);
        for (first, second, taken) in [
            (("lion", &single), ("tiger", &single), None),
            (("lion", &single), ("lion", &single), Some(Taken::Used)),
            (("Löwe", &single), ("LÖWE", &single), Some(Taken::Used)),
            (("lion", &single), ("lion-1", &single), None),
            (("lion", &several), ("lion-1", &single), Some(Taken::Numbered)),
            (("lion-1", &single), ("lion", &several), Some(Taken::Numbered)),
            (("lion-1", &single), ("lion", &single), None),
            (("lion-x", &single), ("lion", &several), None),
        ] {
            let mut names = Names::default();
            names.reserve(first.0, first.1).unwrap();
            assert_eq!(names.reserve(second.0, second.1).err(), taken, "{first:?} {second:?}");
        }
    }

    #[test]
    fn a_file_in_the_folder_has_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["Lion.JPG", "cups-0.png", "notes.txt", "tiger.txt", "plain"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        for (name, model, taken) in [
            ("lion", Model::P_IMAGE, Some(Taken::Used)),
            ("cups", Model::P_IMAGE, None),
            ("cups", Model::WAN_IMAGE_SMALL, Some(Taken::Numbered)),
            ("tiger", Model::P_IMAGE, None),
            ("plain", Model::P_IMAGE, None),
        ] {
            assert_eq!(Names::in_folder(folder.path()).unwrap().reserve(name, &model).err(), taken, "{name}");
        }
        assert!(Names::in_folder(&folder.path().join("missing")).unwrap().used.is_empty());
    }
}
