//! [ListEntitiesForPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html): those that a managed policy is attached to, or is the boundary of.

use crate::operations::page::{joined, page, page_reply, split};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, OnePolicy};
use strongroom_engine::work::PolicyUse;
use strongroom_engine::work::Work;
use strongroom_keys::identity::IdentityRecord;
use strongroom_types::IdentityKind;

pub(crate) struct ListEntitiesForPolicy {
    arn: String,
    kind: Option<IdentityKind>,
    /// Whether any kind of entity that a policy is attached to is asked for.
    any: bool,
    prefix: String,
    uses: Vec<PolicyUse>,
    page: PageRequest,
}

impl Operation for ListEntitiesForPolicy {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListEntitiesForPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let filter = values.take::<String>("EntityFilter");
        let kind = filter.as_deref().and_then(|kind| kind.to_ascii_lowercase().parse().ok());
        let uses = match values.take::<String>("PolicyUsageFilter").as_deref() {
            Some("PermissionsPolicy") => vec![PolicyUse::Permissions],
            Some("PermissionsBoundary") => vec![PolicyUse::Boundary],
            _ => vec![PolicyUse::Permissions, PolicyUse::Boundary],
        };
        Ok(Self {
            arn: values.need("PolicyArn")?,
            any: filter.is_none() || kind.is_some(),
            kind,
            prefix: values.take("PathPrefix").unwrap_or_else(|| "/".to_owned()),
            uses,
            page: page(&mut values)?,
        })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    async fn run(self, policy: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (mut found, mut next) = (Vec::new(), None);
        let (start, mut marker) = split(self.page.marker)?;
        let uses = self.uses.into_iter().enumerate().skip(start).filter(|_| self.any);
        for (at, use_) in uses {
            let limit = self.page.limit.saturating_sub(found.len());
            if limit == 0 {
                next = Some(joined(at, None));
                break;
            }
            let page = PageRequest { limit, marker: marker.take() };
            let part = work.entities_of(&policy, use_, (self.kind, &self.prefix), page).await?;
            found.extend(part.items);
            if part.next.is_some() {
                next = Some(joined(at, part.next));
                break;
            }
        }
        let reply = Reply::empty()
            .with("PolicyGroups", of_kind(&found, IdentityKind::Group, "GroupName", "GroupId"))
            .with("PolicyUsers", of_kind(&found, IdentityKind::User, "UserName", "UserId"));
        let Out::List(roles) = of_kind(&found, IdentityKind::Role, "RoleName", "RoleId") else {
            return Err(Refusal::Internal);
        };
        Ok(page_reply(reply, "PolicyRoles", roles, next))
    }
}

fn of_kind(
    found: &[IdentityRecord],
    kind: IdentityKind,
    name: &'static str,
    id: &'static str,
) -> Out {
    let entry = |record: &IdentityRecord| {
        Reply::empty().with(name, record.name.clone()).with(id, record.id.clone()).into()
    };
    found.iter().filter(|record| record.kind == kind).map(entry).collect()
}
