//! Arguments that need not be Unicode, because they contain a path.

use std::ffi::{OsStr, OsString};

/// Splits at the first `=`. `None` if there is none, or if what is before it is not Unicode.
pub(crate) fn split_assignment(text: &OsStr) -> Option<(String, OsString)> {
    let at = text.as_encoded_bytes().iter().position(|byte| *byte == b'=')?;
    let (name, value) = split_at(text, at, 1)?;
    Some((name.into_string().ok()?, value))
}

/// Returns what follows an `@`.
pub(crate) fn path_after_at(text: &OsStr) -> Option<OsString> {
    if text.as_encoded_bytes().first() == Some(&b'@') { split_at(text, 0, 1).map(|(_, path)| path) } else { None }
}

/// Splits around an ASCII separator.
#[cfg(unix)]
fn split_at(text: &OsStr, at: usize, length: usize) -> Option<(OsString, OsString)> {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = text.as_bytes();
    Some((OsStr::from_bytes(&bytes[..at]).to_owned(), OsStr::from_bytes(&bytes[at + length..]).to_owned()))
}

/// Splits around an ASCII separator. Without Unix, only Unicode can be split.
#[cfg(not(unix))]
fn split_at(text: &OsStr, at: usize, length: usize) -> Option<(OsString, OsString)> {
    let text = text.to_str()?;
    Some((text[..at].into(), text[at + length..].into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_split_at_the_first_sign() {
        let split = |text: &str| split_assignment(OsStr::new(text)).map(|(name, value)| format!("{name}|{value:?}"));
        assert_eq!(split("a=b=c").as_deref(), Some("a|\"b=c\""));
        assert_eq!(split("a:=").as_deref(), Some("a:|\"\""));
        assert_eq!(split("a"), None);
        assert_eq!(path_after_at(OsStr::new("@a")).as_deref(), Some(OsStr::new("a")));
        assert_eq!(path_after_at(OsStr::new("a@")), None);
    }
}
