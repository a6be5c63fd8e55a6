//! Much that is asked once: to fill a server before it is measured.

use crate::clock;
use crate::connection::Connection;
use crate::endpoint::Endpoint;
use crate::requests::{Message, Signing};
use crate::terminal::{self, Failure};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, LocalSet};

/// Connections: enough that commits come in full groups.
const CONNECTIONS: u64 = 128;
/// Requests between two lines of progress.
const TOLD: u64 = 100_000;

/// What is asked: the message of each number.
pub(crate) type Make = Box<dyn Fn(u64) -> Message>;
/// What is done with the body of the answer to each number.
pub(crate) type Take = Box<dyn FnMut(u64, &[u8]) -> Result<(), Failure>>;

/// What the connections share.
struct Shared {
    title: String,
    count: u64,
    next: Cell<u64>,
    signing: RefCell<Signing>,
    make: Make,
    take: RefCell<Take>,
}

/// Asks `endpoint` for all numbers below `count`, in no order. Requests a second.
///
/// # Errors
/// At the first answer that is not 200.
pub(crate) fn ask(
    endpoint: &Endpoint,
    title: &str,
    count: u64,
    make: Make,
    take: Take,
) -> Result<f64, Failure> {
    let failed = |why: std::io::Error| Failure::of("the runtime could not be started", why);
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let shared = Rc::new(Shared {
        title: title.to_owned(),
        count,
        next: Cell::new(0),
        signing: RefCell::new(Signing::new(endpoint)),
        make,
        take: RefCell::new(take),
    });
    let begun = clock::now();
    LocalSet::new().block_on(&runtime, async {
        let mut tasks = JoinSet::new();
        for _ in 0..CONNECTIONS.min(count) {
            let connection = Connection::open(endpoint).await;
            let connection = connection.map_err(|why| Failure::of(&endpoint.authority, why))?;
            tasks.spawn_local(drive(Rc::clone(&shared), connection));
        }
        while let Some(ended) = tasks.join_next().await {
            ended.map_err(|why| Failure::of(title, why))??;
        }
        Ok(())
    })?;
    let rate = crate::measurement::ratio(count, begun.elapsed().as_secs_f64());
    terminal::progress(format_args!("{title}: {count}, {rate:.0}/s"));
    Ok(rate)
}

async fn drive(shared: Rc<Shared>, mut connection: Connection) -> Result<(), Failure> {
    loop {
        let number = shared.next.get();
        if number >= shared.count {
            return Ok(());
        }
        shared.next.set(number + 1);
        if number > 0 && number.is_multiple_of(TOLD) {
            terminal::progress(format_args!("{}: {number}", shared.title));
        }
        let message = (shared.make)(number);
        let request = shared.signing.borrow_mut().sign(&message)?;
        let response = connection.exchange(&request).await;
        let response = response.map_err(|why| Failure::of(message.name, why))?;
        if response.status != 200 {
            let body = String::from_utf8_lossy(response.body);
            return Err(Failure::of(message.name, format_args!("{} {body}", response.status)));
        }
        (shared.take.borrow_mut())(number, response.body)?;
    }
}
