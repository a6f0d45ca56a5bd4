//! File names from names that others chose: a batch item, a URL.

use std::path::{Path, PathBuf};

use pruna::file_stem;

/// Name of a file whose URL contains none.
const DEFAULT_NAME: &str = "download";

/// Whether a name can be used as a file name without change.
pub(crate) fn is_stem(name: &str) -> bool {
    file_stem(name).as_deref() == Some(name)
}

/// Returns a safe file name from the last part of a URL's path.
pub(crate) fn from_url(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_extension = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
    let with_extension = last.rsplit_once('.').filter(|(_, extension)| is_extension(extension));
    with_extension
        .and_then(|(name, extension)| Some(format!("{}.{extension}", file_stem(name)?)))
        .or_else(|| file_stem(last))
        .unwrap_or_else(|| DEFAULT_NAME.to_owned())
}

/// Inserts a number before the extension: `cups.png` becomes `cups-2.png`.
pub(crate) fn numbered(path: &Path, index: usize) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{index}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_urls_are_safe() {
        for (url, expected) in [
            ("https://api.pruna.ai/v1/predictions/delivery/xezq/abc/output_42_0.jpeg", "output_42_0.jpeg"),
            ("https://h/a/clip.mp4?x=1#y", "clip.mp4"),
            ("https://h/..", "download"),
            ("https://h/.bashrc", "bashrc"),
            ("https://h/a%2f..%2fb$c.png", "a2f..2fbc.png"),
            ("/", "download"),
        ] {
            assert_eq!(from_url(url), expected, "{url}");
        }
    }

    #[test]
    fn only_safe_names_are_stems() {
        for name in ["lion", "lion 1", "löwe", "a.b", "a_b-c", &"x".repeat(120)] {
            assert!(is_stem(name), "{name}");
        }
        for name in ["", "../x", "a/b", ".hidden", "x.", " x", "a\nb", &"x".repeat(121)] {
            assert!(!is_stem(name), "{name:?}");
        }
    }

    #[test]
    fn several_files_are_numbered() {
        assert_eq!(numbered(Path::new("a/cups.png"), 2), Path::new("a/cups-2.png"));
        assert_eq!(numbered(Path::new("cups"), 0), Path::new("cups-0"));
    }
}
