//! Sums of a ledger.

use std::collections::BTreeMap;

use crate::{Model, usd::Usd};

/// Sums of submissions, by list prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amounts {
    /// Number of submissions, apart from those that the service certainly did not accept.
    pub submissions: u64,
    /// Of accepted submissions.
    pub spent: Usd,
    /// Of submissions that are being sent or waiting to be sent.
    pub reserved: Usd,
    /// Of submissions whose outcome nobody knows.
    pub unknown: Usd,
    /// Number of submissions whose price is not known, and which the amounts therefore lack.
    pub unpriced: u64,
}

impl Amounts {
    /// Returns the most that may have been or may be spent: `spent`, `reserved` and `unknown` together.
    #[must_use]
    pub fn at_most(&self) -> Usd {
        self.spent + self.reserved + self.unknown
    }

    fn add(&mut self, other: &Self) {
        self.submissions += other.submissions;
        self.spent += other.spent;
        self.reserved += other.reserved;
        self.unknown += other.unknown;
        self.unpriced += other.unpriced;
    }
}

/// What a client and its clones have spent, by list prices: see [`Client::spent`](crate::Client::spent).
///
/// ```
/// let client = pruna::Client::builder().api_key("pru_...").build()?;
/// let spent = client.spent();
/// assert_eq!(spent.total().spent.to_string(), "$0.00");
/// for (model, amounts) in spent.by_model() {
///     println!("{model}: {} submissions, {}", amounts.submissions, amounts.spent);
/// }
/// # Ok::<(), pruna::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    unlabeled: BTreeMap<Model, Amounts>,
    labeled: BTreeMap<String, BTreeMap<Model, Amounts>>,
}

impl Spending {
    /// Returns the sum of everything.
    #[must_use]
    pub fn total(&self) -> Amounts {
        sum(self.labels().flat_map(|(_, models)| models.values()))
    }

    /// Returns the sums for each model.
    #[must_use]
    pub fn by_model(&self) -> BTreeMap<Model, Amounts> {
        let mut models = BTreeMap::<Model, Amounts>::new();
        for (model, amounts) in self.labels().flat_map(|(_, models)| models) {
            models.entry(model.clone()).or_default().add(amounts);
        }
        models
    }

    /// Returns the sums for each [label](crate::Request::label); `None` stands for requests without one.
    #[must_use]
    pub fn by_label(&self) -> BTreeMap<Option<String>, Amounts> {
        let used = self.labels().filter(|(_, models)| !models.is_empty());
        used.map(|(label, models)| (label.map(str::to_owned), sum(models.values()))).collect()
    }

    fn labels(&self) -> impl Iterator<Item = (Option<&str>, &BTreeMap<Model, Amounts>)> {
        let labeled = self.labeled.iter().map(|(label, models)| (Some(label.as_str()), models));
        std::iter::once((None, &self.unlabeled)).chain(labeled)
    }

    /// Changes the sums of one model and label. Allocates only if there are none yet.
    pub(super) fn change(&mut self, model: &Model, label: Option<&str>, change: impl FnOnce(&mut Amounts)) {
        let of_model = |models: &mut BTreeMap<Model, Amounts>| with_value(models, model, Model::clone, change);
        match label {
            None => of_model(&mut self.unlabeled),
            Some(label) => with_value(&mut self.labeled, label, str::to_owned, of_model),
        }
    }
}

/// Changes the value of a key, which is cloned only if the map lacks it.
fn with_value<Q, K, V>(map: &mut BTreeMap<K, V>, key: &Q, owned: impl FnOnce(&Q) -> K, change: impl FnOnce(&mut V))
where
    Q: Ord + ?Sized,
    K: Ord + std::borrow::Borrow<Q>,
    V: Default,
{
    match map.get_mut(key) {
        Some(value) => change(value),
        None => change(map.entry(owned(key)).or_default()),
    }
}

fn sum<'a>(amounts: impl Iterator<Item = &'a Amounts>) -> Amounts {
    amounts.fold(Amounts::default(), |mut sum, amounts| {
        sum.add(amounts);
        sum
    })
}
