//! From rustdoc's JSON to the text of the listing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use anyhow::Context as _;
use public_api::{Builder, PublicApi};

/// The auto traits that are listed, in this order.
const AUTO_TRAITS: [&str; 3] = ["Send", "Sync", "Unpin"];

/// Renders one line for each public item, then for each type the auto traits that it has and the traits that it derives.
pub(super) fn render(json: &Path) -> anyhow::Result<String> {
    let builder = || Builder::from_rustdoc_json(json).omit_blanket_impls(true);
    let items = lines(builder().omit_auto_trait_impls(true).omit_auto_derived_impls(true))?;
    let auto = lines(builder().omit_auto_derived_impls(true))?;
    let derived = lines(builder().omit_auto_trait_impls(true))?;
    let mut text = format!(
        "# {} public items. At the end, for each type: its auto traits (impl) and the traits that it derives.\n\n",
        items.len()
    );
    for item in &items {
        let _ = writeln!(text, "{item}");
    }
    text.push('\n');
    let items: BTreeSet<&String> = items.iter().collect();
    for line in implementations(auto.iter().chain(&derived).filter(|line| !items.contains(line))) {
        let _ = writeln!(text, "{line}");
    }
    Ok(text)
}

fn lines(builder: Builder) -> anyhow::Result<Vec<String>> {
    let api: PublicApi = builder.build().context("rustdoc's JSON cannot be read")?;
    Ok(api.items().map(ToString::to_string).collect())
}

/// The traits of each type, from lines such as `impl core::marker::Send for pruna::Client`.
fn implementations<'a>(lines: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut types: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (name, target) in lines.filter_map(|line| implementation(line)) {
        types.entry(target).or_default().insert(name);
    }
    let mut text = Vec::new();
    for (target, traits) in types {
        let auto: Vec<&str> = AUTO_TRAITS.into_iter().filter(|name| traits.contains(name)).collect();
        if !auto.is_empty() {
            text.push(format!("impl {} for {target}", auto.join(" + ")));
        }
        let derived: Vec<&str> = traits.into_iter().filter(|name| !AUTO_TRAITS.contains(name)).collect();
        if !derived.is_empty() {
            text.push(format!("derive {} for {target}", derived.join(", ")));
        }
    }
    text
}

/// The short name of the trait, and the type with its conditions; `None` for a line that is not listed.
fn implementation(line: &str) -> Option<(&str, String)> {
    /// Traits that say nothing to a reader: the compiler's own, and auto traits that programs hardly depend on.
    const OMITTED: [&str; 5] = ["Freeze", "RefUnwindSafe", "StructuralPartialEq", "UnsafeUnpin", "UnwindSafe"];
    let rest = line.strip_prefix("impl")?;
    let rest = if rest.starts_with('<') { rest.split_once("> ")?.1 } else { rest.trim_start() };
    let (path, target) = rest.split_once(" for ")?;
    let name = path.split('<').next()?.rsplit("::").next()?;
    (!path.starts_with('!') && !OMITTED.contains(&name)).then(|| (name, target.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::implementations;

    #[test]
    fn a_lost_send_changes_the_line_of_its_type() {
        let lines = [
            "impl core::marker::Send for pruna::Client",
            "impl core::marker::Sync for pruna::Client",
            "impl core::panic::unwind_safe::UnwindSafe for pruna::Client",
            "impl core::marker::StructuralPartialEq for pruna::Client",
            "impl core::clone::Clone for pruna::Client",
            "impl core::fmt::Debug for pruna::Client",
            "pub fn pruna::Client::clone(&self) -> pruna::Client",
            "impl !core::marker::Send for pruna::Local",
            "impl core::marker::Sync for pruna::Local",
            "impl<'de> serde_core::de::Deserialize<'de> for pruna::Local",
            "impl<T> core::marker::Send for pruna::Of<T> where T: core::marker::Send",
        ];
        assert_eq!(
            implementations(lines.map(str::to_owned).iter()),
            [
                "impl Send + Sync for pruna::Client",
                "derive Clone, Debug for pruna::Client",
                "impl Sync for pruna::Local",
                "derive Deserialize for pruna::Local",
                "impl Send for pruna::Of<T> where T: core::marker::Send",
            ]
        );
    }
}
