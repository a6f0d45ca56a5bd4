//! A panel of lines over two axes, each linear or logarithmic.

use std::ops::Range;

use plotters::{
    chart::ChartBuilder,
    coord::{
        combinators::IntoLogRange as _,
        ranged1d::{AsRangedCoord, Ranged, ValueFormatter},
    },
    element::Circle,
    series::LineSeries,
    style::Color as _,
};

use super::{
    Axis, Panel,
    canvas::{Area, MESH, text},
};

/// A line of more points has no markers.
const MARKED: usize = 10;

/// Draws panels side by side, with the same axes, so that they can be compared.
pub(super) fn draw(areas: &[Area<'_>], panels: &[Panel<'_>], x: &Axis, y: &Axis) -> anyhow::Result<()> {
    let points = || panels.iter().flat_map(|panel| &panel.series).flat_map(|(_, points)| points.iter());
    let (columns, rows) = (range(points().map(|point| point.0), x), range(points().map(|point| point.1), y));
    for (area, panel) in areas.iter().zip(panels) {
        let (columns, rows, axes) = (columns.clone(), rows.clone(), [x, y]);
        match (x.is_logarithmic, y.is_logarithmic) {
            (true, true) => on(area, panel, axes, columns.log_scale(), rows.log_scale()),
            (true, false) => on(area, panel, axes, columns.log_scale(), rows),
            (false, true) => on(area, panel, axes, columns, rows.log_scale()),
            (false, false) => on(area, panel, axes, columns, rows),
        }?;
    }
    Ok(())
}

/// Returns the range of an axis, with a margin; a linear one begins at zero.
fn range(values: impl Iterator<Item = f64>, axis: &Axis) -> Range<f64> {
    let (least, most) =
        values.fold((f64::INFINITY, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
    if axis.is_logarithmic { least / 1.3..most * 1.5 } else { 0.0..most * 1.04 }
}

fn on<X, Y>(area: &Area<'_>, panel: &Panel<'_>, axes: [&Axis; 2], x: X, y: Y) -> anyhow::Result<()>
where
    X: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>>,
    Y: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, text(15))
        .margin(6)
        .margin_right(14)
        .x_label_area_size(42)
        .y_label_area_size(54)
        .build_cartesian_2d(x, y)?;
    let number = |value: &f64| format!("{}", (value * 1e3).round() / 1e3);
    chart
        .configure_mesh()
        .max_light_lines(0)
        .bold_line_style(MESH)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&number)
        .y_label_formatter(&number)
        .label_style(text(13))
        .axis_desc_style(text(14))
        .x_desc(axes[0].label)
        .y_desc(axes[1].label)
        .draw()?;
    for (style, points) in &panel.series {
        chart.draw_series(LineSeries::new(points.iter().copied(), style.color.stroke_width(style.width)))?;
        if points.len() <= MARKED && style.width < 4 {
            chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, style.color.filled())))?;
        }
    }
    Ok(())
}
