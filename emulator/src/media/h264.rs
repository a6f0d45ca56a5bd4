//! A minimal H.264 encoder for a picture with a progress bar, in the Constrained Baseline profile. The key frame
//! consists of uncompressed macroblocks (I_PCM); the other frames copy the previous one except for the macroblocks that
//! changed. Names follow ITU-T H.264, and comments name the section of each syntax table.

use image::{Rgb, RgbImage};

/// Width and height of a macroblock in pixels.
const MB: usize = 16;
/// Height in pixels of the progress bar at the bottom.
const BAR_HEIGHT: usize = 6;

/// Encodes frames as a byte stream (Annex B).
pub(super) struct Encoder {
    width: usize,
    height: usize,
    columns: usize,
    rows: usize,
    luma: Vec<u8>,
    chroma: [Vec<u8>; 2],
    /// Current width of the progress bar in pixels.
    filled: usize,
}

impl Encoder {
    /// Converts the picture to luma and chroma planes, padded to whole macroblocks.
    pub(super) fn new(picture: &RgbImage) -> Self {
        let (width, height) = (picture.width() as usize & !1, picture.height() as usize & !1);
        let (columns, rows) = (width.div_ceil(MB), height.div_ceil(MB));
        let (stride, lines) = (columns * MB, rows * MB);
        let at = |x: usize, y: usize| *picture.get_pixel(x.min(width - 1) as u32, y.min(height - 1) as u32);
        let luma = (0..lines).flat_map(|y| (0..stride).map(move |x| (x, y))).map(|(x, y)| luma(at(x, y))).collect();
        let plane = |channel: usize| {
            let points = (0..lines / 2).flat_map(|y| (0..stride / 2).map(move |x| (2 * x, 2 * y)));
            points.map(|(x, y)| chroma(at(x, y))[channel]).collect()
        };
        Self { width, height, columns, rows, luma, chroma: [plane(0), plane(1)], filled: 0 }
    }

    /// Returns the parameter sets and the first frame.
    pub(super) fn key_frame(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        nal(&mut stream, 0x67, self.sequence_parameter_set());
        nal(&mut stream, 0x68, picture_parameter_set());
        let mut bits = Bits::default();
        // slice_header, 7.3.3: an IDR picture in one slice.
        bits.ue(0).ue(7).ue(0).u(8, 0).ue(0);
        bits.u(1, 0).u(1, 0).se(0).ue(1);
        for row in 0..self.rows {
            for column in 0..self.columns {
                bits.ue(25);
                self.samples(&mut bits, column, row);
            }
        }
        nal(&mut stream, 0x65, bits.trailing());
        stream
    }

    /// Returns frame `number` of `count`: the previous one with a longer bar.
    pub(super) fn next_frame(&mut self, number: u32, count: u32) -> Vec<u8> {
        let progress = f64::from(number) / f64::from(count.saturating_sub(1).max(1));
        let row = (self.height / MB).saturating_sub(1);
        let end = ((self.width as f64 * progress) as usize).min(self.width);
        let changed = self.filled / MB..end.div_ceil(MB);
        self.draw_bar(row, end);
        let mut bits = Bits::default();
        // slice_header, 7.3.3: a predicted picture in one slice, deblocking off.
        bits.ue(0).ue(5).ue(0).u(8, number % 256);
        bits.u(1, 0).u(1, 0).u(1, 0).se(0).ue(1);
        // slice_data, 7.3.4: runs of skipped macroblocks between the changed ones.
        let mut skipped = 0;
        for index in 0..self.rows * self.columns {
            let (column, line) = (index % self.columns, index / self.columns);
            if line == row && changed.contains(&column) {
                bits.ue(skipped).ue(30);
                self.samples(&mut bits, column, line);
                skipped = 0;
            } else {
                skipped += 1;
            }
        }
        if skipped > 0 {
            bits.ue(skipped);
        }
        let mut stream = Vec::new();
        nal(&mut stream, 0x41, bits.trailing());
        stream
    }

    fn draw_bar(&mut self, row: usize, end: usize) {
        let stride = self.columns * MB;
        for y in (row + 1) * MB - BAR_HEIGHT..(row + 1) * MB {
            self.luma[y * stride + self.filled..y * stride + end].fill(235);
            let (line, from, to) = (y / 2 * stride / 2, self.filled / 2, end / 2);
            for plane in &mut self.chroma {
                plane[line + from..line + to].fill(128);
            }
        }
        self.filled = end;
    }

