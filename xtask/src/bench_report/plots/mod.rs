//! The plots of the page, as SVG.

mod bars;
mod canvas;
mod frame;
mod lines;

use anyhow::{bail, ensure};
use plotters::style::RGBColor;

use super::results::Series;

const LIGHT_GRAY: RGBColor = RGBColor(195, 195, 195);
const GRAY: RGBColor = RGBColor(150, 150, 150);
// A palette that color-blind readers can tell apart.
const BLUE: RGBColor = RGBColor(0, 114, 178);
const SKY: RGBColor = RGBColor(86, 180, 233);
const ORANGE: RGBColor = RGBColor(213, 94, 0);
const YELLOW: RGBColor = RGBColor(230, 159, 0);

/// A picture with a panel for each value of [`Series::panel`].
pub(super) struct Plot {
    /// The name of the file, as in [`Series::plot`].
    pub(super) name: &'static str,
    pub(super) benchmark: &'static str,
    pub(super) title: &'static str,
    kind: Kind,
    /// What every panel shows, from the back to the front.
    styles: &'static [Style],
}

enum Kind {
    Lines { x: Axis, y: Axis },
    Bars,
}

struct Axis {
    label: &'static str,
    is_logarithmic: bool,
}

struct Style {
    /// As in [`Series::name`].
    name: &'static str,
    color: RGBColor,
    width: u32,
    is_optional: bool,
}

const fn linear(label: &'static str) -> Axis {
    Axis { label, is_logarithmic: false }
}

const fn logarithmic(label: &'static str) -> Axis {
    Axis { label, is_logarithmic: true }
}

const fn style(name: &'static str, color: RGBColor, width: u32) -> Style {
    Style { name, color, width, is_optional: false }
}

const MAKESPAN: &[Style] = &[style("bound", LIGHT_GRAY, 7), style("spread evenly", ORANGE, 2), style("pruna", BLUE, 2)];

pub(super) const PLOTS: &[Plot] = &[
    Plot {
        name: "makespan-pictures",
        benchmark: "makespan",
        title: "Time of a batch of pictures, 0.3 s each, 500 a minute",
        kind: Kind::Lines { x: logarithmic("pictures"), y: logarithmic("makespan (s)") },
        styles: MAKESPAN,
    },
    Plot {
        name: "makespan-videos",
        benchmark: "makespan",
        title: "Time of a batch of videos, 5 s each, 30 a minute",
        kind: Kind::Lines { x: logarithmic("videos"), y: logarithmic("makespan (s)") },
        styles: MAKESPAN,
    },
    Plot {
        name: "lateness",
        benchmark: "polling",
        title: "How late results are noticed",
        kind: Kind::Lines { x: logarithmic("noticed within (s)"), y: linear("jobs (%)") },
        styles: &[
            style("fixed 0.5 s, one at a time", YELLOW, 2),
            style("fixed 0.5 s, 1000 at once", ORANGE, 2),
            style("pruna, one at a time", SKY, 2),
            style("pruna, 1000 at once", BLUE, 2),
        ],
    },
    Plot {
        name: "throughput",
        benchmark: "batch",
        title: "Predictions without limits, 64 at a time",
        kind: Kind::Bars,
        styles: &[
            style("pruna", BLUE, 1),
            style("plain reqwest", GRAY, 1),
            Style { is_optional: true, ..style("official Python client", ORANGE, 1) },
        ],
    },
    Plot {
        name: "memory",
        benchmark: "scale",
        title: "Memory of jobs that wait in one batch",
        kind: Kind::Lines { x: linear("waiting jobs"), y: linear("resident memory (MiB)") },
        styles: &[style("10 KiB for each job", GRAY, 4), style("pruna", BLUE, 2)],
    },
];

/// A panel: its title, and the series that it has with their styles.
struct Panel<'a> {
    title: &'a str,
    series: Vec<(&'static Style, &'a [(f64, f64)])>,
}

/// Draws a plot of the series of its benchmark.
///
/// # Errors
///
/// When a series is missing, empty, or has a value that the axes cannot show.
pub(super) fn draw(plot: &Plot, series: &[Series]) -> anyhow::Result<String> {
    let series: Vec<&Series> = series.iter().filter(|series| series.plot == plot.name).collect();
    let mut titles: Vec<&str> = Vec::new();
    for Series { panel, name, .. } in &series {
        if !titles.contains(&panel.as_str()) {
            titles.push(panel);
        }
        ensure!(plot.styles.iter().any(|style| style.name == name), "{}: {name:?} has no style", plot.name);
    }
    ensure!(!titles.is_empty(), "{}: there are no series", plot.name);
    let panels = titles.into_iter().map(|title| panel(plot, title, &series)).collect::<anyhow::Result<Vec<_>>>()?;
    frame::draw(plot, &panels)
}

fn panel<'a>(plot: &Plot, title: &'a str, series: &[&'a Series]) -> anyhow::Result<Panel<'a>> {
    let mut found = Vec::new();
    for style in plot.styles {
        let Some(series) = series.iter().find(|series| series.panel == title && series.name == style.name) else {
            ensure!(style.is_optional, "{}: {title:?} lacks the series {:?}", plot.name, style.name);
            continue;
        };
        check(plot, series)?;
        found.push((style, series.points.as_slice()));
    }
    Ok(Panel { title, series: found })
}

/// Checks that the axes can show every point.
fn check(plot: &Plot, Series { panel, name, points, .. }: &Series) -> anyhow::Result<()> {
    let (x, y) = match &plot.kind {
        Kind::Lines { x, y } => (x.is_logarithmic, y.is_logarithmic),
        Kind::Bars => (false, false),
    };
    let can_show =
        |value: f64, is_logarithmic: bool| value.is_finite() && value >= 0.0 && (value > 0.0 || !is_logarithmic);
    let what = format!("{}: {name:?} of {panel:?}", plot.name);
    ensure!(!points.is_empty(), "{what} has no points");
    match points.iter().find(|point| !can_show(point.0, x) || !can_show(point.1, y)) {
        Some((x, y)) => bail!("{what} has a point that the axes cannot show: {x}, {y}"),
        None => Ok(()),
    }
}
