//! Tables for stdout, without lines.

use std::io::IsTerminal as _;

use comfy_table::{Attribute, Cell, ColumnConstraint, ContentArrangement, Table, presets};

use crate::console;

/// Creates a table. In a terminal its last `wrapped` columns are wrapped to fit; in a pipe a row is one line.
pub(crate) fn new(header: &[&str], wrapped: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().map(|h| Cell::new(h).add_attribute(Attribute::Bold)));
    if wrapped > 0 && std::io::stdout().is_terminal() {
        let fixed = header.len() - wrapped;
        table.set_content_arrangement(ContentArrangement::Dynamic);
        for column in table.column_iter_mut().take(fixed) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    if console::is_stdout_colored() {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    table
}
