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

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn only_the_marked_block_is_replaced() {
        let readme = "a\n<!-- models -->\nold\n<!-- /models -->\nb\n";
        assert_eq!(fill(readme, "models", "new\n"), "a\n<!-- models -->\nnew\n<!-- /models -->\nb\n");
        assert_eq!(fill("no mark", "models", "new\n"), "no mark");
    }
}
