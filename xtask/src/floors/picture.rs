//! The floors as text.

use std::fmt::Write as _;

use super::map::Section;

/// How many columns the names of a floor take before they go on in the next line.
const MAX_NAMES: usize = 52;

/// Draws the floors of a crate, the highest first.
pub(super) fn draw(name: &str, section: &Section) -> String {
    let floors: Vec<_> = section.numbered().map(|(number, floor)| (number, wrap(&floor.modules), floor)).collect();
    let longest = floors.iter().flat_map(|(_, lines, _)| lines).map(|line| line.chars().count());
    let width = longest.max().unwrap_or_default();
    let mut text = format!("{name}\n");
    for (number, lines, floor) in floors {
        for (index, line) in lines.iter().enumerate() {
            if index == 0 {
                let _ = writeln!(text, "  {number:>2}  {line:width$}  {}", floor.meaning);
            } else {
                let _ = writeln!(text, "      {line}");
            }
        }
    }
    for knot in &section.knots {
        let _ = writeln!(text, "      use each other: {}", knot.0.join(", "));
    }
    text
}

/// Joins the names with commas into lines of at most [`MAX_NAMES`] columns.
fn wrap(names: &[String]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 < names.len() { "," } else { "" };
        let has_room = |line: &String| line.chars().count() + name.chars().count() + 2 <= MAX_NAMES;
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.extend([name, comma]),
            Some(line) if has_room(line) => line.extend([" ", name, comma]),
            _ => lines.push(format!("{name}{comma}")),
        }
    }
    lines
}
