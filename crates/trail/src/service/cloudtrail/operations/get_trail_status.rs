//! [GetTrailStatus](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html): whether a trail delivers, and when it last did.

use crate::service::cloudtrail::operations::rules::reference;
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedTrail, OneTrail};
use strongroom_engine::work::Work;
use strongroom_types::{Timestamp, TrailReference};

pub(crate) struct GetTrailStatus {
    trail: TrailReference,
}

impl Operation for GetTrailStatus {
    type Target = OneTrail;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::GetTrailStatus);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { trail: reference(&mut values, "Name")? })
    }

    fn target(&self) -> Result<OneTrail, Refusal> {
        Ok(OneTrail(self.trail.clone()))
    }

    async fn run(self, trail: AdmittedTrail, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let delivery = work.delivery(&trail).await?;
        let record = trail.record();
        let time = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        let (delivered, digested) = (time(delivery.delivered), time(delivery.digested));
        // Why it failed is the operator's to know.
        let failed = delivery.failure.map(|_| "InternalError");
        Ok(Reply::empty()
            .with("IsLogging", record.is_logging)
            .with_some("LatestDeliveryError", failed)
            .with_some("LatestDeliveryTime", delivered)
            .with_some("StartLoggingTime", record.started)
            .with_some("StopLoggingTime", record.stopped)
            .with_some("LatestDigestDeliveryTime", digested)
            .with("LatestDeliveryAttemptTime", text(delivered))
            .with("LatestNotificationAttemptTime", "")
            .with("LatestNotificationAttemptSucceeded", "")
            .with("LatestDeliveryAttemptSucceeded", text(delivered))
            .with("TimeLoggingStarted", text(record.started))
            .with("TimeLoggingStopped", text(record.stopped)))
    }
}

/// The time as text, which older clients read; empty for none.
fn text(time: Option<Timestamp>) -> String {
    time.map(|time| time.civil().to_string()).unwrap_or_default()
}