    /// seq_parameter_set_data, 7.3.2.1.1.
    fn sequence_parameter_set(&self) -> Vec<u8> {
        let level = match self.columns * self.rows {
            0..=1620 => 30,
            1621..=3600 => 31,
            3601..=8192 => 40,
            _ => 51,
        };
        let mut bits = Bits::default();
        bits.u(8, 66).u(8, 0xC0).u(8, level);
        // Eight bits for frame_num; output order is decoding order; one reference frame.
        bits.ue(0).ue(4).ue(2).ue(1).u(1, 0);
        bits.ue(self.columns as u32 - 1).ue(self.rows as u32 - 1).u(1, 1).u(1, 1);
        let (right, bottom) = (self.columns * MB - self.width, self.rows * MB - self.height);
        if right + bottom > 0 {
            bits.u(1, 1).ue(0).ue(right as u32 / 2).ue(0).ue(bottom as u32 / 2);
        } else {
            bits.u(1, 0);
        }
        bits.u(1, 0);
        bits.trailing()
    }

    /// pcm_sample values of one macroblock, 7.3.5.
    fn samples(&self, bits: &mut Bits, column: usize, row: usize) {
        bits.align();
        let stride = self.columns * MB;
        for y in row * MB..(row + 1) * MB {
            let start = y * stride + column * MB;
            bits.bytes.extend_from_slice(&self.luma[start..start + MB]);
        }
        for plane in &self.chroma {
            for y in row * MB / 2..(row + 1) * MB / 2 {
                let start = y * stride / 2 + column * MB / 2;
                bits.bytes.extend_from_slice(&plane[start..start + MB / 2]);
            }
        }
    }
}

/// pic_parameter_set_rbsp, 7.3.2.2: CAVLC, one slice group, deblocking controlled per slice.
fn picture_parameter_set() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.ue(0).ue(0).u(1, 0).u(1, 0).ue(0).ue(0).ue(0).u(1, 0).u(2, 0);
    bits.se(0).se(0).se(0).u(1, 1).u(1, 0).u(1, 0);
    bits.trailing()
}

/// BT.601, limited range.
fn luma(Rgb([r, g, b]): Rgb<u8>) -> u8 {
    ((66 * i32::from(r) + 129 * i32::from(g) + 25 * i32::from(b) + 128) / 256 + 16) as u8
}

fn chroma(Rgb([r, g, b]): Rgb<u8>) -> [u8; 2] {
    let (r, g, b) = (i32::from(r), i32::from(g), i32::from(b));
    [((-38 * r - 74 * g + 112 * b + 128) / 256 + 128) as u8, ((112 * r - 94 * g - 18 * b + 128) / 256 + 128) as u8]
}

/// Appends a NAL unit with its start code and emulation prevention bytes (7.4.1).
fn nal(stream: &mut Vec<u8>, header: u8, payload: Vec<u8>) {
    stream.extend_from_slice(&[0, 0, 0, 1, header]);
    let mut zeros = 0;
    for byte in payload {
        if zeros == 2 && byte <= 3 {
            stream.push(3);
            zeros = 0;
        }
        stream.push(byte);
        zeros = if byte == 0 { zeros + 1 } else { 0 };
    }
}

/// Writes bits, most significant bit first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u8,
    count: u32,
}

impl Bits {
    /// Writes the `length` low bits of `value`.
    fn u(&mut self, length: u32, value: u32) -> &mut Self {
        for bit in (0..length).rev() {
            self.pending = self.pending << 1 | (value >> bit & 1) as u8;
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.pending);
                (self.pending, self.count) = (0, 0);
            }
        }
        self
    }

    /// Writes an Exp-Golomb code (9.1).
    fn ue(&mut self, value: u32) -> &mut Self {
        let length = (value + 1).ilog2();
        self.u(length, 0).u(length + 1, value + 1)
    }

    /// Writes a signed Exp-Golomb code (9.1.1).
    fn se(&mut self, value: i32) -> &mut Self {
        self.ue(if value > 0 { value.unsigned_abs() * 2 - 1 } else { value.unsigned_abs() * 2 })
    }

    /// Writes zero bits up to the next byte boundary.
    fn align(&mut self) {
        while self.count > 0 {
            self.u(1, 0);
        }
    }

    /// Writes rbsp_trailing_bits (7.3.2.11) and returns the bytes.
    fn trailing(mut self) -> Vec<u8> {
        self.u(1, 1).align();
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{Bits, nal};

    #[test]
    fn exp_golomb_codes_are_those_of_table_9_2() {
        let cases: [(u32, u32, u32); 5] =
            [(0, 1, 0b1), (1, 3, 0b010), (2, 3, 0b011), (3, 5, 0b00100), (7, 7, 0b0001000)];
        for (value, length, code) in cases {
            let (mut actual, mut expected) = (Bits::default(), Bits::default());
            actual.ue(value);
            expected.u(length, code);
            assert_eq!(actual.trailing(), expected.trailing(), "{value}");
        }
    }

    #[test]
    fn emulation_prevention_bytes_break_up_start_codes() {
        let mut stream = Vec::new();
        nal(&mut stream, 0x41, vec![0, 0, 1, 0, 0, 0]);
        assert_eq!(stream, [0, 0, 0, 1, 0x41, 0, 0, 3, 1, 0, 0, 3, 0]);
    }
}
