//! The ground of a picture: two colours running into each other, with soft lights, all drawn from the seed.

use image::{Rgb, RgbImage};
use sha2::{Digest, Sha256};

/// Numbers that follow from what was asked, the same on every machine.
pub(crate) struct Dice([u8; 32]);

impl Dice {
    pub(crate) fn new(model: &str, prompt: &str, seed: i64, index: u32) -> Self {
        let mut hash = Sha256::new();
        for part in [model.as_bytes(), prompt.as_bytes(), &seed.to_le_bytes(), &index.to_le_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// A number below one, the `n`th of 32.
    fn get(&self, n: usize) -> f32 {
        f32::from(self.0[n % self.0.len()]) / 256.0
    }
}

/// Paints the ground.
pub(crate) fn ground(width: u32, height: u32, dice: &Dice) -> RgbImage {
    let hue = dice.get(0);
    let from = colour(hue, 0.60, 0.36 + dice.get(1) * 0.15);
    let to = colour(hue + 0.06 + dice.get(2) * 0.16, 0.55, 0.66 + dice.get(3) * 0.2);
    let lights: Vec<Light> = (0..3).map(|n| Light::new(dice, n, width.max(height) as f32)).collect();
    let (sin, cos) = (dice.get(4) * std::f32::consts::FRAC_PI_2).sin_cos();
    let length = (width as f32 * cos + height as f32 * sin).max(1.0);
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        let y = y as f32;
        for x in 0..width {
            let x = x as f32;
            let share = (x * cos + y * sin) / length;
            let glow: f32 = lights.iter().map(|light| light.at(x, y)).sum();
            for (from, to) in from.iter().zip(to) {
                pixels.push((from + (to - from) * share + glow).min(255.0) as u8);
            }
        }
    }
    RgbImage::from_raw(width, height, pixels).unwrap_or_default()
}

struct Light {
    x: f32,
    y: f32,
    reach: f32,
    strength: f32,
}

impl Light {
    fn new(dice: &Dice, n: usize, side: f32) -> Self {
        let at = |k: usize| dice.get(8 + n * 4 + k);
        Self { x: at(0) * side, y: at(1) * side, reach: (0.15 + at(2) * 0.35) * side, strength: 25.0 + at(3) * 50.0 }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = ((x - self.x) / self.reach, (y - self.y) / self.reach);
        let fall = 1.0 - dx * dx - dy * dy;
        if fall > 0.0 { self.strength * fall * fall } else { 0.0 }
    }
}

/// Hue, saturation and value (0 to 1, the hue wraps around) as red, green and blue up to 255.
fn colour(hue: f32, saturation: f32, value: f32) -> [f32; 3] {
    [5.0, 3.0, 1.0].map(|offset: f32| {
        let k = (offset + hue.fract() * 6.0) % 6.0;
        (value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)) * 255.0
    })
}

/// Darkens a rectangle, so that text on it can be read.
pub(crate) fn shade(picture: &mut RgbImage, top: u32, bottom: u32) {
    for y in top..bottom.min(picture.height()) {
        for x in 0..picture.width() {
            if let Some(Rgb(channels)) = picture.get_pixel_mut_checked(x, y) {
                *channels = channels.map(|channel| (u16::from(channel) * 9 / 20) as u8);
            }
        }
    }
}
