//! What one cell of the table was found to be.

use crate::histogram::Histogram;
use std::time::Duration;

/// The sum of one or more rounds.
#[derive(Clone)]
pub(crate) struct Measurement {
    /// Latencies of the requests that were answered with 200.
    pub(crate) latencies: Histogram,
    /// Requests that were not.
    pub(crate) errors: u64,
    /// The first of them, in the server's words.
    pub(crate) first_error: Option<String>,
    /// Time measured.
    pub(crate) elapsed: Duration,
    /// CPU time of the server meanwhile, if its process is known.
    pub(crate) server_cpu: Option<Duration>,
    /// CPU time of the load generator meanwhile.
    pub(crate) client_cpu: Duration,
    /// CPU time that neither of the two used, if the server's process is known: other programs
    /// took it, or the machine's host.
    pub(crate) other_cpu: Option<Duration>,
    /// The server's resident memory at the end, bytes; the largest of the rounds.
    pub(crate) resident: Option<u64>,
    /// Requests a second of the slowest and the fastest round.
    pub(crate) range: (f64, f64),
}

impl Measurement {
    /// This round and `other`, taken together.
    pub(crate) fn add(&mut self, other: Self) {
        self.latencies.add(&other.latencies);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
        self.elapsed += other.elapsed;
        self.server_cpu = self.server_cpu.zip(other.server_cpu).map(|(one, two)| one + two);
        self.client_cpu += other.client_cpu;
        self.other_cpu = self.other_cpu.zip(other.other_cpu).map(|(one, two)| one + two);
        self.resident = self.resident.max(other.resident);
        self.range = (self.range.0.min(other.range.0), self.range.1.max(other.range.1));
    }

    /// Good answers a second.
    pub(crate) fn rate(&self) -> f64 {
        ratio(self.latencies.total(), self.elapsed.as_secs_f64())
    }

    /// CPU seconds of the server for each request, answered well or not.
    pub(crate) fn server_cpu_each(&self) -> Option<f64> {
        self.server_cpu.map(|cpu| self.each(cpu))
    }

    /// CPU seconds of the load generator for each request.
    pub(crate) fn client_cpu_each(&self) -> f64 {
        self.each(self.client_cpu)
    }

    /// Cores' worth of CPU that others had.
    pub(crate) fn other_cores(&self) -> Option<f64> {
        self.other_cpu.map(|cpu| cpu.as_secs_f64() / self.elapsed.as_secs_f64())
    }

    fn each(&self, cpu: Duration) -> f64 {
        let requests = self.latencies.total() + self.errors;
        1.0 / ratio(requests, cpu.as_secs_f64())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^53")]
pub(crate) fn ratio(count: u64, by: f64) -> f64 {
    count as f64 / by
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(requests: u32, errors: u64, rate: f64) -> Measurement {
        let mut latencies = Histogram::new();
        (0..requests).for_each(|_| latencies.record(Duration::from_micros(5)));
        Measurement {
            latencies,
            errors,
            first_error: (errors > 0).then(|| format!("{errors}")),
            elapsed: Duration::from_secs(2),
            server_cpu: Some(Duration::from_secs(1)),
            client_cpu: Duration::from_millis(500),
            other_cpu: Some(Duration::from_millis(100)),
            resident: Some(u64::from(requests)),
            range: (rate, rate),
        }
    }

    #[test]
    fn rounds_add_up() {
        let mut sum = round(10, 0, 5.0);
        sum.add(round(28, 2, 14.0));
        assert!((sum.rate() - 9.5).abs() < 1e-9);
        assert!((sum.server_cpu_each().unwrap() - 0.05).abs() < 1e-9, "40 requests in 2 s");
        assert!((sum.client_cpu_each() - 0.025).abs() < 1e-9);
        assert!((sum.other_cores().unwrap() - 0.05).abs() < 1e-9);
        assert_eq!((sum.errors, sum.first_error.as_deref()), (2, Some("2")));
        assert_eq!(sum.resident, Some(28));
        assert_eq!(sum.range, (5.0, 14.0));
    }
}
