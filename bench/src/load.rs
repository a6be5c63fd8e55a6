//! `load`: one server that runs already.

use crate::cli::LoadArguments;
use crate::compare;
use crate::endpoint::{Credentials, Endpoint};
use crate::generator;
use crate::requests::Requests;
use crate::subjects;
use crate::table::Table;
use crate::terminal::{self, Failure};
use std::path::PathBuf;
use tokio::runtime::Builder;

pub(crate) fn run(arguments: &LoadArguments) -> Result<(), Failure> {
    let endpoint = endpoint()?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::of("the runtime could not be started", why))?;
    let mut text = String::new();
    for workload in &arguments.cells.operations {
        let keys = arguments.cells.keys;
        let subjects = runtime.block_on(subjects::prepare(&endpoint, *workload, keys))?;
        let mut table = Table::new(*workload);
        for connections in &arguments.cells.connections {
            let requests = Requests::new(&endpoint, *workload, &subjects);
            let load = compare::load(&arguments.cells, *connections);
            let found = generator::run(&endpoint, requests, load, arguments.pid)?;
            table.add(*connections, &endpoint.authority, Some(found));
        }
        table.write(&mut text).map_err(|why| Failure::new(why.to_string()))?;
    }
    terminal::line(text);
    Ok(())
}

/// The server that AWS clients would use.
fn endpoint() -> Result<Endpoint, Failure> {
    let url = terminal::variable("AWS_ENDPOINT_URL")?;
    let credentials = Credentials {
        access_key_id: terminal::variable("AWS_ACCESS_KEY_ID")?,
        secret_access_key: terminal::variable("AWS_SECRET_ACCESS_KEY")?,
        region: terminal::variable("AWS_DEFAULT_REGION")?,
    };
    let ca = terminal::variable("AWS_CA_BUNDLE").ok().map(PathBuf::from);
    Endpoint::new(&url, ca.as_deref(), credentials)
}
