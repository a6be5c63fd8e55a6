//! [ListPolicies](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html): managed policies of the account and of AWS, page by page.

use crate::operations::entry::{aws_policy, policy};
use crate::operations::page::{joined, page, page_reply, split};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::PolicyUse;
use strongroom_engine::work::Work;
use strongroom_keys::identity::ManagedPolicyRecord;

pub(crate) struct ListPolicies {
    own: bool,
    aws: bool,
    attached: bool,
    usage: Option<String>,
    prefix: String,
    page: PageRequest,
}

impl Operation for ListPolicies {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListPolicies);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let scope = values.take::<String>("Scope");
        Ok(Self {
            own: scope.as_deref() != Some("AWS"),
            aws: scope.as_deref() != Some("Local"),
            attached: values.take("OnlyAttached").unwrap_or(false),
            usage: values.take("PolicyUsageFilter"),
            prefix: values.take("PathPrefix").unwrap_or_else(|| "/".to_owned()),
            page: page(&mut values)?,
        })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Below { kind: "policy", path: self.prefix.clone() })
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (start, mut marker) = split(self.page.marker.clone())?;
        let (limit, mut entries) = (self.page.limit, Vec::new());
        if self.own && start == 0 {
            let page = PageRequest { limit, marker: marker.take() };
            let chosen = |record: &ManagedPolicyRecord| self.chooses(record);
            let found = work.managed_policies(&account, &self.choice(), page, chosen).await?;
            let own = found.items.iter().map(|record| policy(record, account.partition()).into());
            entries.extend(own);
            if found.next.is_some() {
                return Ok(self.reply(entries, Some(joined(0, found.next))));
            }
        }
        if !self.aws {
            return Ok(self.reply(entries, None));
        }
        let aws = self.of_aws(account.partition(), work).await?;
        let limit = limit.saturating_sub(entries.len());
        if limit == 0 {
            let next = (!aws.is_empty()).then(|| joined(1, None));
            return Ok(self.reply(entries, next));
        }
        let page = PageRequest { limit, marker };
        let found = work.page_of(&self.choice(), aws, page).await?;
        entries.extend(found.items);
        let next = found.next.map(|next| joined(1, Some(next)));
        Ok(self.reply(entries, next))
    }
}

impl ListPolicies {
    fn reply(&self, entries: Vec<Out>, next: Option<String>) -> Reply {
        page_reply(Reply::empty(), "Policies", entries, next)
    }

    /// What a marker is good for.
    fn choice(&self) -> String {
        let usage = self.usage.as_deref().unwrap_or_default();
        format!("{} {} {usage}", self.prefix, self.attached)
    }

    fn chooses(&self, record: &ManagedPolicyRecord) -> bool {
        let counts = (u64::from(record.attachments), u64::from(record.boundaries));
        record.path.starts_with(&self.prefix) && self.is_used(counts)
    }

    fn is_used(&self, (attached, boundaries): (u64, u64)) -> bool {
        let used = match self.usage.as_deref() {
            Some("PermissionsPolicy") => attached,
            Some("PermissionsBoundary") => boundaries,
            _ => attached + boundaries,
        };
        used > 0 || (!self.attached && self.usage.is_none())
    }

    async fn of_aws(&self, partition: &'static str, work: &Work<'_>) -> Result<Vec<Out>, Refusal> {
        let mut entries = Vec::new();
        for policy in work.aws_managed_policies() {
            let arn = policy.arn(partition).to_string();
            let attached = work.attachments_of_aws(&arn, PolicyUse::Permissions).await?;
            let boundaries = work.attachments_of_aws(&arn, PolicyUse::Boundary).await?;
            let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX / 2);
            let used = self.is_used((count(attached), count(boundaries)));
            if policy.path.starts_with(&self.prefix) && used {
                entries.push(aws_policy(policy, partition, (attached, boundaries)).into());
            }
        }
        Ok(entries)
    }
}
