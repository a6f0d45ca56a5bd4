//! The estimated cost and minimum duration of a batch.

use std::{collections::BTreeMap, fmt, time::Duration};

use pruna::{Model, Usd};
use serde::Serialize;

use super::item::Item;
use crate::units::format_duration;

/// The estimate that `--dry-run` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Estimate {
    items: usize,
    /// Sum of the list prices, in US dollars.
    cost_usd: Usd,
    /// Number of items without a list price.
    unpriced: usize,
    /// Minimum duration in minutes under the rate limits.
    minutes_at_least: f64,
    models: Vec<ModelEstimate>,
}

/// The estimate for the items of one model.
#[derive(Debug, Serialize)]
struct ModelEstimate {
    model: String,
    items: usize,
    cost_usd: Usd,
    unpriced: usize,
    rate_limit_per_minute: Option<u32>,
}

impl Estimate {
    pub(crate) fn new<'a>(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut estimates: BTreeMap<&Model, ModelEstimate> = BTreeMap::new();
        for item in items {
            let estimate = estimates.entry(&item.model).or_insert_with(|| ModelEstimate {
                model: item.model.to_string(),
                items: 0,
                cost_usd: Usd::ZERO,
                unpriced: 0,
                rate_limit_per_minute: item.model.info().requests_per_minute,
            });
            estimate.items += 1;
            match item.request().estimate().max() {
                Some(usd) => estimate.cost_usd += usd,
                None => estimate.unpriced += 1,
            }
        }
        let models: Vec<ModelEstimate> = estimates.into_values().collect();
        Self {
            items: models.iter().map(|estimate| estimate.items).sum(),
            cost_usd: models.iter().map(|estimate| estimate.cost_usd).sum(),
            unpriced: models.iter().map(|estimate| estimate.unpriced).sum(),
            // Each model has its own rate limit, so the models run concurrently.
            minutes_at_least: models.iter().map(ModelEstimate::minutes).fold(0.0, f64::max),
            models,
        }
    }
}

impl ModelEstimate {
    #[allow(clippy::cast_precision_loss)]
    fn minutes(&self) -> f64 {
        self.rate_limit_per_minute.map_or(0.0, |limit| self.items as f64 / f64::from(limit.max(1)))
    }
}

/// Formats an amount; below one dollar, to the hundredth of a cent.
fn format_usd(usd: Usd) -> String {
    let usd = usd.dollars();
    if usd < 1.0 { format!("${usd:.4}") } else { format!("${usd:.2}") }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for estimate in &self.models {
            write!(f, "{:>7} × {:<22}", estimate.items, estimate.model)?;
            match estimate.unpriced {
                0 => writeln!(f, "{}", format_usd(estimate.cost_usd))?,
                all if all == estimate.items => writeln!(f, "no list price")?,
                some => writeln!(f, "{}, {some} of them without a list price", format_usd(estimate.cost_usd))?,
            }
        }
        let time = format_duration(Duration::from_secs_f64(self.minutes_at_least * 60.0));
        let noun = if self.items == 1 { "item" } else { "items" };
        write!(f, "{:>7} {noun}, estimated cost {} (list prices)", self.items, format_usd(self.cost_usd))?;
        match self.unpriced {
            0 => {}
            1 => write!(f, " plus 1 item without a list price")?,
            count => write!(f, " plus {count} items without a list price")?,
        }
        write!(f, ", at least {time} at the rate limits")
    }
}
