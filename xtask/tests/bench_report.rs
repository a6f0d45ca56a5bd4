//! `cargo xtask bench-report`: the page and the plots from the results of benchmarks.
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use xtask::{
    bench_report::{Options, run},
    tree::Tree,
};

/// Results of each benchmark, as small as they can be.
const RESULTS: [(&str, &str); 6] = [
    (
        "makespan",
        r#"## Makespan

*a machine*

Batches.
{"series": {"plot": "makespan-pictures", "panel": "fixed window", "name": "bound", "points": [[1, 0.3], [1000, 60.3]]}}
{"series": {"plot": "makespan-pictures", "panel": "fixed window", "name": "spread evenly", "points": [[1, 0.3], [1000, 123]]}}
{"series": {"plot": "makespan-pictures", "panel": "fixed window", "name": "pruna", "points": [[1, 0.3], [1000, 60.3]]}}

| pictures |
| --- |
| 1000 |

{"series": {"plot": "makespan-videos", "panel": "bucket", "name": "bound", "points": [[1, 5]]}}
{"series": {"plot": "makespan-videos", "panel": "bucket", "name": "spread evenly", "points": [[1, 5]]}}
{"series": {"plot": "makespan-videos", "panel": "bucket", "name": "pruna", "points": [[1, 5]]}}
{"row": {"work": "1000 pictures", "pruna": "60.30 s", "reference": "60.30 s: the bound", "ratio": 1.0, "official": null}}
"#,
    ),
    (
        "polling",
        r#"## Polling

{"series": {"plot": "lateness", "panel": "videos", "name": "fixed 0.5 s, one at a time", "points": [[0.1, 0], [0.5, 100]]}}
{"series": {"plot": "lateness", "panel": "videos", "name": "fixed 0.5 s, 1000 at once", "points": [[0.1, 0], [0.5, 100]]}}
{"series": {"plot": "lateness", "panel": "videos", "name": "pruna, one at a time", "points": [[0.1, 0], [0.5, 100]]}}
{"series": {"plot": "lateness", "panel": "videos", "name": "pruna, 1000 at once", "points": [[0.1, 0], [0.5, 100]]}}
"#,
    ),
    ("overhead", "## Overhead\n"),
    (
        "batch",
        r#"## Throughput

{"series": {"plot": "throughput", "panel": "per second", "name": "pruna", "points": [[0, 24619]]}}
{"series": {"plot": "throughput", "panel": "per second", "name": "plain reqwest", "points": [[0, 36095]]}}
{"row": {"work": "a batch", "pruna": "24619", "reference": "36095: plain reqwest", "ratio": 0.682, "official": "38"}}
"#,
    ),
    (
        "scale",
        r#"## Scale

{"series": {"plot": "memory", "panel": "resident memory", "name": "10 KiB for each job", "points": [[1000, 9.8]]}}
{"series": {"plot": "memory", "panel": "resident memory", "name": "pruna", "points": [[1000, 7.6]]}}
"#,
    ),
    (
        "transfer",
        r#"## Transfers
{"row": {"work": "requests", "pruna": "200 served", "reference": "200 served", "ratio": null, "official": null}}
"#,
    ),
];

const PAGE: &str = "\
# Benchmarks

Written by `cargo xtask bench-report`. Each figure is given with a reference from the same run and the ratio of the two; ratios carry over to other machines better than times.

The ratio is that of pruna to the reference: for times and sizes, less is better, for rates, more. The official client is measured in real time only.

| work | pruna | reference | ratio | official client |
| --- | --- | --- | --- | --- |
| 1000 pictures | 60.30 s | 60.30 s: the bound | 1.00 | - |
| a batch | 24619 | 36095: plain reqwest | 0.68 | 38 |
| requests | 200 served | 200 served | - | - |

## Makespan

*a machine*

Batches.

| pictures |
| --- |
| 1000 |

![Time of a batch of pictures, 0.3 s each, 500 a minute](benchmarks/makespan-pictures.svg)

![Time of a batch of videos, 5 s each, 30 a minute](benchmarks/makespan-videos.svg)

## Polling

![How late results are noticed](benchmarks/lateness.svg)

## Overhead

## Throughput

![Predictions without limits, 64 at a time](benchmarks/throughput.svg)

## Scale

![Memory of jobs that wait in one batch](benchmarks/memory.svg)

## Transfers
";

