//! The plots, as SVG.

use super::Outcome;
use super::row::{micros, percentile};
use crate::measurement::Measurement;
use crate::terminal::Failure;
use plotters::prelude::*;
use std::fmt;
use std::ops::Range;
use std::path::Path;

/// Pixels.
const SIZE: (u32, u32) = (760, 420);
const FONT: &str = "sans-serif";
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 90, 181),
    RGBColor(220, 50, 32),
    RGBColor(90, 90, 90),
    RGBColor(26, 133, 102),
    RGBColor(150, 80, 160),
    RGBColor(200, 140, 0),
];

/// One server at one number of connections.
pub(super) struct Point {
    server: &'static str,
    connections: u32,
    rate: f64,
    /// Seconds.
    p50: Option<f64>,
    p99: Option<f64>,
    cpu: Option<f64>,
}

impl Point {
    pub(super) fn new(server: &'static str, connections: u32, found: &Measurement) -> Self {
        let (p50, p99) = (percentile(found, 500), percentile(found, 990));
        Self { server, connections, rate: found.rate(), p50, p99, cpu: found.server_cpu_each() }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, connections, rate, p50, p99, cpu } = self;
        let [p50, p99, cpu] = [p50, p99, cpu].map(|seconds| micros(*seconds));
        write!(f, "| {connections} | {server} | {rate:.0} | {p50} | {p99} | {cpu} |")
    }
}

/// What a request costs on so many keys.
pub(super) struct Growth {
    pub(super) keys: u64,
    /// Microseconds.
    pub(super) cpu: f64,
}

/// One bar.
pub(super) struct Bar {
    pub(super) name: &'static str,
    /// Milliseconds.
    pub(super) value: f64,
}

/// A line, and what it is called.
type Line = (String, Vec<(f64, f64)>);

/// Draws all that there is into `folder`; titles and names of files.
pub(super) fn draw_all(
    folder: &Path,
    outcome: &Outcome,
) -> Result<Vec<(&'static str, &'static str)>, Failure> {
    let mut drawn = Vec::new();
    if !outcome.sweep.is_empty() {
        let rate = lines(&outcome.sweep, "", |point| Some(point.rate));
        let about = ("Encrypt of 1 KiB over TLS 1.3: requests a second", "connections");
        draw(&folder.join("throughput.svg"), about, &rate)?;
        drawn.push(("Requests a second against connections", "throughput.svg"));
        let mut latency = lines(&outcome.sweep, ", p50", |point| point.p50.map(|p50| p50 * 1e3));
        latency.extend(lines(&outcome.sweep, ", p99", |point| point.p99.map(|p99| p99 * 1e3)));
        let about = ("Encrypt of 1 KiB over TLS 1.3: latency, ms", "connections");
        draw(&folder.join("latency.svg"), about, &latency)?;
        drawn.push(("Latency against connections", "latency.svg"));
    }
    if !outcome.growth.is_empty() {
        let keys = |count| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let points = outcome.growth.iter().map(|point| (keys(point.keys), point.cpu)).collect();
        let about = ("Encrypt under random keys: server CPU a request, µs", "keys in use");
        draw(&folder.join("keys.svg"), about, &[("strongroom".to_owned(), points)])?;
        drawn.push(("CPU a request against keys in use", "keys.svg"));
    }
    if !outcome.starvation.is_empty() {
        let title = "Encrypt, 8 connections: p99, ms";
        bars(&folder.join("rsa-4096.svg"), title, &outcome.starvation)?;
        drawn.push(("p99 of Encrypt with and without RSA_4096 beside it", "rsa-4096.svg"));
    }
    Ok(drawn)
}

/// A line for each server.
fn lines(points: &[Point], suffix: &str, value: impl Fn(&Point) -> Option<f64>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for point in points {
        let name = format!("{}{suffix}", point.server);
        let at = value(point).map(|value| (f64::from(point.connections), value));
        match lines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, line)) => line.extend(at),
            None => lines.push((name, at.into_iter().collect())),
        }
    }
    lines
}

/// From a little below the least to a little above the greatest.
fn around(values: impl Iterator<Item = f64> + Clone) -> Range<f64> {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(0.0, f64::max);
    if least.is_finite() && least > 0.0 { least / 1.3..most * 1.3 } else { 1.0..10.0 }
}

fn failed(path: &Path, why: impl fmt::Display) -> Failure {
    Failure::of(path.display(), why)
}

