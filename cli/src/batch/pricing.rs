//! What a batch would cost and how long it takes at least, before it is sent.

use std::{collections::BTreeMap, fmt, time::Duration};

use pruna::{Model, Usd};
use serde::Serialize;

use super::items::Item;
use crate::progress;

/// The bill that `--dry-run` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Pricing {
    items: usize,
    /// Sum of what has a list price, in US dollars.
    cost_usd: Usd,
    /// Items without a list price.
    unpriced: usize,
    /// Minutes that the rate limits demand.
    minutes_at_least: f64,
    models: Vec<Share>,
}

/// The part of one model.
#[derive(Debug, Serialize)]
struct Share {
    model: String,
    items: usize,
    cost_usd: Usd,
    unpriced: usize,
    rate_limit_per_minute: Option<u32>,
}

impl Pricing {
    pub(crate) fn of(items: &[Item]) -> Self {
        let mut shares: BTreeMap<&Model, Share> = BTreeMap::new();
        for item in items {
            let share = shares.entry(&item.model).or_insert_with(|| Share {
                model: item.model.to_string(),
                items: 0,
                cost_usd: Usd::ZERO,
                unpriced: 0,
                rate_limit_per_minute: item.model.info().requests_per_minute,
            });
            share.items += 1;
            match item.model.info().estimate_usd(&item.given) {
                Some(usd) => share.cost_usd += usd,
                None => share.unpriced += 1,
            }
        }
        let models: Vec<Share> = shares.into_values().collect();
        Self {
            items: items.len(),
            cost_usd: models.iter().map(|share| share.cost_usd).sum(),
            unpriced: models.iter().map(|share| share.unpriced).sum(),
            // Limits are per model, so the models run side by side.
            minutes_at_least: models.iter().map(Share::minutes).fold(0.0, f64::max),
            models,
        }
    }
}

impl Share {
    #[allow(clippy::cast_precision_loss)]
    fn minutes(&self) -> f64 {
        self.rate_limit_per_minute.map_or(0.0, |limit| self.items as f64 / f64::from(limit.max(1)))
    }
}

/// An amount to the hundredth of a cent where that matters.
fn money(usd: Usd) -> String {
    let usd = usd.dollars();
    if usd < 1.0 { format!("${usd:.4}") } else { format!("${usd:.2}") }
}

impl fmt::Display for Pricing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for share in &self.models {
            write!(f, "{:>7} × {:<22}", share.items, share.model)?;
            match share.unpriced {
                0 => writeln!(f, "{}", money(share.cost_usd))?,
                all if all == share.items => writeln!(f, "no list price")?,
                some => writeln!(f, "{}, {some} of them without a list price", money(share.cost_usd))?,
            }
        }
        let time = progress::seconds(Duration::from_secs_f64(self.minutes_at_least * 60.0));
        write!(f, "{:>7} items, about {} by list price", self.items, money(self.cost_usd))?;
        match self.unpriced {
            0 => {}
            some => write!(f, " and {some} without a price")?,
        }
        write!(f, ", at least {time} by the rate limits")
    }
}
