//! What a restore would lose: what store and journal that are there tell beyond the backup.

use crate::data::DataDir;
use crate::terminal::Failure;
use std::sync::Arc;
use strongroom_engine::ledger::Position;
use strongroom_engine::still::{Reached, Still};
use strongroom_keys::RootKey;
use strongroom_types::Timestamp;
use tokio::runtime::Runtime;

/// What is there.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Existing {
    /// How far the store has come; why it cannot be told; `None` if there is no store.
    pub(super) store: Option<Result<Reached, String>>,
    /// Where the journal ends, and how many groups of commits it saw; why it cannot be told.
    pub(super) journal: Option<Result<(Position, u64), String>>,
    /// Where the journal of the backup ends.
    pub(super) restored: Position,
}

impl Existing {
    /// Looks at the directory. `still` is what was restored, whose domain keys read the journal.
    pub(super) fn look(
        runtime: &Runtime,
        data: &DataDir,
        still: &mut Still,
        root: &Arc<dyn RootKey>,
    ) -> Result<Self, Failure> {
        let store = data.path().join("store.db").exists().then(|| {
            let (store, log) = (data.store(), data.log());
            let opened = async {
                let text = |why: Failure| why.to_string();
                let (store, log) = (Arc::new(store.map_err(text)?), log.map_err(text)?);
                let there = Still::open(store, log, root.clone()).await;
                let there = there.map_err(|why| why.to_string())?;
                there.reached().await.map_err(|why| why.to_string())
            };
            runtime.block_on(opened)
        });
        let mut log = data.log()?;
        let is_there = log.segments().is_ok_and(|segments| !segments.is_empty());
        let journal = is_there
            .then(|| runtime.block_on(still.end_of(&mut *log)).map_err(|why| why.to_string()));
        let restored = runtime.block_on(still.own_end());
        let restored = restored.map_err(|why| Failure::new(why.to_string()))?;
        Ok(Self { store, journal, restored })
    }
}

/// What would be lost of `existing`, each in a line.
pub(super) fn of(existing: &Existing, backup: &Reached, taken: Timestamp) -> Vec<String> {
    let mut lost = Vec::new();
    let taken = taken.civil();
    let is_same = match &existing.store {
        None => true,
        Some(Err(why)) => {
            lost.push(format!("whatever is in its store, which cannot be read: {why}"));
            true
        }
        Some(Ok(there)) if history(there) != history(backup) => {
            let since = there.restored.as_ref();
            let since = since.map_or_else(
                || "never restored".to_owned(),
                |restore| format!("restored at {}", restore.time.civil()),
            );
            lost.push(format!(
                "all that its store has recorded in a history that the backup is not part of \
                 ({since}; it is at change {})",
                there.head.sequence
            ));
            false
        }
        Some(Ok(there)) => {
            let ahead = there.head.sequence.saturating_sub(backup.head.sequence);
            if ahead > 0 {
                let (from, to) = (backup.head.sequence, there.head.sequence);
                lost.push(format!(
                    "{ahead} changes since {taken}: the backup ends at change {from}, the store \
                     at {to}"
                ));
            }
            true
        }
    };
    match &existing.journal {
        Some(Err(why)) => lost.push(format!("whatever is in its journal: {why}")),
        Some(Ok((end, anchor))) if is_same => {
            let is_told = matches!(&existing.store, Some(Ok(_)));
            let ahead = anchor.saturating_sub(backup.head.commits);
            if ahead > 0 && !is_told {
                lost.push(format!(
                    "{ahead} groups of changes since {taken}, of which its journal tells"
                ));
            }
            if *end > existing.restored {
                lost.push(format!(
                    "audit records of requests since {taken} that are not delivered yet: its \
                     journal ends at segment {} record {}, the backup's at segment {} record {}",
                    end.segment, end.frames, existing.restored.segment, existing.restored.frames
                ));
            }
        }
        Some(Ok(_)) | None => {}
    }
    lost
}

/// What tells a history from others.
fn history(reached: &Reached) -> Option<u64> {
    reached.restored.as_ref().map(|restore| restore.first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_engine::ledger::Head;
    use strongroom_keys::RestoreRecord;

    const TIME: Timestamp = Timestamp::from_millis(1_795_329_425_123);

    fn reached(sequence: u64, first: Option<u64>) -> Reached {
        let head = Head { sequence, commits: sequence, ..Head::default() };
        let restored = first.map(|first| RestoreRecord {
            time: TIME,
            backup: [1; 16],
            taken: TIME,
            sequence: 1,
            commits: 1,
            first,
        });
        Reached { head, restored }
    }

    fn lost(existing: &Existing) -> String {
        of(existing, &reached(100, None), TIME).join("\n")
    }

    #[test]
    fn what_is_ahead_is_told() {
        let at = |segment, frames| Position { segment, frames };
        let existing = Existing {
            store: Some(Ok(reached(100, None))),
            journal: Some(Ok((at(3, 7), 100))),
            restored: at(3, 7),
        };
        assert_eq!(lost(&existing), "");
        let store = Some(Ok(reached(142, None)));
        let text = lost(&Existing { store, ..existing.clone() });
        assert!(text.starts_with("42 changes since 2026-11-22T06:37:05Z"), "{text}");
        let journal = Some(Ok((at(4, 1), 142)));
        let text = lost(&Existing { journal: journal.clone(), ..existing.clone() });
        assert!(text.starts_with("audit records of requests"), "{text}");
        // Without its store the journal tells of what was in it.
        let text = lost(&Existing { store: None, journal, ..existing.clone() });
        assert!(text.starts_with("42 groups of changes"), "{text}");
        let store = Some(Ok(reached(90, Some(90))));
        let text = lost(&Existing { store, ..existing.clone() });
        assert!(text.contains("a history that the backup is not part of"), "{text}");
        let store = Some(Err("damaged".to_owned()));
        assert!(lost(&Existing { store, ..existing }).contains("cannot be read: damaged"));
    }
}
