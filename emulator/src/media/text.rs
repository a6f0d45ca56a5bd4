//! Text on pictures: Noto Sans Mono, wrapped between words, in the largest size that fits.

use image::{Rgb, RgbImage};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

/// A font size: a raster and a scale factor.
#[derive(Debug, Clone, Copy)]
pub(super) struct FontSize {
    height: RasterHeight,
    scale: u32,
}

impl FontSize {
    const SIZES: [Self; 6] = [
        Self { height: RasterHeight::Size32, scale: 3 },
        Self { height: RasterHeight::Size32, scale: 2 },
        Self { height: RasterHeight::Size24, scale: 2 },
        Self { height: RasterHeight::Size32, scale: 1 },
        Self { height: RasterHeight::Size24, scale: 1 },
        Self { height: RasterHeight::Size16, scale: 1 },
    ];

    /// Returns the size of the caption on a picture whose shorter side is `side`.
    pub(super) fn caption(side: u32) -> Self {
        let height = if side < 600 { RasterHeight::Size16 } else { RasterHeight::Size24 };
        Self { height, scale: 1 }
    }

    /// Returns the height of a line in pixels.
    pub(super) fn line(self) -> u32 {
        self.height.val() as u32 * self.scale
    }

    fn advance(self) -> u32 {
        get_raster_width(FontWeight::Bold, self.height) as u32 * self.scale
    }
}

/// Text wrapped into lines.
#[derive(Debug)]
pub(super) struct TextBlock {
    size: FontSize,
    lines: Vec<String>,
}

impl TextBlock {
    /// Wraps `text` in the largest size that fits into `width` and `height`. Shortens it with an ellipsis if none does.
    pub(super) fn fit(text: &str, width: u32, height: u32) -> Self {
        let mut last = None;
        for size in FontSize::SIZES {
            let columns = (width / size.advance()).max(1) as usize;
            let rows = (height / size.line()) as usize;
            let lines = wrap(text, columns);
            let all_words_fit = text.split_whitespace().all(|word| word.chars().count() <= columns);
            if lines.len() <= rows && all_words_fit {
                return Self { size, lines };
            }
            last = Some((size, rows, lines));
        }
        let (size, rows, mut lines) = last.unwrap_or((FontSize::caption(0), 1, Vec::new()));
        if lines.len() > rows {
            lines.truncate(rows.max(1));
            if let Some(end) = lines.last_mut() {
                end.pop();
                end.push_str("...");
            }
        }
        Self { size, lines }
    }

    /// Returns the height in pixels.
    pub(super) fn height(&self) -> u32 {
        self.lines.len() as u32 * self.size.line()
    }

    /// Draws the lines with the upper left corner at `x` and `y`.
    pub(super) fn draw(&self, picture: &mut RgbImage, x: u32, y: u32) {
        for (row, line) in (0_u32..).zip(&self.lines) {
            for (column, letter) in (0_u32..).zip(line.chars()) {
                let (left, top) = (x + column * self.size.advance(), y + row * self.size.line());
                draw_letter(picture, letter, self.size, left, top);
            }
        }
    }
}

fn draw_letter(picture: &mut RgbImage, letter: char, size: FontSize, left: u32, top: u32) {
    let raster = |letter| get_raster(letter, FontWeight::Bold, size.height);
    let Some(raster) = raster(replacement(letter)).or_else(|| raster('\u{FFFD}')) else { return };
    for (row, line) in (0_u32..).zip(raster.rows()) {
        for (column, ink) in (0_u32..).zip(line.iter()).filter(|(_, ink)| **ink > 0) {
            for (dx, dy) in (0..size.scale).flat_map(|dy| (0..size.scale).map(move |dx| (dx, dy))) {
                let (x, y) = (left + column * size.scale + dx, top + row * size.scale + dy);
                if let Some(pixel) = picture.get_pixel_mut_checked(x, y) {
                    *pixel = blend(*pixel, *ink);
                }
            }
        }
    }
}

/// Replaces punctuation that the font lacks.
fn replacement(letter: char) -> char {
    match letter {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201C}'..='\u{201E}' => '"',
        '\u{2026}' => '.',
        '\u{2022}' => '\u{B7}',
        other => other,
    }
}

/// Blends a pixel with white, where `ink` is the opacity.
fn blend(Rgb(channels): Rgb<u8>, ink: u8) -> Rgb<u8> {
    let ink = u16::from(ink);
    Rgb(channels.map(|channel| ((u16::from(channel) * (255 - ink) + 255 * ink) / 255) as u8))
}

/// Breaks `text` at spaces into lines of at most `columns` characters; longer words are split.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut length = 0;
        for word in paragraph.split_whitespace() {
            let letters: Vec<char> = word.chars().collect();
            for piece in letters.chunks(columns) {
                if length > 0 && length + 1 + piece.len() > columns {
                    lines.push(std::mem::take(&mut line));
                    length = 0;
                }
                if length > 0 {
                    line.push(' ');
                    length += 1;
                }
                line.extend(piece);
                length += piece.len();
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{TextBlock, wrap};

    #[test]
    fn text_wraps_between_words_and_splits_long_words() {
        assert_eq!(wrap("a lion at dusk", 7), ["a lion", "at dusk"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("one\ntwo", 20), ["one", "two"]);
    }

    #[test]
    fn text_that_does_not_fit_ends_with_an_ellipsis() {
        let block = TextBlock::fit(&"word ".repeat(1000), 200, 64);
        assert!(block.height() <= 64);
        assert!(block.lines.last().is_some_and(|line| line.ends_with("...")));
    }
}
