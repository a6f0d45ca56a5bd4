//! Descriptions made safe for rustdoc.

/// Escapes Markdown so that rustdoc gives no warning.
///
/// Fenced blocks do not become doc-tests, `<tag>` not HTML, `[word]` not a link; addresses become links. Code spans stay as
/// they are.
pub(crate) fn safe(text: &str) -> String {
    let mut lines = Vec::new();
    let mut fenced = false;
    for line in text.trim().lines() {
        let line = line.trim_end();
        if line.trim_start().starts_with("```") {
            // `text` keeps the block from being compiled as an example.
            lines.push(if fenced { "```".to_owned() } else { "```text".to_owned() });
            fenced = !fenced;
        } else if fenced {
            lines.push(line.to_owned());
        } else {
            // Four leading spaces would make a code block, hence an example to compile.
            let indent = line.len() - line.trim_start().len();
            lines.push(format!("{}{}", " ".repeat(indent.min(3)), safe_line(line.trim_start())));
        }
    }
    if fenced {
        lines.push("```".to_owned());
    }
    lines.join("\n")
}

fn safe_line(line: &str) -> String {
    // Odd parts are between backticks. An unpaired backtick opens no span.
    let parts: Vec<&str> = line.split('`').collect();
    let closed = parts.len() % 2 == 1;
    let escaped: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(index, part)| if closed && index % 2 == 1 { (*part).to_owned() } else { escape(part) })
        .collect();
    escaped.join(if closed { "`" } else { "'" })
}

fn escape(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        if word.starts_with("<http") && word.contains('>') {
            return word.to_owned();
        }
        let link = word.trim_end_matches(['.', ',', ';', ':', ')']);
        if link.starts_with("https://") || link.starts_with("http://") {
            return format!("<{link}>{}", &word[link.len()..]);
        }
        let mut escaped = String::new();
        for c in word.chars() {
            if matches!(c, '<' | '>' | '[' | ']') {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        escaped
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn prose_becomes_rustdoc_that_warns_of_nothing() {
        for (prose, rustdoc) in [
            ("See https://example.org/a.", "See <https://example.org/a>."),
            ("`<owner>/<model>` or <owner>", "`<owner>/<model>` or \\<owner\\>"),
            ("values in [0, 1]", "values in \\[0, 1\\]"),
            ("at <https://example.org/a>.", "at <https://example.org/a>."),
            ("a lone ` tick", "a lone ' tick"),
            ("    indented", "indented"),
            ("```\ncode <x>\n```", "```text\ncode <x>\n```"),
            ("```json\nunclosed", "```text\nunclosed\n```"),
        ] {
            assert_eq!(safe(prose), rustdoc);
        }
    }
}
