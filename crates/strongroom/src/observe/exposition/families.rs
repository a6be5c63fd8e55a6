//! Families of metrics, written out.

use super::number;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use std::fmt;
use strongroom_meters::Distribution;

/// Nanoseconds in a second.
const SECOND: f64 = 1e9;

type Labels<const N: usize> = [(&'static str, &'static str); N];

/// Writes one family after another.
pub(super) struct Families<'e>(DescriptorEncoder<'e>);

impl<'e> Families<'e> {
    pub(super) const fn new(encoder: DescriptorEncoder<'e>) -> Self {
        Self(encoder)
    }

    /// Counters of one name; `_total` is appended to it.
    pub(super) fn counters<const N: usize>(
        &mut self,
        name: &str,
        about: &str,
        series: &[(Labels<N>, u64)],
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, about, None, MetricType::Counter)?;
        for (labels, count) in series {
            let mut one = family.encode_family(labels)?;
            one.encode_counter::<NoLabelSet, u64, u64>(count, None)?;
        }
        Ok(())
    }

    pub(super) fn counter(&mut self, name: &str, about: &str, count: u64) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, about, None, MetricType::Counter)?;
        family.encode_counter::<NoLabelSet, u64, u64>(&count, None)
    }

    /// Seconds that only grow; `_seconds_total` is appended.
    pub(super) fn passing(&mut self, name: &str, about: &str, time: f64) -> fmt::Result {
        let unit = Some(&Unit::Seconds);
        let mut family = self.0.encode_descriptor(name, about, unit, MetricType::Counter)?;
        family.encode_counter::<NoLabelSet, f64, u64>(&time, None)
    }

    pub(super) fn gauges<const N: usize>(
        &mut self,
        name: &str,
        about: &str,
        series: &[(Labels<N>, f64)],
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, about, None, MetricType::Gauge)?;
        for (labels, value) in series {
            family.encode_family(labels)?.encode_gauge(value)?;
        }
        Ok(())
    }

    pub(super) fn gauge(&mut self, name: &str, about: &str, value: f64) -> fmt::Result {
        self.0.encode_descriptor(name, about, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    /// A time in seconds since 1970; `_seconds` is appended.
    pub(super) fn moment(&mut self, name: &str, about: &str, time: f64) -> fmt::Result {
        let unit = Some(&Unit::Seconds);
        self.0.encode_descriptor(name, about, unit, MetricType::Gauge)?.encode_gauge(&time)
    }

    /// Histograms of nanoseconds, in seconds; `_seconds` is appended.
    pub(super) fn times<'d, const N: usize>(
        &mut self,
        name: &str,
        about: &str,
        series: impl IntoIterator<Item = (Labels<N>, &'d Distribution)>,
    ) -> fmt::Result {
        let unit = Some(&Unit::Seconds);
        let mut family = self.0.encode_descriptor(name, about, unit, MetricType::Histogram)?;
        for (labels, times) in series {
            let (sum, buckets) = (number(times.sum) / SECOND, buckets(times, SECOND));
            let mut one = family.encode_family(&labels)?;
            one.encode_histogram::<NoLabelSet>(sum, times.count(), &buckets, None)?;
        }
        Ok(())
    }

    /// A histogram of whole numbers.
    pub(super) fn sizes(&mut self, name: &str, about: &str, sizes: &Distribution) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, about, None, MetricType::Histogram)?;
        let (sum, buckets) = (number(sizes.sum), buckets(sizes, 1.0));
        family.encode_histogram::<NoLabelSet>(sum, sizes.count(), &buckets, None)
    }
}

/// The buckets and how many are in each alone, as the library takes them; the last one takes all.
fn buckets(seen: &Distribution, unit: f64) -> Vec<(f64, u64)> {
    let within = seen.buckets.iter().map(|(bound, count)| (number(*bound) / unit, *count));
    within.chain([(f64::INFINITY, seen.beyond)]).collect()
}
