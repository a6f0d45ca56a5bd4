//! Renders changes.

use std::{collections::BTreeMap, fmt::Write as _};

use super::change::{Change, Class};

const CLASSES: [Class; 3] = [Class::Breaking, Class::Additive, Class::Documentation];

impl Class {
    fn heading(self) -> &'static str {
        match self {
            Self::Breaking => "Breaking",
            Self::Additive => "Additive",
            Self::Documentation => "Documentation",
        }
    }
}

/// Renders lines for a terminal, breaking changes first; changes of prose are grouped and counted.
pub fn text(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "no difference\n".into();
    }
    let mut text = String::new();
    for (class, changes) in grouped(changes) {
        let _ = writeln!(text, "{} ({}):", class.heading(), changes.len());
        if class == Class::Documentation {
            let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for change in changes {
                places.entry(&change.what).or_default().push(&change.place);
            }
            for (what, places) in places {
                let more = if places.len() > 1 { format!(" and {} more", places.len() - 1) } else { String::new() };
                let _ = writeln!(text, "  {what}: {}{more}", places[0]);
            }
            continue;
        }
        for change in changes {
            let _ = writeln!(text, "  {}: {}", change.place, change.what);
        }
    }
    text
}

/// Renders a JSON array of objects with `class`, `where` and `what`.
///
/// # Errors
///
/// When serialization fails, which no change causes.
pub fn json(changes: &[Change]) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(changes)?))
}

/// Renders Markdown for a pull request: breaking changes first, changes of prose collapsed.
pub fn markdown(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "No difference.\n".into();
    }
    let mut text = String::new();
    for (class, changes) in grouped(changes) {
        if !text.is_empty() {
            text.push('\n');
        }
        let folded = class == Class::Documentation;
        if folded {
            let _ = writeln!(text, "<details><summary>{} ({})</summary>\n", class.heading(), changes.len());
        } else {
            let _ = writeln!(text, "### {} ({})\n", class.heading(), changes.len());
        }
        for change in changes {
            let _ = writeln!(text, "- `{}`: {}", change.place.replace('`', "'"), change.what);
        }
        if folded {
            text.push_str("\n</details>\n");
        }
    }
    text
}

fn grouped(changes: &[Change]) -> impl Iterator<Item = (Class, Vec<&Change>)> {
    CLASSES.into_iter().filter_map(|class| {
        let changes: Vec<&Change> = changes.iter().filter(|change| change.class == class).collect();
        (!changes.is_empty()).then_some((class, changes))
    })
}
