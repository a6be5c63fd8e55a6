//! What the operator asks of a data directory: of the server that runs on it, over a socket there, or
//! of the directory itself while none does. Either way it is done by [`perform`].

mod replacement;
mod request;
mod sealed;
mod socket;
mod told;
mod trail;

pub(crate) use replacement::{Replacement, RootState, Wanted, fresh, texts};
pub(crate) use request::{Request, perform};
pub(crate) use sealed::Sealed;
pub(crate) use socket::{Desk, Office, Socket, ask, ask_if_running, connect};
pub(crate) use told::Told;
pub(crate) use trail::{HeadsPage, KnownDigest, KnownFile, KnownHead};

use crate::config::DEFAULT_REGION;
use crate::data::{DataDir, Endpoint};
use crate::running::{self, Opened};
use crate::terminal::Failure;
use serde_json::Value;
use std::path::{Path, PathBuf};
use strongroom_server::hardening;
use strongroom_types::Region;
use tokio::runtime::{Builder, Runtime};

/// Has it done: by the server that runs on `data`, or here if none does.
pub(crate) fn have_done(data: &Path, request: &Request) -> Result<Value, Failure> {
    let mut session = Session::new(data);
    let answer = session.ask(request);
    session.end()?;
    answer
}

/// Several requests, one after another, to the same server or the same directory.
pub(crate) struct Session {
    data: PathBuf,
    /// What was opened here, since no server runs.
    here: Option<Here>,
}

struct Here {
    directory: DataDir,
    runtime: Runtime,
    running: Opened,
    region: Region,
}

impl Session {
    /// With the server that runs on `data`, or with the directory itself if none does.
    pub(crate) fn new(data: &Path) -> Self {
        let _ = hardening::harden();
        Self { data: data.to_owned(), here: None }
    }

    /// Has it done.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Value, Failure> {
        let here = match self.here.take() {
            Some(here) => here,
            None => match ask_if_running(&self.data, request)? {
                Some(answer) => return Ok(answer),
                None => Here::open(&self.data)?,
            },
        };
        let Here { directory, runtime, running, region } = self.here.insert(here);
        let desk = Desk { data: directory, clock: None, region: *region, courier: None };
        runtime.block_on(perform(request, &running.engine, &desk))
    }

    /// Waits until all is written.
    pub(crate) fn end(self) -> Result<(), Failure> {
        self.here.map_or(Ok(()), |here| here.running.close())
    }
}

impl Here {
    fn open(data: &Path) -> Result<Self, Failure> {
        let directory = DataDir::existing(data)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
        let clock = running::clock(&directory)?;
        let running = running::open_for_operator(&directory, &runtime, clock)?;
        // None has served yet on a directory that was only initialised.
        let region = Endpoint::read(data).map_or(DEFAULT_REGION.to_owned(), |last| last.region);
        let region = region.parse();
        let region = region.map_err(|()| Failure::new("the file `endpoint` has no Region"))?;
        Ok(Self { directory, runtime, running, region })
    }
}