/// Writes results, with an edit of those of one benchmark; draws from them.
fn draw(root: &Path, edited: &str, edit: impl Fn(&str) -> Option<String>) -> anyhow::Result<xtask::outcome::Outcome> {
    fs::create_dir_all(root.join("docs/benchmarks")).unwrap();
    for (name, text) in RESULTS {
        let text = if name == edited { edit(text) } else { Some(text.to_owned()) };
        if let Some(text) = text {
            fs::write(root.join(format!("docs/benchmarks/{name}.txt")), text).unwrap();
        }
    }
    run(&mut Tree::new(root), &Options { draw_only: true, ..Options::default() })
}

#[test]
fn the_page_has_a_summary_of_all_benchmarks_and_a_section_with_plots_for_each() {
    let folder = tempfile::tempdir().unwrap();
    assert!(draw(folder.path(), "", |_| None).unwrap().success);
    assert_eq!(fs::read_to_string(folder.path().join("docs/benchmarks.md")).unwrap(), PAGE);
}

#[test]
fn a_plot_is_a_small_picture_on_white_with_title_axes_and_legend_as_text() {
    let folder = tempfile::tempdir().unwrap();
    draw(folder.path(), "", |_| None).unwrap();
    for (name, texts) in [
        (
            "makespan-pictures",
            &["fixed window", "pictures", "makespan (s)", "bound", "spread evenly", "pruna", "1000"][..],
        ),
        ("makespan-videos", &["Time of a batch of videos, 5 s each, 30 a minute", "bucket", "videos"]),
        (
            "lateness",
            &["videos", "noticed within (s)", "jobs (%)", "pruna, 1000 at once", "fixed 0.5 s, one at a time"],
        ),
        ("memory", &["waiting jobs", "resident memory (MiB)", "10 KiB for each job"]),
        ("throughput", &["per second", "pruna", "plain reqwest", "24619", "36095"]),
    ] {
        let svg = fs::read_to_string(folder.path().join(format!("docs/benchmarks/{name}.svg"))).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let elements = document.descendants().filter(|node| node.tag_name().name() == "text");
        let shown: Vec<&str> = elements.map(|node| node.text().unwrap().trim()).collect();
        for text in texts {
            assert!(shown.contains(text), "{name} lacks {text:?}: {shown:?}");
        }
        // What was not measured is not in the legend.
        assert!(!shown.contains(&"official Python client"), "{name}");
        let background = document.root_element().first_element_child().unwrap();
        assert_eq!(background.attribute("fill"), Some("#FFFFFF"), "{name}");
        assert!(svg.len() < 60_000, "{name} has {} bytes", svg.len());
    }
}

#[test]
fn results_that_are_missing_or_wrong_are_an_error_of_one_line_that_names_the_command() {
    let replace = |from: &'static str, to: &'static str| {
        move |text: &str| {
            assert!(text.contains(from));
            Some(text.replace(from, to))
        }
    };
    type Edit = Box<dyn Fn(&str) -> Option<String>>;
    let cases: [(&str, Edit, &str); 7] = [
        ("scale", Box::new(|_| None), "docs/benchmarks/scale.txt does not exist"),
        (
            "makespan",
            Box::new(replace("[1000, 123]", "[1000")),
            "docs/benchmarks/makespan.txt: line 7: invalid length 1, expected a tuple of size 2 at column",
        ),
        (
            "transfer",
            Box::new(replace("\"pruna\"", "\"ours\"")),
            "docs/benchmarks/transfer.txt: line 2: unknown field `ours`",
        ),
        ("makespan", Box::new(replace("spread evenly", "evenly")), "makespan-pictures: \"evenly\" has no style"),
        (
            "batch",
            Box::new(replace("plain reqwest\", \"points", "pruna\", \"points")),
            "throughput: \"per second\" lacks the series \"plain reqwest\"",
        ),
        (
            "polling",
            Box::new(replace("[[0.1, 0], ", "[[0, 0], ")),
            "lateness: \"fixed 0.5 s, one at a time\" of \"videos\" has a point that the axes cannot show: 0, 0",
        ),
        ("scale", Box::new(replace("[[1000, 7.6]]", "[]")), "memory: \"pruna\" of \"resident memory\" has no points"),
    ];
    for (name, edit, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let error = draw(folder.path(), name, edit).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(error.ends_with(&format!("; run `cargo xtask bench-report {name}`")), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(!folder.path().join("docs/benchmarks.md").exists(), "{expected}");
    }
}

#[test]
fn an_unknown_benchmark_is_rejected_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { names: vec!["speed".to_owned()], ..Options::default() };
    let error = run(&mut Tree::new(folder.path()), &options).unwrap_err();
    assert!(error.to_string().contains("makespan, polling, overhead, batch, scale, transfer"), "{error}");
}
