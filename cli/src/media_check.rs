//! Local files that are not what their names say, found before they are uploaded and paid for.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::{failure::Failure, terminal::Terminal};

/// Number of leading bytes that are looked at.
const HEAD_LENGTH: u64 = 512;
/// Maximum number of files that are named; a directory may have thousands.
const MAX_NAMED: usize = 5;
/// Media types of common extensions. One that ends with `/` stands for all its subtypes.
const TYPES: [(&str, &str); 17] = [
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("bmp", "image/"),
    ("tif", "image/"),
    ("tiff", "image/"),
    ("heic", "image/"),
    ("avif", "image/"),
    ("mp4", "video/"),
    ("m4v", "video/"),
    ("mov", "video/"),
    ("webm", "video/"),
    ("mkv", "video/"),
    ("avi", "video/"),
    ("zip", "application/zip"),
];

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
enum Problem {
    /// No model can use it.
    Useless(String),
    /// It may be a mistake.
    Doubtful(String),
}

/// Checks files. Prints and returns what is doubtful about them.
///
/// # Errors
///
/// If a file cannot be read, or if no model can use it.
pub(crate) fn show(terminal: &Terminal, files: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let warnings = of(files)?;
    for warning in &warnings {
        terminal.warn(warning);
    }
    Ok(warnings)
}

/// Checks files and returns what is doubtful about them.
///
/// # Errors
///
/// As [`show`].
pub(crate) fn of(files: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let (mut useless, mut doubtful) = (Vec::new(), Vec::new());
    for path in files {
        match problem(path).map_err(|e| Failure::io(path.display(), &e))? {
            Some(Problem::Useless(text)) => useless.push(text),
            Some(Problem::Doubtful(text)) => doubtful.push(text),
            None => {}
        }
    }
    let shorten = |mut texts: Vec<String>| {
        let more = texts.len().saturating_sub(MAX_NAMED);
        texts.truncate(MAX_NAMED);
        texts.extend((more > 0).then(|| format!("{more} more files like these")));
        texts
    };
    if useless.is_empty() {
        return Ok(shorten(doubtful));
    }
    Err(Failure::files(shorten(useless).join("; ")).hint("nothing was submitted; choose other files"))
}

/// Compares a file with its name.
fn problem(path: &Path) -> std::io::Result<Option<Problem>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_LENGTH).read_to_end(&mut head)?;
    let name = path.display();
    if head.is_empty() {
        return Ok(Some(Problem::Useless(format!("{name} is empty"))));
    }
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    let expected = TYPES.iter().find(|(known, _)| *known == extension).map(|(_, media_type)| *media_type);
    let found = infer::get(&head).map(|found| (found.mime_type(), found.extension()));
    let is_text = found.map_or_else(|| is_text(&head), |(media_type, _)| media_type.starts_with("text/"));
    let is_movie = head.get(4..8) == Some(b"ftyp") && expected == Some("video/");
    Ok(match (expected, found) {
        (Some(expected), _) if is_text => {
            Some(Problem::Useless(format!("{name} contains text, not {}", kind(expected))))
        }
        (Some(expected), Some((media_type, _))) if media_type.starts_with(expected) => None,
        (Some(_), Some((media_type, extension))) => {
            Some(Problem::Doubtful(format!("{name} contains {media_type}; rename it to .{extension}")))
        }
        (Some(_), None) if is_movie => None,
        (Some(expected), None) => {
            Some(Problem::Doubtful(format!("{name} does not look like {}; try to open it first", kind(expected))))
        }
        (None, _) if is_text => {
            Some(Problem::Doubtful(format!("{name} contains text; models take images, videos and archives")))
        }
        (None, _) => None,
    })
}

/// Returns a media type in words.
fn kind(media_type: &str) -> &str {
    match media_type {
        "image/" => "an image",
        "video/" => "a video",
        exact => exact,
    }
}

/// Whether bytes are the beginning of a text.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut off.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !valid.is_empty() && !valid.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    #[test]
    fn a_file_is_compared_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let useless = |text: &str| Some(Problem::Useless(text.to_owned()));
        let doubtful = |text: &str| Some(Problem::Doubtful(text.to_owned()));
        let euro = "é".repeat(400);
        for (name, content, expected) in [
            ("a.jpg", JPEG, None),
            ("a.JPEG", JPEG, None),
            ("a.png", PNG, None),
            ("a.mp4", b"\0\0\0\x20ftypnew9\0\0\x02\0", None),
            ("a.mov", b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41", None),
            ("a.bin", b"\x07\x07\x07", None),
            ("a.unknown", JPEG, None),
            ("a.jpg", PNG, doubtful("a.jpg contains image/png; rename it to .png")),
            ("a.zip", PNG, doubtful("a.zip contains image/png; rename it to .png")),
            ("a.png", b"\x80\x81\x82", doubtful("a.png does not look like image/png; try to open it first")),
            ("a.txt", b"a lion", doubtful("a.txt contains text; models take images, videos and archives")),
            ("a.jpg", b"a lion\n", useless("a.jpg contains text, not image/jpeg")),
            ("a.jpg", euro.as_bytes(), useless("a.jpg contains text, not image/jpeg")),
            ("a.png", b"<!DOCTYPE html><html>", useless("a.png contains text, not image/png")),
            ("a.mp4", b"soon", useless("a.mp4 contains text, not a video")),
            ("a.jpg", b"", useless("a.jpg is empty")),
            ("a", b"", useless("a is empty")),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, content).unwrap();
            let found = problem(&path).unwrap().map(|problem| {
                let relative = |text: String| text.replace(&format!("{}/", dir.path().display()), "");
                match problem {
                    Problem::Useless(text) => Problem::Useless(relative(text)),
                    Problem::Doubtful(text) => Problem::Doubtful(relative(text)),
                }
            });
            assert_eq!(found, expected, "{name} {content:?}");
        }
    }

    #[test]
    fn only_some_of_many_files_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let write = |content: &[u8]| -> Vec<PathBuf> {
            let paths = (0..20).map(|number| dir.path().join(format!("{number}.jpg")));
            paths.inspect(|path| std::fs::write(path, content).unwrap()).collect()
        };
        let warnings = of(&write(PNG)).unwrap();
        assert_eq!((warnings.len(), warnings[MAX_NAMED].as_str()), (MAX_NAMED + 1, "15 more files like these"));
        let failure = of(&write(b"text")).unwrap_err();
        assert!(failure.message.ends_with("; 15 more files like these"), "{failure:?}");
    }
}
