//! Floating-point numbers as JSON can hold them: infinity is the string `"inf"`, and NaN is an error.
//!
//! A field that holds `f64`s carries `#[serde(with = "number")]`, or `"deblais::report::number"`
//! outside the crate.

use serde::{Serialize, Serializer, ser::Error as _};

/// A number, or an optional, fixed or growing list of them.
pub trait Numbers {
    /// Writes them in the form of JSON.
    ///
    /// # Errors
    /// NaN, and whatever the serializer says.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl Numbers for f64 {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::INFINITY => serializer.serialize_str("inf"),
            Self::NEG_INFINITY => serializer.serialize_str("-inf"),
            value if value.is_nan() => Err(S::Error::custom("a report never holds NaN")),
            value => serializer.serialize_f64(value),
        }
    }
}

impl<T: Numbers> Numbers for Option<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Written).serialize(serializer)
    }
}

impl<T: Numbers> Numbers for Vec<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Written))
    }
}

impl<T: Numbers, const N: usize> Numbers for [T; N] {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Written))
    }
}

/// Numbers that any serializer takes.
struct Written<'a, T>(&'a T);

impl<T: Numbers> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Writes numbers in the form of JSON; for `#[serde(with = "number")]`.
///
/// # Errors
/// NaN, and whatever the serializer says.
pub fn serialize<T: Numbers, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    value.write(to)
}

/// Numbers by name, as an object; for `#[serde(serialize_with = "number::by_name")]`.
pub(crate) fn by_name<T: Numbers, S: Serializer>(
    entries: &[(&'static str, T)],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_map(entries.iter().map(|(name, value)| (name, Written(value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_a_word_for_infinity_and_none_for_nan() {
        let json = |x: f64| serde_json::to_string(&Written(&x)).ok();
        assert_eq!(json(0.1).as_deref(), Some("0.1"));
        assert_eq!(json(f64::INFINITY).as_deref(), Some("\"inf\""));
        assert_eq!(json(f64::NEG_INFINITY).as_deref(), Some("\"-inf\""));
        assert_eq!(json(f64::NAN), None);
        assert_eq!(serde_json::to_string(&Written(&[Some(1.0), None])).unwrap(), "[1.0,null]");
    }
}
