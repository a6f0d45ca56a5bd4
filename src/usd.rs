//! Money: US dollars as a whole number of micro-dollars.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Mul},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Micro-dollars in a dollar.
const MICROS: u64 = 1_000_000;
/// Decimals of a micro-dollar.
const DECIMALS: usize = 6;
/// Up to here a number of dollars as `f64` is read back to the same millionth: two roundings stay below half of one.
const MAX_EXACT: u64 = 1 << 50;

/// An amount of US dollars, exact to the millionth.
///
/// `+`, `*` and `sum` saturate at [`Usd::MAX`]; the `checked_` methods report an overflow.
///
/// Serialized as a number of dollars, such as `0.005`, and above a billion dollars, where a JSON number would not be exact,
/// as text. Both forms are read.
///
/// ```
/// use pruna::Usd;
///
/// let price: Usd = "$0.005".parse()?;
/// assert_eq!(price, Usd::from_micros(5_000));
/// assert_eq!((price * 1_000).to_string(), "$5.00");
/// assert_eq!(serde_json::to_string(&price)?, "0.005");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd {
    micros: u64,
}

impl Usd {
    /// Zero dollars.
    pub const ZERO: Self = Self::from_micros(0);
    /// The largest amount, about 18 trillion dollars.
    pub const MAX: Self = Self::from_micros(u64::MAX);

    /// Creates an amount from millionths of a dollar.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self { micros }
    }

    /// Creates an amount from dollars, rounded to the millionth. `None` if the number is negative, not finite or too large.
    #[must_use]
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let micros = (dollars * MICROS as f64).round();
        // The bound is 2^64, the first `f64` that does not fit.
        (0.0..u64::MAX as f64).contains(&micros).then(|| Self::from_micros(micros as u64))
    }

    /// Returns the amount in millionths of a dollar.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.micros
    }

    /// Returns the amount in dollars, as exactly as an `f64` can hold it.
    #[must_use]
    pub fn dollars(self) -> f64 {
        self.micros as f64 / MICROS as f64
    }

    /// Adds two amounts. `None` if the sum is too large.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.micros.checked_add(other.micros) {
            Some(micros) => Some(Self { micros }),
            None => None,
        }
    }

    /// Subtracts an amount. `None` if the result would be negative.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.micros.checked_sub(other.micros) {
            Some(micros) => Some(Self { micros }),
            None => None,
        }
    }

    /// Multiplies the amount. `None` if the product is too large.
    #[must_use]
    pub const fn checked_mul(self, count: u64) -> Option<Self> {
        match self.micros.checked_mul(count) {
            Some(micros) => Some(Self { micros }),
            None => None,
        }
    }

    /// Multiplies by `numerator / denominator`, rounded to the nearest millionth.
    pub(crate) fn checked_ratio(self, numerator: u64, denominator: u64) -> Option<Self> {
        let (numerator, denominator) = (u128::from(numerator), u128::from(denominator));
        let product = u128::from(self.micros) * numerator + denominator / 2;
        u64::try_from(product.checked_div(denominator)?).ok().map(Self::from_micros)
    }

    /// Writes the amount in digits, with at least this many decimals and no more than it has.
    fn digits(self, min_decimals: usize) -> String {
        let mut text = format!("{}.{:0DECIMALS$}", self.micros / MICROS, self.micros % MICROS);
        let least = text.len() - DECIMALS + min_decimals;
        while text.len() > least && text.ends_with('0') {
            text.pop();
        }
        text
    }
}

/// Formats the amount as `$0.005`, with at least two decimals.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("${}", self.digits(2)))
    }
}

/// The error of parsing a text that is not an amount of US dollars; see [`Usd`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseUsdError {
    problem: &'static str,
}

impl fmt::Display for ParseUsdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an amount of US dollars: {}; write it as 5.00 or $0.005", self.problem)
    }
}

impl std::error::Error for ParseUsdError {}

impl FromStr for Usd {
    type Err = ParseUsdError;

