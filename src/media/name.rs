//! Names of files: ours, made of what the service calls things as far as that is harmless on every file system.

/// Most characters of a name, so that a number and an extension fit behind it.
const LONGEST: usize = 40;
/// What stands for a name of which nothing is left.
const NAMELESS: &str = "result";

/// The harmless part of a name: letters, digits, `_` and `-`, not at its beginning. Empty when nothing is left.
fn harmless(name: &str) -> String {
    let kept = name.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c));
    // An option for whoever lists the files to a command.
    kept.skip_while(|c| *c == '-').take(LONGEST).collect()
}

/// Devices that Windows finds in every folder, whatever the extension.
fn is_device(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let numbered = name.strip_prefix("com").or(name.strip_prefix("lpt"));
    ["con", "prn", "aux", "nul"].contains(&name.as_str())
        || numbered.is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
}

/// The first of some names that has anything harmless in it.
pub(crate) fn stem<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let stem = names.into_iter().map(harmless).find(|name| !name.is_empty()).unwrap_or_else(|| NAMELESS.to_owned());
    if is_device(&stem) { format!("{stem}_") } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_harmless() {
        for (names, expected) in [
            (vec!["1zww7deyssrme0csqwr90phzzr", "p-image"], "1zww7deyssrme0csqwr90phzzr"),
            (vec!["", "p-image"], "p-image"),
            (vec!["../..", "p-image"], "p-image"),
            (vec!["../../etc/passwd"], "etcpasswd"),
            (vec!["--help"], "help"),
            (vec!["NUL"], "NUL_"),
            (vec!["com1"], "com1_"),
            (vec!["com10"], "com10"),
            (vec!["☃", "..."], "result"),
        ] {
            assert_eq!(stem(names.clone()), expected, "{names:?}");
        }
    }
}
