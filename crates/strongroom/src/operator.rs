//! What the operator asks of a data directory: of the server that runs on it, over a socket there, or
//! of the directory itself while none does. Either way it is done by [`perform`].

mod request;
mod socket;
mod trail;

pub(crate) use request::{Request, perform};
pub(crate) use socket::{Desk, Socket, ask, ask_if_running, connect};
pub(crate) use trail::{HeadsPage, KnownDigest, KnownFile, KnownHead};

use crate::data::{DataDir, Endpoint};
use crate::running;
use crate::terminal::Failure;
use serde_json::Value;
use std::path::Path;
use strongroom_server::hardening;
use tokio::runtime::Builder;

/// Has it done: by the server that runs on `data`, or here if none does.
pub(crate) fn have_done(data: &Path, request: &Request) -> Result<Value, Failure> {
    let _ = hardening::harden();
    if let Some(answer) = ask_if_running(data, request)? {
        return Ok(answer);
    }
    let directory = DataDir::existing(data)?;
    let runtime = Builder::new_current_thread().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    let clock = running::clock(&directory)?;
    let running = running::open_for_operator(&directory, &runtime, clock)?;
    let region = Endpoint::read(data)?.region.parse();
    let region = region.map_err(|()| Failure::new("the file `endpoint` has no Region"))?;
    let desk = Desk { data: &directory, clock: None, region, courier: None };
    let answer = runtime.block_on(perform(request, &running.engine, &desk));
    running.close()?;
    answer
}