/// A chart with logarithmic axes.
fn draw(path: &Path, (title, x_title): (&str, &str), lines: &[Line]) -> Result<(), Failure> {
    let failed = |why: &dyn fmt::Display| failed(path, why);
    let points = lines.iter().flat_map(|(_, line)| line);
    let x = around(points.clone().map(|(x, _)| *x));
    let y = around(points.map(|(_, y)| *y));
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(|why| failed(&why))?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, (FONT, 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(x.log_scale(), y.log_scale())
        .map_err(|why| failed(&why))?;
    let mut mesh = chart.configure_mesh();
    let plain = |value: &f64| short(*value);
    let mesh = mesh.x_desc(x_title).x_label_formatter(&plain).y_label_formatter(&plain);
    mesh.draw().map_err(|why| failed(&why))?;
    for ((name, line), colour) in lines.iter().zip(COLOURS.iter().cycle().copied()) {
        let series = LineSeries::new(line.iter().copied(), colour.stroke_width(2));
        let series = chart.draw_series(series.point_size(3)).map_err(|why| failed(&why))?;
        series.label(name).legend(move |(x, y)| {
            PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(2))
        });
    }
    if lines.len() > 1 {
        let mut labels = chart.configure_series_labels();
        let labels = labels.background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3));
        labels.position(SeriesLabelPosition::UpperLeft).draw().map_err(|why| failed(&why))?;
    }
    area.present().map_err(|why| failed(&why))
}

/// Bars beside each other, from nought.
fn bars(path: &Path, title: &str, bars: &[Bar]) -> Result<(), Failure> {
    let failed = |why: &dyn fmt::Display| failed(path, why);
    let most = bars.iter().map(|bar| bar.value).fold(0.001, f64::max) * 1.15;
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(|why| failed(&why))?;
    let count = f64::from(u32::try_from(bars.len()).unwrap_or(1));
    let mut chart = ChartBuilder::on(&area)
        .caption(title, (FONT, 18))
        .margin(12)
        .x_label_area_size(12)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..count, 0.0..most)
        .map_err(|why| failed(&why))?;
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().disable_x_axis().draw().map_err(|why| failed(&why))?;
    for ((at, bar), colour) in (0_u32..).zip(bars).zip(COLOURS) {
        let left = f64::from(at) + 0.25;
        let corners = [(left, 0.0), (left + 0.5, bar.value)];
        let text = format!("{}: {:.2} ms", bar.name, bar.value);
        let label = Text::new(text, (left, bar.value + most * 0.05), (FONT, 15));
        let body = std::iter::once(Rectangle::new(corners, colour.filled()));
        chart.draw_series(body).map_err(|why| failed(&why))?;
        chart.draw_series(std::iter::once(label)).map_err(|why| failed(&why))?;
    }
    area.present().map_err(|why| failed(&why))
}

/// A number on an axis, in few characters.
fn short(value: f64) -> String {
    match value {
        1e6.. => format!("{} M", value / 1e6),
        1e3.. => format!("{} k", value / 1e3),
        _ => format!("{}", (value * 1e3).round() / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_are_svg_with_their_titles() {
        let dir = tempfile::tempdir().unwrap();
        let point = |server, connections| Point {
            server,
            connections,
            rate: 1000.0 * f64::from(connections),
            p50: Some(0.001),
            p99: Some(0.002),
            cpu: None,
        };
        let outcome = Outcome {
            sweep: vec![point("ours", 1), point("ours", 8), point("floor", 1), point("floor", 8)],
            growth: vec![Growth { keys: 1, cpu: 20.0 }, Growth { keys: 1000, cpu: 21.0 }],
            starvation: vec![Bar { name: "alone", value: 0.3 }, Bar { name: "beside", value: 0.9 }],
            ..Outcome::default()
        };
        let drawn = draw_all(dir.path(), &outcome).unwrap();
        assert_eq!(drawn.len(), 4);
        for (_, file) in drawn {
            let text = std::fs::read_to_string(dir.path().join(file)).unwrap();
            assert!(text.starts_with("<svg") && text.contains("Encrypt"), "{file}: {text:.200}");
        }
    }

    #[test]
    fn a_server_is_one_line() {
        let point = |server, connections| Point {
            server,
            connections,
            rate: 5.0,
            p50: None,
            p99: None,
            cpu: None,
        };
        let points = [point("a", 1), point("b", 1), point("a", 8)];
        let found = lines(&points, "!", |point| Some(point.rate));
        assert_eq!(found[0], ("a!".to_owned(), vec![(1.0, 5.0), (8.0, 5.0)]));
        assert_eq!(found.len(), 2);
    }
}
