//! File names that every file system accepts, made from untrusted names.

/// Maximum length of a stem in bytes; it leaves room for a number and an extension within the usual 255.
const MAX_BYTES: usize = 120;

/// Returns a file name without extension that is safe on every file system, or `None` if nothing usable is left of `name`.
///
/// Keeps letters and digits of any script, spaces, `.`, `_` and `-`; drops everything else. The result has at most 120
/// bytes, starts with none of `.`, `-` and space, ends with neither `.` nor space, and is not a device name of Windows. The
/// library names the files of a [batch](crate::batch) this way.
///
/// ```
/// assert_eq!(pruna::file_stem("a lion: dusk?").as_deref(), Some("a lion dusk"));
/// assert_eq!(pruna::file_stem("../../etc/passwd").as_deref(), Some("etcpasswd"));
/// assert_eq!(pruna::file_stem("NUL").as_deref(), Some("NUL_"));
/// assert_eq!(pruna::file_stem("☃"), None);
/// ```
#[must_use]
pub fn file_stem(name: &str) -> Option<String> {
    let mut stem = String::new();
    // A leading `-` would read as an option, a leading `.` would hide the file.
    for c in name.chars().filter(is_portable).skip_while(|c| matches!(c, '.' | '-' | ' ')) {
        if stem.len() + c.len_utf8() > MAX_BYTES {
            break;
        }
        stem.push(c);
    }
    stem.truncate(stem.trim_end_matches(['.', ' ']).len());
    if stem.is_empty() {
        return None;
    }
    if is_device(stem.split('.').next().unwrap_or_default().trim_end()) {
        // Windows ignores what follows the first dot, so the mark goes before it.
        let end = stem.find('.').unwrap_or(stem.len());
        stem.insert(end, '_');
    }
    Some(stem)
}

fn is_portable(c: &char) -> bool {
    c.is_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-')
}

/// Whether Windows reserves this name in every folder.
fn is_device(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let numbered = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    matches!(name.as_str(), "con" | "prn" | "aux" | "nul")
        || numbered.is_some_and(|rest| matches!(rest.as_bytes(), [digit] if digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_elsewhere_become_safe() {
        for (name, expected) in [
            ("1zww7deyssrme0csqwr90phzzr", Some("1zww7deyssrme0csqwr90phzzr")),
            ("Löwe 1", Some("Löwe 1")),
            ("../../etc/passwd", Some("etcpasswd")),
            ("C:\\x", Some("Cx")),
            ("--help", Some("help")),
            (".hidden.", Some("hidden")),
            ("NUL", Some("NUL_")),
            ("nul.txt", Some("nul_.txt")),
            ("com1", Some("com1_")),
            ("com10", Some("com10")),
            ("a\u{202e}b\nc", Some("abc")),
            ("..", None),
            ("☃", None),
            ("", None),
        ] {
            assert_eq!(file_stem(name).as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(file_stem(&"獅".repeat(100)).unwrap().len(), MAX_BYTES);
        assert_eq!(file_stem(&format!("{}é", "x".repeat(MAX_BYTES - 1))).unwrap().len(), MAX_BYTES - 1);
    }
}
