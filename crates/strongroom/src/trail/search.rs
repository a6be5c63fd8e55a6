//! `strongroom trail search`.

use super::block_on;
use super::events::Events;
use super::table::Table;
use crate::cli::SearchArguments;
use crate::terminal::{self, Failure};

pub(super) fn run(arguments: &SearchArguments) -> Result<(), Failure> {
    let _ = super::freshen(&arguments.bucket)?;
    let found = block_on(async {
        let events = Events::open(&arguments.bucket).await?;
        events.newest(&arguments.filter, arguments.limit).await
    })??;
    let table = Table::new();
    if !arguments.json {
        table.title();
    }
    for (_, json) in &found {
        let is_heard = if arguments.json { terminal::line(json) } else { table.event(json) };
        if !is_heard {
            break;
        }
    }
    Ok(())
}
