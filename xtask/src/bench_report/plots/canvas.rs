//! What is drawn on, and how text and meshes look.

use plotters::{
    backend::SVGBackend,
    coord::Shift,
    drawing::DrawingArea,
    style::{BLACK, IntoFont as _, RGBColor, TextStyle},
};

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

pub(super) const MESH: RGBColor = RGBColor(225, 225, 225);

/// Returns a style for text of a size.
pub(super) fn text(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&BLACK)
}