    fn from_str(text: &str) -> Result<Self, ParseUsdError> {
        let fault = |problem| ParseUsdError { problem };
        let number = text.trim();
        let number = number.strip_prefix('$').unwrap_or(number);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(fault("no digits"));
        }
        if !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit()) {
            return Err(fault("something other than digits and one point"));
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > DECIMALS {
            return Err(fault("more than six decimals"));
        }
        let digits = format!("{whole}{fraction:0<DECIMALS$}");
        digits.parse().map(Self::from_micros).map_err(|_| fault("too large"))
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::from_micros(self.micros.saturating_add(other.micros))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<u64> for Usd {
    type Output = Self;

    fn mul(self, count: u64) -> Self {
        Self::from_micros(self.micros.saturating_mul(count))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl<'a> Sum<&'a Self> for Usd {
    fn sum<I: Iterator<Item = &'a Self>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.micros {
            0..=MAX_EXACT => serializer.serialize_f64(self.dollars()),
            _ => serializer.serialize_str(&self.digits(2)),
        }
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = Usd;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount of US dollars, such as 0.005")
    }

    fn visit_f64<E: de::Error>(self, dollars: f64) -> Result<Usd, E> {
        Usd::from_dollars(dollars).ok_or_else(|| E::invalid_value(de::Unexpected::Float(dollars), &self))
    }

    fn visit_u64<E: de::Error>(self, dollars: u64) -> Result<Usd, E> {
        let micros = dollars.checked_mul(MICROS);
        micros.map(Usd::from_micros).ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(dollars), &self))
    }

    fn visit_i64<E: de::Error>(self, dollars: i64) -> Result<Usd, E> {
        let positive = u64::try_from(dollars).map_err(|_| E::invalid_value(de::Unexpected::Signed(dollars), &self))?;
        self.visit_u64(positive)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Usd, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Usd;

    #[test]
    fn texts_become_exact_amounts_and_texts_again() {
        for (text, micros, printed) in [
            ("5.00", 5_000_000, "$5.00"),
            ("$0.005", 5_000, "$0.005"),
            ("0.0001", 100, "$0.0001"),
            (" $1.8 ", 1_800_000, "$1.80"),
            (".5", 500_000, "$0.50"),
            ("3.", 3_000_000, "$3.00"),
            ("0.000001000", 1, "$0.000001"),
            ("18446744073709.551615", u64::MAX, "$18446744073709.551615"),
        ] {
            let usd: Usd = text.parse().unwrap();
            assert_eq!((usd.micros(), usd.to_string().as_str()), (micros, printed), "{text}");
        }
        for text in ["", "$", ".", "-1", "1,000", "1e3", "0.0000001", "18446744073709.551616", "5 $", "NaN"] {
            assert!(text.parse::<Usd>().is_err(), "{text}");
        }
    }

    #[test]
    fn dollars_are_rounded_to_the_millionth_or_rejected() {
        for (dollars, micros) in [(0.1 + 0.2, Some(300_000)), (0.000_000_4, Some(0)), (1.8, Some(1_800_000))] {
            assert_eq!(Usd::from_dollars(dollars).map(Usd::micros), micros);
        }
        for dollars in [-0.01, f64::NAN, f64::INFINITY, 1e14] {
            assert_eq!(Usd::from_dollars(dollars), None, "{dollars}");
        }
    }

    #[test]
    fn arithmetic_is_exact_and_stops_at_the_largest_amount() {
        let cent = Usd::from_micros(10_000);
        assert_eq!((0..10).map(|_| cent).sum::<Usd>(), Usd::from_micros(100_000));
        assert_eq!((Usd::MAX + cent, Usd::MAX * 2), (Usd::MAX, Usd::MAX));
        assert_eq!(
            (Usd::MAX.checked_add(cent), Usd::MAX.checked_mul(2), Usd::ZERO.checked_sub(cent)),
            (None, None, None)
        );
        // $1.80 for a thousand steps.
        assert_eq!(Usd::from_micros(1_800_000).checked_ratio(1_501, 1_000), Some(Usd::from_micros(2_701_800)));
        assert_eq!(cent.checked_ratio(1, 0), None);
    }

    proptest! {
        #[test]
        fn json_and_text_give_back_the_amount(micros in any::<u64>(), shift in 0_u32..64) {
            let usd = Usd::from_micros(micros >> shift);
            let json = serde_json::to_string(&usd).unwrap();
            prop_assert_eq!(serde_json::from_str::<Usd>(&json).unwrap(), usd);
            prop_assert_eq!(usd.to_string().parse::<Usd>().unwrap(), usd);
        }
    }
}
