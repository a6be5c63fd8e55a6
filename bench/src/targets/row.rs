//! The rows of the table of targets.

use crate::measurement::Measurement;
use std::fmt;

/// What a figure must be.
#[derive(Clone, Copy)]
pub(super) enum Target {
    AtMost(f64),
    AtLeast(f64),
}

/// What is counted.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    /// A quotient of two figures of one run; what it is divided by.
    Times(&'static str),
    Milliseconds,
    Mebibytes,
    Megabytes,
}

/// One target, and what was measured.
pub(super) struct Row {
    work: String,
    target: Target,
    unit: Unit,
    /// `None` if it could not be measured; the note says why.
    measured: Option<f64>,
    note: String,
}

impl Row {
    pub(super) fn new(
        work: impl Into<String>,
        target: Target,
        unit: Unit,
        measured: Option<f64>,
    ) -> Self {
        let measured = measured.filter(|figure| figure.is_finite());
        Self { work: work.into(), target, unit, measured, note: String::new() }
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether the target is reached; `None` if that was not measured. What is shown equal is equal.
    fn is_reached(&self) -> Option<bool> {
        let measured = self.measured?;
        Some(match self.target {
            Target::AtMost(most) => measured < most + self.unit.last_digit() / 2.0,
            Target::AtLeast(least) => measured >= least - self.unit.last_digit() / 2.0,
        })
    }
}

impl Unit {
    /// What the last digit that is shown is worth.
    fn last_digit(self) -> f64 {
        match self {
            Self::Times(_) => 0.01,
            Self::Milliseconds | Self::Mebibytes | Self::Megabytes => 0.1,
        }
    }

    fn show(self, figure: f64) -> String {
        match self {
            Self::Times(_) => format!("{figure:.2}"),
            Self::Milliseconds if figure < 1.0 => format!("{figure:.2} ms"),
            Self::Milliseconds => format!("{figure:.1} ms"),
            Self::Mebibytes => format!("{figure:.1} MiB"),
            Self::Megabytes => format!("{figure:.1} MB"),
        }
    }

    fn show_target(self, figure: f64) -> String {
        match self {
            Self::Times(of) => format!("{figure} × {of}"),
            Self::Milliseconds if figure < 10.0 => format!("{figure:.2} ms"),
            Self::Milliseconds => format!("{figure:.0} ms"),
            Self::Mebibytes => format!("{figure:.0} MiB"),
            Self::Megabytes => format!("{figure:.0} MB"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, figure) = match self.target {
            Target::AtMost(most) => ('≤', most),
            Target::AtLeast(least) => ('≥', least),
        };
        let measured = self.measured.map_or_else(|| "–".to_owned(), |found| self.unit.show(found));
        let reached = match self.is_reached() {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "–",
        };
        let target = self.unit.show_target(figure);
        write!(f, "| {} | {sign} {target} | {measured} | {reached} | {} |", self.work, self.note)
    }
}

/// The table's head.
pub(super) const HEAD: &str =
    "| work | target | measured | reached? | note |\n|---|---|--:|---|---|";

/// One divided by the other.
pub(super) fn quotient(one: Option<f64>, by: Option<f64>) -> Option<f64> {
    one.zip(by).map(|(one, by)| one / by)
}

/// Seconds that `per_mille` of a thousand requests did not exceed.
pub(super) fn percentile(found: &Measurement, per_mille: u32) -> Option<f64> {
    found.latencies.percentile(per_mille).map(|latency| latency.as_secs_f64())
}

/// Microseconds, for notes.
pub(super) fn micros(seconds: Option<f64>) -> String {
    match seconds.map(|seconds| seconds * 1e6) {
        None => "–".to_owned(),
        Some(micros) if micros < 9.95 => format!("{micros:.1} µs"),
        Some(micros) if micros < 9_995.0 => format!("{micros:.0} µs"),
        Some(micros) => format!("{:.1} ms", micros / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_its_target_is_reached() {
        let row = |target, figure| Row::new("w", target, Unit::Times("floor"), figure).to_string();
        let most = Target::AtMost(1.3);
        assert_eq!(row(most, Some(1.304)), "| w | ≤ 1.3 × floor | 1.30 | yes |  |");
        assert_eq!(row(most, Some(1.306)), "| w | ≤ 1.3 × floor | 1.31 | **no** |  |");
        let least = Target::AtLeast(0.85);
        assert_eq!(row(least, Some(0.846)), "| w | ≥ 0.85 × floor | 0.85 | yes |  |");
        assert_eq!(row(least, Some(0.84)), "| w | ≥ 0.85 × floor | 0.84 | **no** |  |");
        assert_eq!(row(least, Some(f64::NAN)), "| w | ≥ 0.85 × floor | – | – |  |");
    }

    #[test]
    fn figures_have_the_digits_that_they_are_known_to() {
        assert_eq!(micros(Some(0.000_004_26)), "4.3 µs");
        assert_eq!(micros(Some(0.001_234)), "1234 µs");
        assert_eq!(micros(Some(0.012_34)), "12.3 ms");
        assert_eq!(Unit::Milliseconds.show(0.1234), "0.12 ms");
    }
}
