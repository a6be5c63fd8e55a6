//! What the metrics are read from.

use super::Observer;
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use strongroom_engine::Engine;
use strongroom_server::Traffic;
use strongroom_server::process::Process;

/// Everything that is counted, whoever counts it.
pub(crate) struct Sources {
    pub(crate) observer: Arc<Observer>,
    pub(crate) traffic: Arc<Traffic>,
    /// The process, if the system tells of it.
    pub(crate) process: Option<Process>,
    /// The engine; none while the server is sealed. It is held while its numbers are read, no longer.
    pub(crate) engine: ArcSwapOption<Engine>,
}
