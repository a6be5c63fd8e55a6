//! What the store holds of the audit trail.

use super::{Inspection, Sound, parsed, same_place, unknown};
use crate::audit::AuditRecord;
use crate::ports::Entry;
use crate::slot::{Slot, SlotRange};
use strongroom_keys::{
    BucketRecord, DeliveryRecord, DomainName, ShippingRecord, TrailKeyRecord, TrailRecord,
};

const GLOBAL: DomainName = DomainName::global();

impl Inspection<'_, '_> {
    pub(super) async fn of_trail(&mut self, entry: &Entry, kind: &str, rest: &str) -> Sound {
        match kind {
            "u" => {
                let sequence: u64 = parsed(rest)?;
                same_place(entry, Slot::audit(sequence).bytes())?;
                self.checked.changes += 1;
                let _: AuditRecord = self.open(entry, GLOBAL).await?;
                let other = || "it has the version of another change".to_owned();
                (entry.found.version == sequence).then_some(()).ok_or_else(other)
            }
            "ct" => {
                let record: TrailRecord = self.open(entry, GLOBAL).await?;
                let TrailRecord { account, region, name, .. } = &record;
                same_place(entry, Slot::trail(*account, *region, name).bytes())?;
                self.expect(entry, &Slot::trail_count(*account), "their count").await
            }
            "ctc" => {
                let account = parsed(rest)?;
                let counted: u32 = self.open(entry, GLOBAL).await?;
                let there = self.number_in(&SlotRange::trails(account)).await?;
                let differ = || format!("it counts {counted} trails, and there are {there}");
                (u64::from(counted) == there).then_some(()).ok_or_else(differ)
            }
            "cb" => self.open::<BucketRecord>(entry, GLOBAL).await.map(drop),
            "td" => self.open::<DeliveryRecord>(entry, GLOBAL).await.map(drop),
            "tk" => {
                let (region, number) = rest.split_once('/').ok_or_else(unknown)?;
                let record: TrailKeyRecord = self.open(entry, GLOBAL).await?;
                let region: strongroom_types::Region = parsed(region)?;
                same_place(entry, Slot::trail_key(region, parsed(number)?).bytes())?;
                let other = || "it is another Region's".to_owned();
                (record.region == region).then_some(()).ok_or_else(other)
            }
            _ if rest.is_empty() => self.pending(entry).await,
            _ => Err(unknown()),
        }
    }

    /// How far delivery has come. The audit records of changes that a round takes are there until
    /// it has ended.
    async fn pending(&mut self, entry: &Entry) -> Sound {
        let record: ShippingRecord = self.open(entry, GLOBAL).await?;
        for sequence in record.pending.into_iter().flat_map(|pending| pending.changes) {
            self.expect(entry, &Slot::audit(sequence), "an audit record to deliver").await?;
        }
        Ok(())
    }
}
