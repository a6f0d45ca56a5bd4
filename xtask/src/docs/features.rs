//! The table of the package's features.

use std::fmt::Write as _;

use anyhow::Context as _;

/// Renders the features of a manifest, each with the `##` comment above it.
pub(super) fn table(manifest: &str) -> anyhow::Result<String> {
    let manifest: toml_edit::DocumentMut = manifest.parse().context("Cargo.toml")?;
    let features = manifest["features"].as_table().context("Cargo.toml has no [features]")?;
    let on: Vec<&str> = features
        .get("default")
        .and_then(|list| list.as_array())
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str())
        .collect();
    let mut text = String::from("| feature | default | description |\n|---|---|---|\n");
    for (name, _) in features.iter().filter(|(name, _)| *name != "default") {
        let above = features.key(name).and_then(|key| key.leaf_decor().prefix()).and_then(|prefix| prefix.as_str());
        let comment: Vec<&str> =
            above.unwrap_or_default().lines().filter_map(|line| line.trim().strip_prefix("## ")).collect();
        let _ =
            writeln!(text, "| `{name}` | {} | {} |", if on.contains(&name) { "yes" } else { "" }, comment.join(" "));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn features_are_described_by_the_comments_above_them() {
        let manifest = "[features]\ndefault = [\"a\"]\n## Does this.\na = []\n## Does\n## that.\nb = []\n";
        let expected =
            "| feature | default | description |\n|---|---|---|\n| `a` | yes | Does this. |\n| `b` |  | Does that. |\n";
        assert_eq!(table(manifest).unwrap(), expected);
    }
}
