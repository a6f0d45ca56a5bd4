//! List prices.

use std::{borrow::Cow, fmt};

use serde_json::Value;

use crate::usd::Usd;

/// Parameter for the number of images.
const IMAGES: &str = "num_outputs";
/// Parameter for the seconds of a video.
const SECONDS: &str = "duration";
/// Parameter for the length of a video. The list price is for its default; the document hints that a longer video costs more.
const FRAMES: &str = "num_frames";
/// Parameter for the steps of a training.
const STEPS: &str = "steps";

/// A list price: an amount in US dollars per unit.
///
/// ```
/// use pruna::Model;
///
/// let price = Model::P_IMAGE.info().price.as_ref().map(ToString::to_string);
/// assert_eq!(price.as_deref(), Some("$0.005 / image"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Price {
    /// The unit that the rate is for.
    pub unit: PriceUnit,
    /// The amount for one unit.
    pub rate: PriceRate,
}

/// The amount for one unit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PriceRate {
    /// The same amount for every request.
    Flat(Usd),
    /// An amount that depends on a parameter.
    #[non_exhaustive]
    ByParameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// Values of the parameter, each with its amount.
        rates: &'static [(&'static str, Usd)],
    },
}

/// What a request costs by the list price: see [`Request::estimate`](crate::Request::estimate).
///
/// ```
/// use pruna::{Estimate, Request, Usd, inputs::{PImage, Vace}};
///
/// assert_eq!(Request::from(PImage::new("a lion")).estimate(), Estimate::Exact(Usd::from_micros(5_000)));
/// let unknown = Request::from(Vace::new("waves")).estimate();
/// assert_eq!(unknown.to_string(), "unknown: vace has no list price");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Estimate {
    /// The list price.
    Exact(Usd),
    /// The list price depends on something that is not known in advance.
    #[non_exhaustive]
    Range {
        /// The lowest price.
        min: Usd,
        /// The highest price.
        max: Usd,
    },
    /// There is no list price for this request.
    #[non_exhaustive]
    Unknown {
        /// Why, in a few words.
        reason: Cow<'static, str>,
    },
}

impl Estimate {
    /// Returns the price, or the highest one of a range. `None` if it is unknown. Budgets count this amount.
    #[must_use]
    pub fn max(&self) -> Option<Usd> {
        match self {
            Self::Exact(usd) | Self::Range { max: usd, .. } => Some(*usd),
            Self::Unknown { .. } => None,
        }
    }

    /// Returns the price, or the lowest one of a range. `None` if it is unknown.
    #[must_use]
    pub fn min(&self) -> Option<Usd> {
        match self {
            Self::Exact(usd) | Self::Range { min: usd, .. } => Some(*usd),
            Self::Unknown { .. } => None,
        }
    }

    pub(crate) fn unknown(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Unknown { reason: reason.into() }
    }
}

/// Formats the estimate as `$0.005`, `$0.05 to $0.11` or `unknown: …`.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(usd) => usd.fmt(f),
            Self::Range { min, max } => write!(f, "{min} to {max}"),
            Self::Unknown { reason } => write!(f, "unknown: {reason}"),
        }
    }
}

impl Price {
    /// Estimates a request whose parameters are returned by `value`, defaults included, and the defaults alone by `default`.
    pub(super) fn estimate<'a>(
        &self,
        value: impl Fn(&str) -> Option<Cow<'a, Value>>,
        default: impl Fn(&str) -> Option<Value>,
    ) -> Estimate {
        let (min, max) = match self.rate {
            PriceRate::Flat(usd) => (usd, usd),
            PriceRate::ByParameter { parameter, rates } => match value(parameter) {
                Some(value) => match rates.iter().find(|(name, _)| *value == *name) {
                    Some((_, usd)) => (*usd, *usd),
                    None => return Estimate::unknown(format!("there is no list price for this {parameter}")),
                },
                None => bounds(rates),
            },
        };
        let (parameter, count, per) = match self.unit {
            PriceUnit::Video => {
                let (Some(count), Some(usual)) = (value(FRAMES), default(FRAMES).and_then(|n| n.as_u64())) else {
                    return range(min, max);
                };
                return match count.as_u64() {
                    Some(count) if count <= usual => range(min, max),
                    Some(count) => match max.checked_ratio(count, usual) {
                        Some(max) => range(min, max),
                        None => Estimate::unknown(format!("{FRAMES} is too large")),
                    },
                    None => Estimate::unknown(format!("{FRAMES} is not a whole number")),
                };
            }
            PriceUnit::Image => (IMAGES, value(IMAGES).unwrap_or(Cow::Owned(1.into())), 1),
            PriceUnit::ThousandSteps => (STEPS, value(STEPS).unwrap_or(Cow::Owned(1000.into())), 1000),
            PriceUnit::Second => match value(SECONDS) {
                Some(count) => (SECONDS, count, 1),
                None => return Estimate::unknown("the price is per second, and the input has no duration"),
            },
        };
        match (times(min, &count, per), times(max, &count, per)) {
            (Some(min), Some(max)) => range(min, max),
            _ => Estimate::unknown(format!("{parameter} is not a number above 0")),
        }
    }
}

