//! What `pruna models` prints, for the program's README; a test of the program compares the two.

use super::catalog::Row;

const HEADER: [&str; 6] = ["category", "model", "output", "typical time", "per minute", "list price"];

/// Renders the models by category, in the order of the OpenAPI document.
pub(super) fn session(rows: &[Row]) -> String {
    let mut categories: Vec<&str> = Vec::new();
    for row in rows {
        if !categories.contains(&row.category.as_str()) {
            categories.push(&row.category);
        }
    }
    let mut lines = vec![HEADER.map(str::to_owned)];
    for category in categories {
        let members = rows.iter().filter(|row| row.category == category);
        lines.extend(members.enumerate().map(|(index, row)| {
            let category = if index == 0 { category } else { "" };
            [category, &row.model, &row.output, &row.time, &row.per_minute, &row.price].map(str::to_owned)
        }));
    }
    format!("```console\n$ pruna models\n{}```\n", columns(&lines))
}

/// Pads every column but the last to its widest cell.
fn columns(lines: &[[String; 6]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 6] = std::array::from_fn(width);
    let padded = lines.iter().map(|line| {
        let cells = line.iter().zip(widths).map(|(cell, width)| format!(" {cell:width$} "));
        format!("{}\n", cells.collect::<String>().trim_end())
    });
    padded.collect()
}

#[cfg(test)]
mod tests {
    use super::{Row, session};

    #[test]
    fn models_are_listed_below_their_category_in_the_order_of_the_document() {
        let row = |category: &str, model: &str| Row {
            category: category.into(),
            model: model.into(),
            output: "jpg".into(),
            time: "1.0 s".into(),
            per_minute: String::new(),
            price: "unknown".into(),
        };
        let listed = "```console\n$ pruna models\n \
                      category  model  output  typical time  per minute  list price\n \
                      image     a      jpg     1.0 s                     unknown\n           \
                      c      jpg     1.0 s                     unknown\n \
                      video     b      jpg     1.0 s                     unknown\n```\n";
        assert_eq!(session(&[row("image", "a"), row("video", "b"), row("image", "c")]), listed);
    }
}
