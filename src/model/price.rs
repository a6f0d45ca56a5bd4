//! List prices.

use std::fmt;

use serde_json::Value;

use crate::usd::Usd;

/// Parameter for the number of images.
const IMAGES: &str = "num_outputs";
/// Parameter for the seconds of a video.
const SECONDS: &str = "duration";
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

impl Price {
    /// Estimates a request whose parameters are returned by `value`, defaults included.
    pub(super) fn estimate(&self, value: impl Fn(&str) -> Option<Value>) -> Option<Usd> {
        let rate = match self.rate {
            PriceRate::Flat(usd) => usd,
            PriceRate::ByParameter { parameter, rates } => {
                let value = value(parameter)?;
                rates.iter().find(|(name, _)| value == *name)?.1
            }
        };
        match self.unit {
            PriceUnit::Image => times(rate, &value(IMAGES).unwrap_or(1.into()), 1),
            PriceUnit::Video => Some(rate),
            PriceUnit::Second => times(rate, &value(SECONDS)?, 1),
            PriceUnit::ThousandSteps => times(rate, &value(STEPS).unwrap_or(1000.into()), 1000),
        }
    }
}

/// Multiplies a rate by `count / per`. `None` if the count is not a number.
fn times(rate: Usd, count: &Value, per: u64) -> Option<Usd> {
    match count.as_u64() {
        Some(count) => rate.checked_ratio(count, per),
        None => Usd::from_dollars(rate.dollars() * count.as_f64()? / per as f64),
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