/// Returns the lowest and the highest rate.
fn bounds(rates: &[(&str, Usd)]) -> (Usd, Usd) {
    let amounts = || rates.iter().map(|(_, usd)| *usd);
    (amounts().min().unwrap_or_default(), amounts().max().unwrap_or_default())
}

fn range(min: Usd, max: Usd) -> Estimate {
    if min == max { Estimate::Exact(max) } else { Estimate::Range { min, max } }
}

/// Multiplies a rate by `count / per`. `None` if the count is not a number above 0.
fn times(rate: Usd, count: &Value, per: u64) -> Option<Usd> {
    match count.as_u64() {
        Some(0) => None,
        Some(count) => rate.checked_ratio(count, per),
        None => Usd::from_dollars(rate.dollars() * count.as_f64().filter(|count| *count > 0.0)? / per as f64),
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rate {
            PriceRate::Flat(usd) => write!(f, "{usd}")?,
            PriceRate::ByParameter { rates, .. } => {
                for (index, (value, usd)) in rates.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{usd} ({value})")?;
                }
            }
        }
        write!(f, " / {}", self.unit)
    }
}

/// The unit of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PriceUnit {
    /// One image.
    Image,
    /// One video.
    Video,
    /// One second of video.
    Second,
    /// A thousand training steps.
    ThousandSteps,
}

impl fmt::Display for PriceUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Second => "second",
            Self::ThousandSteps => "1000 steps",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BY_RESOLUTION: PriceRate = PriceRate::ByParameter {
        parameter: "resolution",
        rates: &[("480p", Usd::from_micros(50_000)), ("720p", Usd::from_micros(110_000))],
    };

    #[test]
    fn a_price_is_exact_a_range_or_unknown_with_the_reason() {
        let flat = PriceRate::Flat(Usd::from_micros(5_000));
        for (unit, rate, input, expected) in [
            (PriceUnit::Image, flat.clone(), json!({}), "$0.005"),
            (PriceUnit::Image, flat.clone(), json!({"num_outputs": 4}), "$0.02"),
            (
                PriceUnit::Image,
                flat.clone(),
                json!({"num_outputs": "four"}),
                "unknown: num_outputs is not a number above 0",
            ),
            (PriceUnit::Image, flat.clone(), json!({"num_outputs": 0}), "unknown: num_outputs is not a number above 0"),
            (PriceUnit::Video, BY_RESOLUTION, json!({"resolution": "720p"}), "$0.11"),
            (PriceUnit::Video, BY_RESOLUTION, json!({}), "$0.05 to $0.11"),
            (PriceUnit::Video, flat.clone(), json!({"num_frames": 80}), "$0.005"),
            (PriceUnit::Video, flat.clone(), json!({"num_frames": 120}), "$0.005 to $0.0075"),
            (PriceUnit::Video, flat.clone(), json!({"num_frames": "120"}), "unknown: num_frames is not a whole number"),
            (
                PriceUnit::Video,
                BY_RESOLUTION,
                json!({"resolution": "4k"}),
                "unknown: there is no list price for this resolution",
            ),
            (PriceUnit::Second, BY_RESOLUTION, json!({"duration": 2.5}), "$0.125 to $0.275"),
            (
                PriceUnit::Second,
                flat.clone(),
                json!({}),
                "unknown: the price is per second, and the input has no duration",
            ),
            (PriceUnit::ThousandSteps, flat, json!({"steps": 1_500}), "$0.0075"),
        ] {
            let default = |name: &str| (name == FRAMES).then(|| json!(80));
            let estimate = Price { unit, rate }.estimate(|name| input.get(name).map(Cow::Borrowed), default);
            assert_eq!(estimate.to_string(), expected, "{input}");
        }
    }
}
