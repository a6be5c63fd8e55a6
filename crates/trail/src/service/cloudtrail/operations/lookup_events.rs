//! [LookupEvents](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html): the events of the account in the Region, newest first.

use crate::service::cloudtrail::operations::event::event;
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::{Page, PageRequest};
use strongroom_engine::ports::archive::EventAttribute;
use strongroom_engine::refusal::{Refusal, TrailRefusal};
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::{EventSearch, Work};

/// The most events of a page, and how many there are unless the request says so.
const MAX_RESULTS: i64 = 50;

pub(crate) struct LookupEvents {
    search: EventSearch,
    insights: bool,
    page: PageRequest,
}

impl Operation for LookupEvents {
    type Target = Account;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::LookupEvents);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let attributes = values.take("LookupAttributes").unwrap_or_default();
        let search = EventSearch {
            attribute: attribute(attributes)?,
            from: values.take("StartTime"),
            to: values.take("EndTime"),
        };
        let insights = values.has("EventCategory");
        let limit = values.take::<i64>("MaxResults").unwrap_or(MAX_RESULTS);
        let limit = usize::try_from(limit).map_err(|_| Refusal::Internal)?;
        Ok(Self { search, insights, page: PageRequest { limit, marker: values.take("NextToken") } })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let mut found =
            work.look_up_events(&account, self.search, self.page).await.map_err(token)?;
        // Nothing here tells what is unusual: there are no insights.
        if self.insights {
            found = Page { items: Vec::new(), next: None };
        }
        let events: Option<Vec<Reply>> = found.items.into_iter().map(event).collect();
        let events: Out = events.ok_or(Refusal::Internal)?.into_iter().map(Out::from).collect();
        Ok(Reply::empty().with("Events", events).with_some("NextToken", found.next))
    }
}

/// What is looked up by: one attribute, or none.
fn attribute(given: Vec<Values>) -> Result<Option<(EventAttribute, String)>, Refusal> {
    let mut given = given.into_iter();
    let Some(mut only) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(Refusal::Trail(TrailRefusal::Attributes));
    }
    let key: String = only.need("AttributeKey")?;
    let key = match key.as_str() {
        "EventId" => EventAttribute::EventId,
        "EventName" => EventAttribute::EventName,
        "ReadOnly" => EventAttribute::ReadOnly,
        "Username" => EventAttribute::Username,
        "ResourceType" => EventAttribute::ResourceType,
        "ResourceName" => EventAttribute::ResourceName,
        "EventSource" => EventAttribute::EventSource,
        "AccessKeyId" => EventAttribute::AccessKeyId,
        _ => return Err(Refusal::Internal),
    };
    Ok(Some((key, only.need("AttributeValue")?)))
}

/// How LookupEvents refuses a token that it did not give for this.
fn token(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::InvalidMarker => Refusal::Trail(TrailRefusal::NextToken),
        other => other,
    }
}
