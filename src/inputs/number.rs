//! Numbers without a needless fraction: `1`, not `1.0`, which a strict service takes for another type.

use serde::Serialize as _;
use serde_json::Value;

/// Serializes numbers, alone, in lists and where they may be absent.
pub(super) fn number<S: serde::Serializer>(value: &impl ToNumber, serializer: S) -> Result<S::Ok, S::Error> {
    value.to_number().serialize(serializer)
}

pub(super) trait ToNumber {
    fn to_number(&self) -> Value;
}

impl ToNumber for f64 {
    fn to_number(&self) -> Value {
        // Up to 2^53 every whole `f64` is exactly the integer that it looks like.
        let is_whole = self.fract() == 0.0 && self.abs() < 9_007_199_254_740_992.0;
        if is_whole { Value::from(*self as i64) } else { Value::from(*self) }
    }
}

impl<T: ToNumber> ToNumber for Option<T> {
    fn to_number(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToNumber::to_number)
    }
}

impl<T: ToNumber> ToNumber for Vec<T> {
    fn to_number(&self) -> Value {
        self.iter().map(ToNumber::to_number).collect()
    }
}
