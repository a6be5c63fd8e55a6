//! `[metrics]`, `[log]` and `[traces]`: what is told of the running server, and where.

use crate::observe::TraceSettings;
use crate::terminal::Failure;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use strongroom_keystores::Posts;
use strongroom_server::log::{Format, Level};

/// `[metrics]`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MetricsTable {
    pub(super) listen: Option<SocketAddr>,
}

/// `[log]`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LogTable {
    format: Option<LogFormat>,
    level: Option<LogLevel>,
    requests: bool,
}

/// `[traces]`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TracesTable {
    enabled: bool,
    endpoint: Option<String>,
    ca_file: Option<PathBuf>,
}

/// The form of a line of the log, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs: an object on each line.
    Json,
}

/// The least important lines that are written, by their name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) level: Level,
    pub(crate) format: Format,
    /// Whether each request has a line.
    pub(crate) requests: bool,
}

impl LogTable {
    /// What the command line says goes before what the file says.
    pub(super) fn log(&self, given: Option<LogFormat>) -> Log {
        let format = match given.or(self.format) {
            Some(LogFormat::Json) => Format::Json,
            Some(LogFormat::Text) | None => Format::Text,
        };
        let level = match self.level {
            Some(LogLevel::Error) => Level::Error,
            Some(LogLevel::Warn) => Level::Warn,
            Some(LogLevel::Info) | None => Level::Info,
            Some(LogLevel::Debug) => Level::Debug,
        };
        Log { level, format, requests: self.requests }
    }
}

impl TracesTable {
    /// Where traces go; `None` if there are none.
    pub(super) fn settings(self, asked: bool) -> Result<Option<TraceSettings>, Failure> {
        let Self { enabled, endpoint, ca_file } = self;
        if !enabled && !asked {
            let why = "the configuration's traces.endpoint and traces.ca_file are for traces: say \
                       `enabled = true`";
            let named = endpoint.is_some() || ca_file.is_some();
            return if named { Err(Failure::new(why)) } else { Ok(None) };
        }
        let endpoint = endpoint.map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) = endpoint.as_deref().filter(|url| !Posts::is_url(url)) {
            return Err(Failure::new(format!(
                "the configuration's traces.endpoint is a URL like http://localhost:4318, not `{url}`"
            )));
        }
        Ok(Some(TraceSettings { endpoint, ca_file }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str, given: Option<LogFormat>) -> Log {
        toml::from_str::<LogTable>(text).unwrap().log(given)
    }

    #[test]
    fn the_option_goes_before_the_file() {
        let default = Log { level: Level::Info, format: Format::Text, requests: false };
        assert_eq!(log("", None), default);
        assert_eq!(log("", Some(LogFormat::Json)), Log { format: Format::Json, ..default });
        assert_eq!(log("format = \"json\"", Some(LogFormat::Text)), default);
        let given = log("format = \"json\"\nlevel = \"debug\"\nrequests = true", None);
        assert_eq!(given, Log { level: Level::Debug, format: Format::Json, requests: true });
        for text in ["format = \"xml\"", "level = \"all\"", "json = true"] {
            assert!(toml::from_str::<LogTable>(text).is_err(), "{text}");
        }
    }

    fn traces(text: &str, asked: bool) -> Result<Option<TraceSettings>, String> {
        let table: TracesTable = toml::from_str(text).map_err(|why| why.to_string())?;
        table.settings(asked).map_err(|why| why.to_string())
    }

    #[test]
    fn traces_are_asked_for() {
        assert_eq!(traces("", false), Ok(None));
        assert_eq!(traces("", true), Ok(Some(TraceSettings::default())));
        let endpoint = Some("http://otel:4318".to_owned());
        let expected = TraceSettings { endpoint, ca_file: None };
        let text = "enabled = true\nendpoint = \"http://otel:4318/\"";
        assert_eq!(traces(text, false), Ok(Some(expected)));
        assert!(traces("endpoint = \"http://otel:4318\"", false).is_err());
        assert!(traces("enabled = true\nendpoint = \"otel:4318\"", false).is_err());
    }
}
