//! A panel of bars, each with its value above it.

use plotters::{
    chart::ChartBuilder,
    element::{Rectangle, Text},
    style::{
        Color as _,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    Panel,
    canvas::{Area, MESH, text},
};

/// Draws panels side by side.
pub(super) fn draw(areas: &[Area<'_>], panels: &[Panel<'_>]) -> anyhow::Result<()> {
    areas.iter().zip(panels).try_for_each(|(area, panel)| on(area, panel))
}

/// Draws a panel. The value of a series is that of its first point.
fn on(area: &Area<'_>, panel: &Panel<'_>) -> anyhow::Result<()> {
    let bars = || panel.series.iter().filter_map(|(style, points)| Some((style.color, points.first()?.1)));
    let most = bars().map(|(_, value)| value).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, text(15))
        .margin(6)
        .margin_right(14)
        .margin_bottom(24)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..panel.series.len() as f64, 0.0..most.max(f64::MIN_POSITIVE) * 1.15)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .max_light_lines(0)
        .bold_line_style(MESH)
        .y_labels(6)
        .y_label_formatter(&|value| format!("{value:.0}"))
        .label_style(text(13))
        .draw()?;
    chart.draw_series(bars().enumerate().map(|(place, (color, value))| {
        let left = place as f64;
        Rectangle::new([(left + 0.2, 0.0), (left + 0.8, value)], color.filled())
    }))?;
    chart.draw_series(bars().enumerate().map(|(place, (_, value))| {
        let above = text(14).pos(Pos::new(HPos::Center, VPos::Bottom));
        Text::new(format!("{value:.0}"), (place as f64 + 0.5, value + most * 0.02), above)
    }))?;
    Ok(())
}
