//! Background of a picture: a gradient of two colors with soft lights, derived from the seed.

use image::{Rgb, RgbImage};
use sha2::{Digest, Sha256};

/// Pseudo-random numbers derived from the specification, the same on every machine.
pub(super) struct SeededNumbers([u8; 32]);

impl SeededNumbers {
    pub(super) fn new(model: &str, prompt: &str, seed: i64, index: u32) -> Self {
        let mut hash = Sha256::new();
        for part in [model.as_bytes(), prompt.as_bytes(), &seed.to_le_bytes(), &index.to_le_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Returns the `n`th of 32 numbers between 0 and 1.
    fn get(&self, n: usize) -> f32 {
        f32::from(self.0[n % self.0.len()]) / 256.0
    }
}

/// Draws the background.
pub(super) fn draw(width: u32, height: u32, numbers: &SeededNumbers) -> RgbImage {
    let hue = numbers.get(0);
    let from = color(hue, 0.60, 0.36 + numbers.get(1) * 0.15);
    let to = color(hue + 0.06 + numbers.get(2) * 0.16, 0.55, 0.66 + numbers.get(3) * 0.2);
    let lights: Vec<Light> = (0..3).map(|n| Light::new(numbers, n, width.max(height) as f32)).collect();
    let (sin, cos) = (numbers.get(4) * std::f32::consts::FRAC_PI_2).sin_cos();
    let length = (width as f32 * cos + height as f32 * sin).max(1.0);
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        let y = y as f32;
        for x in 0..width {
            let x = x as f32;
            let position = (x * cos + y * sin) / length;
            let glow: f32 = lights.iter().map(|light| light.at(x, y)).sum();
            for (from, to) in from.iter().zip(to) {
                pixels.push((from + (to - from) * position + glow).min(255.0) as u8);
            }
        }
    }
    RgbImage::from_raw(width, height, pixels).unwrap_or_default()
}

struct Light {
    x: f32,
    y: f32,
    radius: f32,
    strength: f32,
}

impl Light {
    fn new(numbers: &SeededNumbers, n: usize, side: f32) -> Self {
        let at = |k: usize| numbers.get(8 + n * 4 + k);
        Self { x: at(0) * side, y: at(1) * side, radius: (0.15 + at(2) * 0.35) * side, strength: 25.0 + at(3) * 50.0 }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = ((x - self.x) / self.radius, (y - self.y) / self.radius);
        let falloff = 1.0 - dx * dx - dy * dy;
        if falloff > 0.0 { self.strength * falloff * falloff } else { 0.0 }
    }
}

/// Converts hue, saturation and value (0 to 1; the hue wraps around) to red, green and blue (0 to 255).
fn color(hue: f32, saturation: f32, value: f32) -> [f32; 3] {
    [5.0, 3.0, 1.0].map(|offset: f32| {
        let k = (offset + hue.fract() * 6.0) % 6.0;
        (value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)) * 255.0
    })
}

/// Darkens rows `top` to `bottom`, so that text on them is legible.
pub(super) fn darken(picture: &mut RgbImage, top: u32, bottom: u32) {
    for y in top..bottom.min(picture.height()) {
        for x in 0..picture.width() {
            if let Some(Rgb(channels)) = picture.get_pixel_mut_checked(x, y) {
                *channels = channels.map(|channel| (u16::from(channel) * 9 / 20) as u8);
            }
        }
    }
}
