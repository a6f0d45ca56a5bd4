//! The module floors: arrows found in small crates, and a fault put into a copy of this repository.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod support;

use std::{fs, path::Path};

use support::{copy, text, xtask};
use xtask::{floors, tree::Tree};

/// A crate `made` with a module on each of three floors unless it says otherwise.
struct Case {
    name: &'static str,
    /// Files below `src/`; modules `high`, `mid` and `low` that are not given are empty.
    files: &'static [(&'static str, &'static str)],
    /// The section of `floors.toml`.
    floors: &'static str,
    /// A part of each fault, in order.
    faults: &'static [&'static str],
}

const THREE: &str = "floors = [['high', 'a'], ['mid', 'b'], ['low', 'c']]";
const FOUR: &str = "floors = [['a, b, c, d', 'all']]";
const UPWARD: &[&str] = &["low uses high, which is on a higher floor (low: floor 1, high: floor 3) at src/low.rs:1"];
const ROOT: &str = "mod high; mod low; mod mid; pub use high::High;";

const CASES: &[Case] = &[
    Case {
        name: "arrows that point down",
        files: &[("high.rs", "use crate::{low, mid::Mid}; fn f(_: Mid) { low::f() }"), ("mid.rs", "use super::low;")],
        floors: THREE,
        faults: &[],
    },
    Case { name: "an import", files: &[("low.rs", "use crate::high::High;")], floors: THREE, faults: UPWARD },
    Case {
        name: "a group with a rename",
        files: &[("low.rs", "use std::{fmt, io};\n\nuse crate::{mid::{self as m, Mid}};")],
        floors: THREE,
        faults: &["low uses mid, which is on a higher floor (low: floor 1, mid: floor 2) at src/low.rs:3"],
    },
    Case { name: "a glob", files: &[("low.rs", "use crate::high::*;")], floors: THREE, faults: UPWARD },
    Case {
        name: "an item that the root exports again",
        files: &[("low.rs", "use crate::High;")],
        floors: THREE,
        faults: UPWARD,
    },
    Case {
        name: "an item that a parent exports again belongs to the module that defines it",
        files: &[
            ("lib.rs", "mod high; mod low; mod mid;"),
            ("high.rs", "mod inner; pub use inner::Inner;"),
            ("high/inner.rs", "pub struct Inner;"),
            ("mid.rs", "use crate::high::Inner;"),
        ],
        floors: "floors = [['high', 'a'], ['mid', 'b'], ['low, high::inner', 'c']]",
        faults: &[],
    },
    Case {
        name: "super::super",
        files: &[("low.rs", "mod inner;"), ("low/inner.rs", "use super::super::high::High;")],
        floors: THREE,
        faults: &["low uses high, which is on a higher floor (low: floor 1, high: floor 3) at src/low/inner.rs:1"],
    },
    Case {
        name: "a path in an expression",
        files: &[("low.rs", "fn f() { let x = crate::high::f::<u8>(1); }")],
        floors: THREE,
        faults: UPWARD,
    },
    Case {
        name: "a path in a type and in a pattern",
        files: &[("low.rs", "fn f(x: &dyn Fn(crate::mid::Mid)) { match 1 { crate::high::ONE => {} _ => {} } }")],
        floors: THREE,
        faults: &["low uses high", "low uses mid"],
    },
    Case {
        name: "a path in the tokens of a macro",
        files: &[("low.rs", "fn f() { println!(\"{}\", crate::high::f()); }")],
        floors: THREE,
        faults: UPWARD,
    },
    Case {
        name: "a path in a macro that the crate defines",
        files: &[("low.rs", "macro_rules! m { () => { $crate::high::f() } }")],
        floors: THREE,
        faults: UPWARD,
    },
    Case {
        name: "quoted code belongs to another crate",
        files: &[("low.rs", "fn f() { quote::quote!(crate::high::f()); }")],
        floors: THREE,
        faults: &[],
    },
    Case {
        name: "a path in an attribute",
        files: &[("low.rs", "struct S { #[serde(with = \"crate::high::seconds\")] s: u8 }")],
        floors: THREE,
        faults: UPWARD,
    },
    Case {
        name: "of an imported module only what is used counts",
        files: &[
            ("high.rs", "pub mod inner;"),
            ("high/inner.rs", "pub fn f() {}"),
            ("mid.rs", "use crate::high;\nfn f() { high::inner::f() }"),
            ("low.rs", "use crate::high;\nfn f() { high::f() }"),
        ],
        floors: "floors = [['high', 'a'], ['mid', 'b'], ['low, high::inner', 'c']]",
        faults: &["low uses high"],
    },
    Case {
        name: "code for tests does not count",
        files: &[
            (
                "low.rs",
                "#[cfg(test)] use crate::high::High;\n#[cfg(all(test, unix))] mod tests { use crate::high::High; }\n\
                 #[test] fn f() { crate::high::f() }\nimpl S { #[cfg(test)] fn f() { crate::high::f() } }",
            ),
            ("mid.rs", "#[cfg(test)] mod missing_file;"),
        ],
        floors: THREE,
        faults: &[],
    },
    Case {
        name: "code that is also compiled without tests counts",
        files: &[("low.rs", "#[cfg(any(test, feature = \"f\"))] use crate::high::High;")],
        floors: THREE,
        faults: UPWARD,
    },
    Case {
        name: "documentation, visibility and included files do not count",
        files: &[(
            "low.rs",
            "//! [`High`](crate::high::High)\n/// [`crate::high::High`]\npub(in crate::low) struct S;\n\
             include!(concat!(env!(\"OUT_DIR\"), \"/generated.rs\"));",
        )],
        floors: THREE,
        faults: &[],
    },
    Case {
        name: "other crates do not count",
        files: &[("low.rs", "use std::high::High; use ::high::High; use high_crate::mid;")],
        floors: THREE,
        faults: &[],
    },
    Case {
        name: "a module in another file",
        files: &[
            ("lib.rs", "#[path = \"elsewhere.rs\"] mod low; mod high; mod mid;"),
            ("elsewhere.rs", "use crate::high::A;"),
        ],
        floors: THREE,
        faults: &["low uses high, which is on a higher floor (low: floor 1, high: floor 3) at src/elsewhere.rs:1"],
    },
    Case {
        name: "inline modules and mod.rs",
        files: &[
            ("lib.rs", "mod low { mod inner { use crate::high::High; } } mod high; mod mid;"),
            ("high/mod.rs", "mod child;"),
            ("high/child.rs", "use super::High;"),
        ],
        floors: THREE,
        faults: &["low uses high, which is on a higher floor (low: floor 1, high: floor 3) at src/lib.rs:1"],
    },
    Case {
        name: "an item of the root",
        files: &[("lib.rs", "mod high; mod low; mod mid; pub struct Item;"), ("low.rs", "use crate::Item;")],
        floors: THREE,
        faults: &["low uses the crate root, which is above every floor, at src/low.rs:1"],
    },
    Case {
        name: "a module that is on no floor, one that is on two, and one that does not exist",
        files: &[],
        floors: "floors = [['high', 'a'], ['mid, gone', 'b'], ['high', 'c']]",
        faults: &["there is no module gone", "high is on two floors", "low is on no floor; add it to [made]"],
    },
    Case {
        name: "a parent and its child",
        files: &[("mid.rs", "mod inner; use inner::Inner;"), ("mid/inner.rs", "use super::Mid; pub struct Inner;")],
        floors: "floors = [['high', 'a'], ['mid, mid::inner', 'b'], ['low', 'c']]",
        faults: &[],
    },
    Case {
        name: "a child that leads back to its parent through others",
        files: &[
            ("low.rs", "use crate::mid::inner::Inner;"),
            ("mid.rs", "pub mod inner; use crate::low::L;"),
            ("mid/inner.rs", "use super::Mid; pub struct Inner;"),
        ],
        floors: "floors = [['high', 'a'], ['mid', 'b'], ['low', 'c'], ['mid::inner', 'd']]",
        faults: &[
            "cycle of 3 modules: low → mid::inner (src/low.rs:1) → mid (src/mid/inner.rs:1) → low (src/mid.rs:1)",
        ],
    },
    Case {
        name: "two modules of one floor that use each other",
        files: &[("mid.rs", "use crate::low::L;"), ("low.rs", "use crate::mid::M;")],
        floors: "floors = [['high', 'a'], ['mid, low', 'b']]",
        faults: &["cycle of 2 modules: low → mid (src/low.rs:1) → low (src/mid.rs:1)"],
    },
    Case {
        name: "an allowed knot",
        files: &[("mid.rs", "use crate::low::L;"), ("low.rs", "use crate::mid::M;")],
        floors: "knots = ['mid, low']\nfloors = [['high', 'a'], ['mid', 'b'], ['low', 'c']]",
        faults: &[],
    },
    Case {
        name: "a knot that is none",
        files: &[("mid.rs", "use crate::low::L;")],
        floors: "knots = ['mid, low', 'mid, gone']\nfloors = [['high', 'a'], ['mid', 'b'], ['low', 'c']]",
        faults: &["the modules of the knot `mid, low` no longer use each other", "names gone, which is on no floor"],
    },
    Case {
        name: "a cycle of four",
        files: &[
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "use crate::b::X;"),
            ("b.rs", "use crate::c::X;"),
            ("c.rs", "use crate::d::X;"),
            ("d.rs", "use crate::a::X;"),
        ],
        floors: FOUR,
        faults: &["cycle of 4 modules: a → b (src/a.rs:1) → c (src/b.rs:1) → d (src/c.rs:1) → a (src/d.rs:1)"],
    },
    Case {
        name: "a knot of four",
        files: &[
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "use crate::b::X;"),
            ("b.rs", "use crate::c::X;"),
            ("c.rs", "use crate::d::X;"),
            ("d.rs", "use crate::a::X;"),
        ],
        floors: "knots = ['a, b, c, d']\nfloors = [['a, b, c, d', 'all']]",
        faults: &["the knot `a, b, c, d` in floors.toml has more than 3 modules"],
    },
    Case {
        name: "a cycle among children",
        files: &[
            ("mid.rs", "mod one; mod two;"),
            ("mid/one.rs", "use super::two::Two;"),
            ("mid/two.rs", "use super::one::One;"),
        ],
        floors: THREE,
        faults: &["cycle of 2 modules: mid::one → mid::two (src/mid/one.rs:1) → mid::one (src/mid/two.rs:1)"],
    },
    Case {
        name: "a long way from a child back to its parent",
        files: &[
            ("mid.rs", "mod one; mod two; mod three; use one::One;"),
            ("mid/one.rs", "use super::two::Two;"),
            ("mid/two.rs", "use super::three::Three;"),
            ("mid/three.rs", "use super::Mid;"),
        ],
        floors: THREE,
        faults: &["cycle of 4 modules: mid → mid::one"],
    },
    Case {
        name: "a program without a library",
        files: &[
            ("main.rs", "mod high; mod low; mod mid; fn main() {}"),
            ("lib.rs", ""),
            ("low.rs", "use crate::high::H;"),
        ],
        floors: THREE,
        faults: UPWARD,
    },
];

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Writes the crate of a case; an empty `lib.rs` means none.
fn set_up(root: &Path, case: &Case) {
    write(&root.join("Cargo.toml"), "[workspace]\nmembers = [\".\"]\n[package]\nname = \"made\"\n");
    write(&root.join("floors.toml"), &format!("[made]\n{}\n", case.floors));
    let given = |file: &str| case.files.iter().find(|(name, _)| *name == file).map(|(_, text)| *text);
    if given("lib.rs") != Some("") {
        write(&root.join("src/lib.rs"), given("lib.rs").unwrap_or(ROOT));
    }
    for (module, text) in [("high", "pub struct High;"), ("mid", "pub struct Mid;"), ("low", "")] {
        if given(&format!("{module}/mod.rs")).is_none() {
            write(&root.join(format!("src/{module}.rs")), text);
        }
    }
    for (file, text) in case.files.iter().filter(|(file, _)| *file != "lib.rs") {
        write(&root.join("src").join(file), text);
    }
}

