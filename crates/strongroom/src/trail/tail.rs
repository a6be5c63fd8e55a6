//! `strongroom trail tail`.

use super::block_on;
use super::events::{Events, is_wanted};
use super::table::Table;
use crate::cli::TailArguments;
use crate::terminal::{self, Failure};
use std::collections::BTreeSet;
use std::time::Duration;
use strongroom_trail::record::Record;

/// Between two looks for what has come.
const PAUSE: Duration = Duration::from_secs(1);
/// Files that are remembered of each place: names of one minute are in no order of time.
const REMEMBERED: usize = 200;

pub(super) fn run(arguments: &TailArguments) -> Result<(), Failure> {
    let table = Table::new();
    let tell = |json: &str| if arguments.json { terminal::line(json) } else { table.event(json) };
    let mut seen = block_on(async {
        let events = Events::open(&arguments.bucket).await?;
        let seen = files(&events).await?;
        let found = events.newest(&arguments.filter, arguments.lines).await?;
        for (_, json) in found.iter().rev() {
            tell(json);
        }
        Ok::<_, Failure>(seen)
    })??;
    if !arguments.follow {
        return Ok(());
    }
    loop {
        std::thread::sleep(PAUSE);
        let is_heard = block_on(async {
            // A new account or Region may have come.
            let events = Events::open(&arguments.bucket).await?;
            let now = files(&events).await?;
            for key in now.difference(&seen) {
                let records = events.records(key).await;
                for json in records.map_err(|why| Failure::new(why.to_string()))? {
                    let is_told = Record::parse(&json)
                        .is_ok_and(|record| is_wanted(&record, &arguments.filter));
                    if is_told && !tell(&json) {
                        return Ok(false);
                    }
                }
            }
            seen = now;
            Ok::<_, Failure>(true)
        })??;
        if !is_heard {
            return Ok(());
        }
    }
}

/// The newest files of every place.
async fn files(events: &Events) -> Result<BTreeSet<String>, Failure> {
    let mut all = BTreeSet::new();
    for place in &events.places {
        let files = events.files(*place, None).await;
        let files = files.map_err(|why| Failure::new(why.to_string()))?;
        all.extend(files.into_iter().rev().take(REMEMBERED));
    }
    Ok(all)
}
