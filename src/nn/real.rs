//! The numbers that networks compute with.

use std::cmp::Ordering;

use ndarray::NdFloat;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32`, in which networks are trained, or `f64`, in which they are evaluated.
pub trait Real: NdFloat + sealed::Sealed {
    /// The nearest number of this type.
    fn of(value: f64) -> Self;

    /// The same number in `f64`.
    fn wide(self) -> f64;

    /// A total order that agrees with `<` and places NaN too.
    fn order(self, other: Self) -> Ordering;
}

impl Real for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is asked for")]
    fn of(value: f64) -> Self {
        value as f32
    }

    fn wide(self) -> f64 {
        f64::from(self)
    }

    fn order(self, other: Self) -> Ordering {
        self.total_cmp(&other)
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn wide(self) -> f64 {
        self
    }

    fn order(self, other: Self) -> Ordering {
        self.total_cmp(&other)
    }
}
