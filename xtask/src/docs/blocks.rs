//! Generated blocks in files that are otherwise written by hand.

/// Returns where the text between `<!-- name -->` and `<!-- /name -->` starts and ends.
pub(super) fn find(text: &str, name: &str) -> Option<(usize, usize)> {
    let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let start = text.find(&open)? + open.len();
    Some((start, start + text[start..].find(&close)?))
}

/// Replaces the text between the marks; returns a text without them unchanged.
pub(super) fn fill(text: &str, name: &str, block: &str) -> String {
    match find(text, name) {
        Some((start, end)) => format!("{}\n{}{}", &text[..start], block, &text[end..]),
        None => text.to_owned(),
    }
}

/// Turns a block into lines of a module's documentation, up to the closing mark.
pub(super) fn as_comment(block: &str) -> String {
    let lines = block.lines().map(|line| format!("//! {line}\n"));
    lines.collect::<String>() + "//! "
}

#[cfg(test)]
mod tests {
    use super::{as_comment, fill};

    #[test]
    fn a_block_within_a_comment_stays_a_comment() {
        let source = "//! a\n//! <!-- features -->\n//! <!-- /features -->\nmod b;\n";
        let filled = "//! a\n//! <!-- features -->\n//! one\n//! two\n//! <!-- /features -->\nmod b;\n";
        assert_eq!(fill(source, "features", &as_comment("one\ntwo\n")), filled);
        assert_eq!(fill(filled, "features", &as_comment("one\ntwo\n")), filled);
    }

    #[test]
    fn only_the_marked_block_is_replaced() {
        let readme = "a\n<!-- models -->\nold\n<!-- /models -->\nb\n";
        assert_eq!(fill(readme, "models", "new\n"), "a\n<!-- models -->\nnew\n<!-- /models -->\nb\n");
        assert_eq!(fill("no mark", "models", "new\n"), "no mark");
    }
}
