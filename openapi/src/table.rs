//! `models.toml`: what the document does not say of its models.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

use crate::Error;

/// Micro-dollars in a dollar.
const MICROS: f64 = 1_000_000.0;

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    models: BTreeMap<String, ModelEntry>,
}

/// The entry of one model. Every key may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// What the model is for.
    pub category: Option<String>,
    /// File name extensions of its results, the usual one first.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Usual seconds from submission to result.
    pub typical_seconds: Option<f64>,
    /// Whether waiting within the submission is worth while.
    pub try_sync: Option<bool>,
    /// List price.
    pub price: Option<Price>,
    /// Requests per minute, instead of the limit in the document.
    pub requests_per_minute: Option<u32>,
    /// Parameters that must be a multiple of a number.
    #[serde(default)]
    pub multiple_of: BTreeMap<String, u32>,
    /// Parameters that the model needs although the document does not require them.
    #[serde(default)]
    pub expected: Vec<String>,
    /// Maximum lengths of lists, where the document does not limit them.
    #[serde(default)]
    pub max_items: BTreeMap<String, u32>,
}

/// A list price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PriceKeys")]
pub struct Price {
    /// What the rate buys.
    pub unit: PriceUnit,
    /// The rate.
    pub rate: PriceRate,
}

/// What a price buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl PriceUnit {
    const ALL: [Self; 4] = [Self::Image, Self::Video, Self::Second, Self::ThousandSteps];

    /// Returns the unit as `models.toml` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Second => "second",
            Self::ThousandSteps => "1000 steps",
        }
    }
}

/// An amount for every request, or one for each value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceRate {
    /// The same amount for every request.
    Flat(MicroDollars),
    /// An amount that depends on a parameter.
    ByParameter {
        /// Name of the parameter.
        parameter: String,
        /// Amounts by value of the parameter.
        rates: BTreeMap<String, MicroDollars>,
    },
}

/// An amount of money in millionths of a US dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MicroDollars {
    /// The number of millionths.
    pub micros: u64,
}

/// With two decimals, or as many as there are: `$1.80`, `$0.0001`.
impl fmt::Display for MicroDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:06}", self.micros % 1_000_000);
        let (cents, rest) = decimals.split_at(2);
        write!(f, "${}.{cents}{}", self.micros / 1_000_000, rest.trim_end_matches('0'))
    }
}

impl MicroDollars {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a small whole number")]
    fn from_dollars(dollars: f64) -> Result<Self, String> {
        let micros = (dollars * MICROS).round();
        let is_exact = (dollars * MICROS - micros).abs() < 1e-3;
        if !(0.0..1e15).contains(&micros) || !is_exact {
            return Err(format!("{dollars} is not a price: 0 or more, with at most six decimals"));
        }
        Ok(Self { micros: micros as u64 })
    }

    #[allow(clippy::cast_precision_loss, reason = "list prices are small")]
    fn from_toml(value: &toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::Float(dollars) => Self::from_dollars(*dollars),
            toml::Value::Integer(dollars) => Self::from_dollars(*dollars as f64),
            other => Err(format!("{} is not a price in dollars", other.type_str())),
        }
    }
}

/// The keys of a price as `models.toml` has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceKeys {
    usd: toml::Value,
    per: String,
    by: Option<String>,
}

impl TryFrom<PriceKeys> for Price {
    type Error = String;

    fn try_from(keys: PriceKeys) -> Result<Self, String> {
        let unit = PriceUnit::ALL.into_iter().find(|unit| unit.as_str() == keys.per).ok_or_else(|| {
            let accepted: Vec<&str> = PriceUnit::ALL.into_iter().map(PriceUnit::as_str).collect();
            format!("unknown unit `per = {:?}`; accepted are {}", keys.per, accepted.join(", "))
        })?;
        let rate = match (&keys.usd, keys.by) {
            (toml::Value::Table(rates), Some(parameter)) if !rates.is_empty() => {
                let rates = rates.iter().map(|(value, usd)| Ok((value.clone(), MicroDollars::from_toml(usd)?)));
                PriceRate::ByParameter { parameter, rates: rates.collect::<Result<_, String>>()? }
            }
            (toml::Value::Table(_), _) => return Err("several amounts in `usd` need `by`, the parameter".into()),
            (_, Some(_)) => return Err("`by` needs an amount for each value in `usd`".into()),
            (usd, None) => PriceRate::Flat(MicroDollars::from_toml(usd)?),
        };
        Ok(Self { unit, rate })
    }
}

impl Table {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// When the text is not TOML, or an entry has an unknown key or value; the message names the model.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let entries: BTreeMap<String, toml::Table> =
            toml::from_str(text).map_err(|e| Error::new(format!("models.toml: {e}")))?;
        let mut models = BTreeMap::new();
        for (model, entry) in entries {
            let entry = entry.try_into().map_err(|e: toml::de::Error| {
                Error::new(format!("models.toml, [{model}]: {}", e.to_string().trim().replace('\n', " ")))
            })?;
            models.insert(model, entry);
        }
        Ok(Self { models })
    }

    /// Returns the entry of a model; an empty one for a model that is not listed.
    #[must_use]
    pub fn entry(&self, model: &str) -> ModelEntry {
        self.models.get(model).cloned().unwrap_or_default()
    }

    /// Returns the ids of the listed models.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faulty_entry_is_refused_with_its_model() {
        for (entry, says) in [
            (r#"price = { usd = 0.005, per = "pictur" }"#, "accepted are image, video, second, 1000 steps"),
            (r#"price = { usd = 0.005, per = "image", by = "size" }"#, "`by` needs an amount for each value"),
            (r#"price = { usd = { a = 1.0 }, per = "image" }"#, "need `by`"),
            (r#"price = { usd = -1.0, per = "image" }"#, "-1 is not a price"),
            (r#"colour = "red""#, "unknown field `colour`"),
        ] {
            let error = Table::parse(&format!("[p-tiny]\n{entry}\n")).unwrap_err().to_string();
            assert!(error.contains("[p-tiny]") && error.contains(says), "{error}");
        }
    }

    #[test]
    fn prices_are_whole_micro_dollars() {
        let table = Table::parse("[a]\nprice = { usd = 0.0001, per = \"image\" }\n").unwrap();
        let price = table.entry("a").price.unwrap();
        assert_eq!(price.rate, PriceRate::Flat(MicroDollars { micros: 100 }));
        for (micros, shown) in [(1_800_000, "$1.80"), (4_000_000, "$4.00"), (100, "$0.0001"), (25_000, "$0.025")] {
            assert_eq!(MicroDollars { micros }.to_string(), shown);
        }
    }
}
