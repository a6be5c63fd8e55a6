//! [GetAccountAuthorizationDetails](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html): users, groups, roles and policies with all that is
//! attached to them, page by page.

use crate::operations::entry::{document, policy, role_last_used, version, whole};
use crate::operations::page::{joined, page, split};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;
use strongroom_keys::identity::{IdentityRecord, InlinePolicy, ManagedPolicyRecord};
use strongroom_types::{EntityReference, IdentityKind};

/// The parts of the listing, in their order: name of the filter, of the answer's member, kind.
const PARTS: [(&str, &str, Option<IdentityKind>); 4] = [
    ("User", "UserDetailList", Some(IdentityKind::User)),
    ("Group", "GroupDetailList", Some(IdentityKind::Group)),
    ("Role", "RoleDetailList", Some(IdentityKind::Role)),
    ("LocalManagedPolicy", "Policies", None),
];

pub(crate) struct GetAccountAuthorizationDetails {
    filter: Vec<String>,
    page: PageRequest,
}

impl Operation for GetAccountAuthorizationDetails {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetAccountAuthorizationDetails);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let filter = values.take("Filter").unwrap_or_default();
        Ok(Self { filter, page: page(&mut values)? })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Whole)
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (start, mut marker) = split(self.page.marker.clone())?;
        let (mut reply, mut next, mut room) = (Reply::empty(), None, self.page.limit);
        for (at, (filter, member, kind)) in PARTS.into_iter().enumerate() {
            let wanted = self.filter.is_empty() || self.filter.iter().any(|name| name == filter);
            let mut entries = Vec::new();
            if wanted && at >= start && next.is_none() {
                let page = PageRequest { limit: room, marker: marker.take() };
                if room == 0 {
                    next = Some(joined(at, None));
                } else {
                    let (found, more) = part(work, &account, kind, page).await?;
                    room = room.saturating_sub(found.len());
                    entries = found;
                    next = more.map(|more| joined(at, Some(more)));
                }
            }
            reply = reply.with(member, Out::List(entries));
        }
        Ok(reply.with("IsTruncated", next.is_some()).with_some("Marker", next))
    }
}

/// A page of one part.
async fn part(
    work: &Work<'_>,
    account: &AdmittedIam,
    kind: Option<IdentityKind>,
    page: PageRequest,
) -> Result<(Vec<Out>, Option<String>), Refusal> {
    let partition = account.partition();
    Ok(match kind {
        Some(kind) => {
            let found = work.identities(account, kind, "/", page).await?;
            let mut entries = Vec::with_capacity(found.items.len());
            for record in &found.items {
                let shown = identity(record, work.groups_of(record).await?, partition);
                entries.push(match kind {
                    IdentityKind::Role => {
                        let used = role_last_used(work.role_use(record).await?);
                        shown.with("RoleLastUsed", used).into()
                    }
                    IdentityKind::User | IdentityKind::Group => shown.into(),
                });
            }
            (entries, found.next)
        }
        None => {
            let found = work.managed_policies(account, "", page, |_| true).await?;
            let entries = found.items.iter().map(|record| managed(record, partition).into());
            (entries.collect(), found.next)
        }
    })
}

/// `groups` are those that a user is in.
fn identity(
    record: &IdentityRecord,
    groups: Vec<IdentityRecord>,
    partition: &'static str,
) -> Reply {
    let attached = record.attached.iter().filter_map(|arn| {
        let name = EntityReference::parse(arn)?.name.to_owned();
        Some(Reply::empty().with("PolicyName", name).with("PolicyArn", arn.clone()).into())
    });
    let embedded = |policy: &InlinePolicy| {
        Reply::empty()
            .with("PolicyName", policy.name.clone())
            .with("PolicyDocument", document(&policy.document))
            .into()
    };
    let embedded: Out = record.inline.iter().map(embedded).collect();
    let reply = whole(record, partition).with("AttachedManagedPolicies", attached.collect::<Out>());
    match record.kind {
        IdentityKind::User => {
            let groups: Out = groups.into_iter().map(|group| group.name.into()).collect();
            reply.with("UserPolicyList", embedded).with("GroupList", groups)
        }
        IdentityKind::Group => reply.with("GroupPolicyList", embedded),
        IdentityKind::Role => reply
            .with("RolePolicyList", embedded)
            .with("InstanceProfileList", Out::List(Vec::new())),
    }
}

fn managed(record: &ManagedPolicyRecord, partition: &'static str) -> Reply {
    let versions = record.versions.iter().rev();
    let versions = versions.map(|v| version(v, v.number == record.default, true).into());
    policy(record, partition)
        .with_some("Description", record.description.clone())
        .with("PolicyVersionList", versions.collect::<Out>())
}
