//! What could not be delivered to an account's own trail when it was its turn: it is taken from the
//! log files of the server's own.

use super::{ShipError, Shipped, Shipper, place};
use crate::digest::parse_time;
use crate::event::is_global;
use crate::selection::{Traits, takes};
use crate::{gzip, log_file};
use serde::Deserialize;
use strongroom_engine::shipping::{Delivery, DeliveryPlace};
use strongroom_keys::{DeliveryRecord, TrailRecord};
use strongroom_types::{AccountId, Region};

/// Files delivered late in one run, of each trail.
const MOST: usize = 100;

/// What of a record its selection depends on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selected {
    event_time: String,
    event_source: String,
    read_only: bool,
    management_event: bool,
}

impl Shipper {
    /// Delivers what trails are owed.
    pub(super) async fn pay_debts(&mut self, shipped: &mut Shipped) -> Result<(), ShipError> {
        if !self.owes {
            return Ok(());
        }
        let mut debtors: Vec<(AccountId, Region, Region, String)> = Vec::new();
        let note = |place: DeliveryPlace<'_>, record: DeliveryRecord| {
            if !record.owed.is_empty() {
                debtors.push((place.account, place.region, place.home, place.trail.to_owned()));
            }
        };
        self.engine.deliveries(note).await?;
        self.owes = !debtors.is_empty();
        for (account, region, home, name) in debtors {
            let trails = self.engine.trails(account).await?;
            let trail = trails.into_iter().find(|trail| trail.name == name && trail.region == home);
            let place = DeliveryPlace { account, region, home, trail: &name };
            let delivery = self.engine.delivery(&place).await?;
            match trail {
                Some(trail) => self.pay(&trail, region, delivery, shipped).await?,
                // Nobody waits for it any more.
                None => {
                    let gone = Delivery { record: None, version: delivery.version };
                    self.engine.put_deliveries(&[(place, gone)]).await?;
                }
            }
        }
        Ok(())
    }

    async fn pay(
        &mut self,
        trail: &TrailRecord,
        region: Region,
        mut delivery: Delivery,
        shipped: &mut Shipped,
    ) -> Result<(), ShipError> {
        let Some(record) = &mut delivery.record else { return Ok(()) };
        let mut paid = 0;
        for (own, key) in record.owed.iter().take(MOST) {
            match self.late_file(trail, region, (own, key)).await {
                Ok(file) => record.files.extend(file),
                Err(why) => {
                    let text = format!("trail {} of {}: {why}", trail.name, trail.account);
                    shipped.failures.push(text);
                    break;
                }
            }
            paid += 1;
        }
        if paid == 0 {
            return Ok(());
        }
        record.owed.drain(..paid);
        (record.delivered, record.failure) = (Some(self.engine.now().millis()), None);
        Ok(self.engine.put_deliveries(&[(place(trail, region), delivery)]).await?)
    }

    /// Delivers the events of the server's own log file `own` that `trail` takes, under the key that
    /// they should have had at once.
    async fn late_file(
        &mut self,
        trail: &TrailRecord,
        region: Region,
        (own, key): (&str, &str),
    ) -> Result<Option<strongroom_keys::DeliveredFile>, ShipError> {
        let object = self.objects.get(&self.settings.bucket, own).await?;
        let object = object.ok_or_else(|| damaged(format!("{own} is not there")))?;
        let text = gzip::decompress(&object.body, gzip::MAX_CONTENT).map_err(damaged)?;
        let mut taken = Vec::new();
        let mut times = Vec::new();
        for record in log_file::records(&text).map_err(damaged)? {
            let parsed: Selected = serde_json::from_str(record.get()).map_err(damaged)?;
            let time = parse_time(&parsed.event_time).ok_or_else(|| damaged("a time"))?;
            let event = Traits {
                region,
                time,
                source: &parsed.event_source,
                is_read_only: parsed.read_only,
                is_management: parsed.management_event,
                is_global: is_global(&parsed.event_source),
            };
            if takes(trail, event) {
                taken.push(record.get());
                times.push(time);
            }
        }
        let (Some(oldest), Some(newest)) = (times.iter().min(), times.iter().max()) else {
            return Ok(None);
        };
        let body = log_file::content(taken.iter().copied());
        let span = (oldest.millis(), newest.millis());
        self.put_file(trail, key, &body, span).await.map(Some)
    }
}

fn damaged(why: impl std::fmt::Display) -> ShipError {
    let text = format!("a log file of the server's own trail is damaged: {why}");
    ShipError::Archive(strongroom_engine::ports::archive::ArchiveError(text))
}