#[test]
fn the_faults_of_small_crates_are_found_and_nothing_else() {
    for case in CASES {
        let folder = tempfile::tempdir().unwrap();
        set_up(folder.path(), case);
        let faults = floors::faults(&Tree::new(folder.path())).unwrap();
        assert_eq!(faults.len(), case.faults.len(), "{}: {faults:#?}", case.name);
        for (fault, expected) in faults.iter().zip(case.faults) {
            assert!(fault.starts_with("made: ") && fault.contains(expected), "{}: {fault}", case.name);
        }
    }
}

#[test]
fn an_upward_arrow_in_this_repository_fails_the_check_with_both_names() {
    let tree = copy();
    let path = tree.path().join("xtask/src/tree.rs");
    let source = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{source}\nuse crate::update as _;\n")).unwrap();
    let line = source.lines().count() + 2;
    let output = xtask(tree.path(), &["check", "--no-build"]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let fault = printed.lines().find(|line| line.contains("xtask: tree uses update, which is on a higher floor"));
    let fault = fault.unwrap_or_else(|| panic!("{printed}"));
    assert!(fault.contains(&format!("at xtask/src/tree.rs:{line};")), "{fault}");
    assert!(printed.contains("FAILED: floors\n"), "{printed}");
}

#[test]
fn the_floors_of_this_repository_are_drawn_in_the_design() {
    let tree = copy();
    let path = tree.path().join("floors.toml");
    let map = fs::read_to_string(&path).unwrap();
    fs::write(&path, map.replace("\"The command line\"", "\"Another meaning\"")).unwrap();
    let printed = text(&xtask(tree.path(), &["check", "--no-build"]).stdout);
    assert!(printed.contains("  DESIGN.md is not up to date\n"), "{printed}");
    assert!(xtask(tree.path(), &["docs"]).status.success());
    let design = fs::read_to_string(tree.path().join("DESIGN.md")).unwrap();
    assert!(design.contains("Another meaning"), "{design}");
}

#[test]
fn the_command_prints_floors_arrows_and_places() {
    let tree = copy();
    let printed = text(&xtask(tree.path(), &["floors", "xtask"]).stdout);
    for part in [" cli ", "\nuses\n", "   1  tree: \n", "\n0 faults\n"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let printed = text(&xtask(tree.path(), &["floors", "xtask", "--module", "outcome"]).stdout);
    assert!(
        printed.contains("outcome is used by\n") && printed.contains("  floors: xtask/src/floors/mod.rs:"),
        "{printed}"
    );
    for (arguments, error) in [
        (["floors", "nothing"].as_slice(), "the workspace has no crate nothing"),
        (&["floors", "xtask", "--module", "nothing"], "xtask has no module nothing"),
    ] {
        assert!(text(&xtask(tree.path(), arguments).stderr).contains(error), "{error}");
    }
}
