//! The version that an update proposes, and the files that contain it.

use anyhow::Context as _;
use semver::{BuildMetadata, Version, VersionReq};
use toml_edit::{DocumentMut, Item, TableLike};

use crate::{diff::Class, tree::Tree};

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";
/// The packages whose version follows the OpenAPI document, each with its manifest.
const PACKAGES: [(&str, &str); 2] = [("pruna", MANIFEST), ("pruna-openapi", "openapi/Cargo.toml")];

/// Proposes the version after a change, with the OpenAPI document's version as build metadata.
///
/// Counts from the last release, so that a second update before the next release does not count twice. Before 1.0 a
/// breaking change raises the minor version, any other change the patch version.
pub fn propose(current: &Version, released: Option<&Version>, class: Option<Class>, api: &str) -> Version {
    let mut next = released.cloned().unwrap_or_else(|| current.clone());
    if released.is_some() {
        match (class, next.major) {
            (None, _) => {}
            (Some(Class::Breaking), 1..) => next = Version::new(next.major + 1, 0, 0),
            (Some(Class::Breaking), 0) | (Some(Class::Additive), 1..) => {
                next = Version::new(next.major, next.minor + 1, 0);
            }
            (Some(_), _) => next = Version::new(next.major, next.minor, next.patch + 1),
        }
    }
    if next.cmp_precedence(current).is_lt() {
        next = current.clone();
    }
    next.build = metadata(api);
    next
}

/// Renders build metadata such as `api.0.5.3`; characters that it cannot contain become hyphens.
fn metadata(api: &str) -> BuildMetadata {
    let replaced = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let text: String = api.chars().map(replaced).collect();
    let parts: Vec<&str> = text.split('.').filter(|part| !part.is_empty()).collect();
    BuildMetadata::new(&format!("api.{}", parts.join("."))).unwrap_or_default()
}

/// Reads the version in the manifest.
///
/// # Errors
///
/// When there is none.
pub fn current(tree: &Tree) -> anyhow::Result<Version> {
    let manifest: DocumentMut = tree.read(MANIFEST)?.parse().context(MANIFEST)?;
    let version = manifest["package"]["version"].as_str().context("Cargo.toml has no version")?;
    version.parse().with_context(|| format!("the version {version} in Cargo.toml"))
}

/// Stages the version in the manifests, the lock file, and the workspace members that require another one.
///
/// # Errors
///
/// When a manifest cannot be read.
pub fn stage(tree: &mut Tree, version: &Version) -> anyhow::Result<()> {
    let before = current(tree)?;
    if before == *version {
        return Ok(());
    }
    let mut manifest: DocumentMut = tree.read(MANIFEST)?.parse().context(MANIFEST)?;
    let members: Vec<String> = manifest["workspace"]["members"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|member| member.as_str())
        .filter(|member| *member != ".")
        .map(|member| format!("{member}/{MANIFEST}"))
        .collect();
    replace(&mut manifest["package"]["version"], &version.to_string());
    require(manifest.as_table_mut(), version);
    tree.write(MANIFEST, manifest.to_string());
    for member in members {
        let Some(text) = tree.find(&member)? else { continue };
        let mut manifest: DocumentMut = text.parse().with_context(|| member.clone())?;
        if PACKAGES.iter().any(|(_, path)| *path == member) {
            replace(&mut manifest["package"]["version"], &version.to_string());
        }
        require(manifest.as_table_mut(), version);
        tree.write(member, manifest.to_string());
    }
    if let Some(mut lock) = tree.find(LOCK)? {
        for (package, _) in PACKAGES {
            let entry = |version: &Version| format!("name = \"{package}\"\nversion = \"{version}\"\n");
            lock = lock.replace(&entry(&before), &entry(version));
        }
        tree.write(LOCK, lock);
    }
    Ok(())
}

