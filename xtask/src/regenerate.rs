//! `cargo xtask regenerate`: writes the committed copies of generated files.

use pruna_codegen::Output;

use crate::{docs, outcome::Outcome, tree::Tree, vendored::Vendored};

/// The folder of the committed sources.
const GENERATED: &str = "src/generated";
/// The list of what the generator's rules change, which a test of the generator compares.
const CHANGES: &str = "codegen/tests/snapshots/snapshots__the_rules_change_the_document_only_as_reviewed.snap";

/// Writes the files, or with `check` lists those that are stale.
///
/// # Errors
///
/// When the OpenAPI document cannot be expressed in Rust, or a file cannot be written.
pub fn run(tree: &mut Tree, check: bool) -> anyhow::Result<Outcome> {
    let vendored = Vendored::read(tree)?;
    stage(tree, &vendored, &vendored.generate()?)?;
    if check {
        let stale: Vec<String> = tree.altered()?.iter().map(|path| format!("stale: {}\n", path.display())).collect();
        let fix = if stale.is_empty() { "" } else { "fix with: cargo xtask regenerate\n" };
        return Ok(Outcome { text: stale.concat() + fix, success: stale.is_empty() });
    }
    Ok(Outcome::of_files(&tree.commit()?))
}

/// Stages every generated file.
///
/// The sources are binary snapshots of insta: the file itself, and its metadata in a second file.
///
/// # Errors
///
/// When a file cannot be read.
pub fn stage(tree: &mut Tree, vendored: &Vendored, output: &Output) -> anyhow::Result<()> {
    let mut kept = Vec::new();
    for file in &output.files {
        let metadata = format!("{}.snap", file.name);
        tree.write(format!("{GENERATED}/{}", file.file_name()), file.text.clone());
        tree.write(
            format!("{GENERATED}/{metadata}"),
            format!(
                "---\nsource: codegen/tests/snapshots.rs\nextension: {}\nsnapshot_kind: binary\n---\n",
                file.extension
            ),
        );
        kept.extend([file.file_name(), metadata]);
    }
    for leftover in tree.names(GENERATED)?.into_iter().filter(|name| !kept.contains(name)) {
        tree.remove(format!("{GENERATED}/{leftover}"));
    }
    tree.write(
        CHANGES,
        format!(
            "---\nsource: codegen/tests/snapshots.rs\nexpression: \"generated().changes.join(\\\"\\\\n\\\")\"\n---\n{}\n",
            output.changes.join("\n")
        ),
    );
    docs::stage(tree, vendored)
}
