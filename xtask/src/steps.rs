//! The steps of a task: each says what it does and how long it took; the first failure ends it.

use crate::failure::Failure;
use std::time::{Duration, Instant};

/// The steps done so far.
pub(crate) struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// No step done yet.
    pub(crate) fn new() -> Self {
        Self { done: Vec::new() }
    }

    /// Does one step.
    ///
    /// # Errors
    /// What `work` failed with, after a summary of the steps before it.
    pub(crate) fn step(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        println!("\n== {name}");
        let started = Instant::now();
        let outcome = work();
        let took = started.elapsed();
        match &outcome {
            Ok(()) => println!("== {name}: done in {}", seconds(took)),
            Err(_) => {
                self.summary();
                println!("  {:>9}  {name}  FAILED", seconds(took));
            }
        }
        self.done.push((name.to_owned(), took));
        outcome
    }

    /// Prints every step done and its time.
    pub(crate) fn summary(&self) {
        println!("\nSteps:");
        for (name, took) in &self.done {
            println!("  {:>9}  {name}", seconds(*took));
        }
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_hands_on_its_failure() {
        let mut steps = Steps::new();
        assert!(steps.step("one", || Ok(())).is_ok());
        let failure = steps.step("two", || Err(Failure::new("broken", "mend it"))).unwrap_err();
        assert_eq!(failure.what, "broken");
        assert_eq!(steps.done.len(), 2);
    }
}
