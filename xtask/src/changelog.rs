//! CHANGELOG.md, in the format of keepachangelog.com.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use semver::Version;

use crate::{
    diff::{Change, Class},
    outcome::Outcome,
    tree::Tree,
};

/// The file.
pub const FILE: &str = "CHANGELOG.md";
const UNRELEASED: &str = "## [Unreleased]";

/// Returns the newest version that has a heading.
pub fn last_release(changelog: &str) -> Option<Version> {
    let headings = changelog.lines().filter_map(|line| line.strip_prefix("## [")?.split(']').next());
    headings.filter_map(|heading| heading.parse().ok()).next()
}

/// Adds the section of an update below the heading of unreleased changes.
///
/// # Errors
///
/// When that heading is missing.
pub fn with_update(changelog: &str, from: &str, to: &str, changes: &[Change]) -> anyhow::Result<String> {
    let Some(start) = changelog.find(UNRELEASED) else { bail!("{FILE} has no heading `{UNRELEASED}`") };
    let (before, after) = changelog.split_at(start + UNRELEASED.len());
    Ok(format!("{before}\n\n{}\n{}", section(from, to, changes), after.trim_start_matches('\n')))
}

/// Lists breaking and additive changes; changes of prose are only counted.
fn section(from: &str, to: &str, changes: &[Change]) -> String {
    let mut text = format!("### P-API {to}\n\nFollows the OpenAPI document from {from} to {to}.\n");
    for (class, heading) in [(Class::Breaking, "Breaking"), (Class::Additive, "New")] {
        let changes: Vec<&Change> = changes.iter().filter(|change| change.class == class).collect();
        if !changes.is_empty() {
            let _ = write!(text, "\n{heading}:\n\n");
        }
        for change in changes {
            let _ = writeln!(text, "- `{}`: {}", change.place.replace('`', "'"), change.what);
        }
    }
    let prose = changes.iter().filter(|change| change.class == Class::Documentation).count();
    if prose > 0 {
        let places = if prose == 1 { "place" } else { "places" };
        let _ = write!(text, "\nThe documentation differs in {prose} {places}.\n");
    }
    text
}

/// `cargo xtask release`: moves unreleased changes below a heading with the package's version.
///
/// # Errors
///
/// When the version already has a heading, or there are no unreleased changes.
pub fn release(tree: &mut Tree, date: &str) -> anyhow::Result<Outcome> {
    let version = crate::version::current(tree)?;
    let text = with_release(&tree.read(FILE)?, &version, date)?;
    tree.write(FILE, text);
    tree.commit()?;
    Ok(Outcome::success(format!("{FILE}: unreleased changes are now {version}\n")))
}

fn with_release(changelog: &str, version: &Version, date: &str) -> anyhow::Result<String> {
    let parts: Vec<&str> = date.split('-').collect();
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    if !matches!(parts.as_slice(), [y, m, d] if digits(y, 4) && digits(m, 2) && digits(d, 2)) {
        bail!("{date} is not a date of the form 2030-12-31");
    }
    if last_release(changelog).is_some_and(|last| version.cmp_precedence(&last).is_le()) {
        bail!("{FILE} already has {version}; raise the version in Cargo.toml first");
    }
    let (before, after) = changelog.split_once(UNRELEASED).with_context(|| format!("{FILE} has no `{UNRELEASED}`"))?;
    let unreleased = after.split("\n## ").next().unwrap_or_default();
    if unreleased.trim().is_empty() {
        bail!("{FILE} has nothing under `{UNRELEASED}`");
    }
    Ok(format!("{before}{UNRELEASED}\n\n## [{version}] - {date}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str =
        "# Changelog\n\n## [Unreleased]\n\n- A thing.\n\n## [0.1.0+api.1] - 2030-01-01\n\n- First.\n";

    #[test]
    fn the_newest_release_is_read_from_the_headings() {
        assert_eq!(last_release(CHANGELOG).unwrap().to_string(), "0.1.0+api.1");
        assert_eq!(last_release("## [Unreleased]\n"), None);
    }

    #[test]
    fn an_update_comes_first() {
        let change = |class, place: &str| Change { class, place: place.into(), what: "was added".into() };
        let changes = [
            change(Class::Documentation, "document"),
            change(Class::Additive, "model p-tiny"),
            change(Class::Breaking, "POST /a header B"),
        ];
        let text = with_update(CHANGELOG, "1", "2", &changes).unwrap();
        let expected = "# Changelog\n\n## [Unreleased]\n\n### P-API 2\n\nFollows the OpenAPI document from 1 to 2.\n\nBreaking:\n\n\
                        - `POST /a header B`: was added\n\nNew:\n\n- `model p-tiny`: was added\n\n\
                        The documentation differs in 1 place.\n\n- A thing.\n\n## [0.1.0+api.1]";
        assert!(text.starts_with(expected), "{text}");
        assert!(with_update("# Changelog\n", "1", "2", &changes).is_err());
    }

    #[test]
    fn a_release_moves_unreleased_changes_below_its_heading() {
        let released = with_release(CHANGELOG, &"0.2.0".parse().unwrap(), "2030-12-31").unwrap();
        assert!(
            released.contains("## [Unreleased]\n\n## [0.2.0] - 2030-12-31\n\n- A thing.\n\n## [0.1.0"),
            "{released}"
        );
        for (changelog, version, date, why) in [
            (CHANGELOG, "0.1.0+api.2", "2030-12-31", "already"),
            (CHANGELOG, "0.2.0", "today", "not a date"),
            ("## [Unreleased]\n\n## [0.1.0]\n", "0.2.0", "2030-12-31", "nothing"),
            ("# Changelog\n", "0.2.0", "2030-12-31", "has no"),
        ] {
            let error = with_release(changelog, &version.parse().unwrap(), date).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
