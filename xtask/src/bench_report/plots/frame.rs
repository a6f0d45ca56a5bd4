//! What all plots have: a white background, a title, a legend, and panels side by side.

use anyhow::Context as _;
use plotters::{
    backend::SVGBackend,
    drawing::IntoDrawingArea as _,
    element::{Rectangle, Text},
    style::{
        Color as _, WHITE,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    Kind, Panel, Plot, bars,
    canvas::{Area, text},
    lines,
};

/// Width of a panel; with a single one, the picture is wider.
const PANEL: u32 = 320;
const HEIGHT: u32 = 340;
/// Height of the title and the legend.
const HEAD: u32 = 62;
/// Width of a character of the legend, and of the space between its entries.
const CHARACTER: usize = 7;
const GAP: usize = 52;

/// Draws a plot as SVG.
pub(super) fn draw(plot: &Plot, panels: &[Panel<'_>]) -> anyhow::Result<String> {
    let count = panels.len();
    let width = (PANEL * u32::try_from(count)?).max(2 * PANEL);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (width, HEIGHT)).into_drawing_area();
        root.fill(&WHITE)?;
        let (head, body) = root.split_vertically(HEAD);
        let middle = i32::try_from(width / 2)?;
        let title = text(19).pos(Pos::new(HPos::Center, VPos::Top));
        head.draw(&Text::new(plot.title, (middle, 10), title))?;
        legend(&head, plot, panels, width)?;
        let areas = body.split_evenly((1, count));
        match &plot.kind {
            Kind::Lines { x, y } => lines::draw(&areas, panels, x, y)?,
            Kind::Bars => bars::draw(&areas, panels)?,
        }
        root.present().with_context(|| format!("{} cannot be drawn", plot.name))?;
    }
    Ok(svg)
}

/// Draws the names of the series that any panel has, in a line.
fn legend(head: &Area<'_>, plot: &Plot, panels: &[Panel<'_>], width: u32) -> anyhow::Result<()> {
    let is_shown = |name: &str| panels.iter().flat_map(|panel| &panel.series).any(|(style, _)| style.name == name);
    let styles: Vec<_> = plot.styles.iter().filter(|style| is_shown(style.name)).collect();
    let total: usize = styles.iter().map(|style| style.name.len() * CHARACTER + GAP).sum();
    let mut left = (i32::try_from(width)? - i32::try_from(total)?) / 2 + 10;
    let middle = 48;
    for style in styles {
        let half = i32::try_from(style.width.clamp(3, 8))? / 2 + 1;
        head.draw(&Rectangle::new([(left, middle - half), (left + 24, middle + half)], style.color.filled()))?;
        let name = text(14).pos(Pos::new(HPos::Left, VPos::Center));
        head.draw(&Text::new(style.name, (left + 30, middle), name))?;
        left += i32::try_from(style.name.len() * CHARACTER + GAP)?;
    }
    Ok(())
}