/// Updates version requirements that the new version does not match; cargo would not build with them.
fn require(manifest: &mut dyn TableLike, version: &Version) {
    for (key, item) in manifest.iter_mut() {
        let key = key.get().to_owned();
        let Some(table) = item.as_table_like_mut() else { continue };
        if !key.ends_with("dependencies") {
            if matches!(key.as_str(), "workspace" | "target") || key.starts_with("cfg(") {
                require(table, version);
            }
            continue;
        }
        for (package, _) in PACKAGES {
            let wanted = table.get_mut(package).and_then(|dependency| dependency.get_mut("version"));
            let Some((item, text)) = wanted.and_then(|item| item.as_str().map(str::to_owned).map(|text| (item, text)))
            else {
                continue;
            };
            if !VersionReq::parse(&text).is_ok_and(|wanted| wanted.matches(version)) {
                let exact = if text.starts_with('=') { "=" } else { "" };
                replace(item, &format!("{exact}{}.{}.{}", version.major, version.minor, version.patch));
            }
        }
    }
}

/// Sets a string and keeps the whitespace around it.
fn replace(item: &mut Item, text: &str) {
    if let Some(value) = item.as_value_mut() {
        let decor = value.decor().clone();
        *value = text.into();
        *value.decor_mut() = decor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_rises_from_the_last_release_by_what_changed() {
        use Class::{Additive, Breaking, Documentation};
        for (current, released, class, proposed) in [
            ("0.1.0+api.0.2.0", None, Some(Breaking), "0.1.0+api.1-2"),
            ("0.1.0+api.0.2.0", Some("0.1.0"), Some(Additive), "0.1.1+api.1-2"),
            ("0.1.0", Some("0.1.0"), Some(Documentation), "0.1.1+api.1-2"),
            ("0.1.0", Some("0.1.0"), Some(Breaking), "0.2.0+api.1-2"),
            ("0.2.0", Some("0.1.0"), Some(Breaking), "0.2.0+api.1-2"),
            ("0.1.1", Some("0.1.0"), Some(Breaking), "0.2.0+api.1-2"),
            ("1.4.0", Some("1.4.0"), Some(Additive), "1.5.0+api.1-2"),
            ("1.4.0", Some("1.4.0"), Some(Breaking), "2.0.0+api.1-2"),
            ("1.4.0", Some("1.4.0"), None, "1.4.0+api.1-2"),
        ] {
            let released = released.map(|version| version.parse().unwrap());
            let version = propose(&current.parse().unwrap(), released.as_ref(), class, "1_2");
            assert_eq!(version.to_string(), proposed, "{current} after {released:?}, {class:?}");
        }
    }

    #[test]
    fn members_that_require_another_version_are_updated() {
        let folder = tempfile::tempdir().unwrap();
        let mut tree = Tree::new(folder.path());
        let written = |version: &str, needed: &str| {
            [
                (
                    "Cargo.toml",
                    format!(
                        "[workspace]\nmembers = [\".\", \"cli\", \"openapi\"]\n[package]\nversion = \"{version}\" # ours\n\
                         [build-dependencies]\npruna-openapi = {{ version = \"={needed}\", path = \"openapi\" }}\n"
                    ),
                ),
                (
                    "cli/Cargo.toml",
                    format!("[dependencies]\npruna = {{ version = \"{needed}\", path = \"..\" }}\nserde = \"1\"\n"),
                ),
                ("openapi/Cargo.toml", format!("[package]\nname = \"pruna-openapi\"\nversion = \"{version}\"\n")),
                (
                    "Cargo.lock",
                    format!(
                        "[[package]]\nname = \"pruna\"\nversion = \"{version}\"\n\
                         [[package]]\nname = \"pruna-openapi\"\nversion = \"{version}\"\n"
                    ),
                ),
            ]
        };
        for (file, text) in written("0.1.0", "0.1.0") {
            tree.write(file, text);
        }
        stage(&mut tree, &"0.2.0+api.1".parse().unwrap()).unwrap();
        for (file, text) in written("0.2.0+api.1", "0.2.0") {
            assert_eq!(tree.read(file).unwrap(), text);
        }
    }
}
