//! [GetAccountSummary](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html): how much there is of what, and how much there may be.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;

/// Quotas under AWS's names. Source: IAM API Reference, `GetAccountSummary`.
const QUOTAS: [(&str, i64); 13] = [
    ("AccessKeysPerUserQuota", 2),
    ("AttachedPoliciesPerGroupQuota", 10),
    ("AttachedPoliciesPerRoleQuota", 10),
    ("AttachedPoliciesPerUserQuota", 10),
    ("AssumeRolePolicySizeQuota", 2048),
    ("GroupPolicySizeQuota", 5120),
    ("GroupsPerUserQuota", 10),
    ("PolicySizeQuota", 6144),
    ("RolePolicySizeQuota", 10_240),
    ("UserPolicySizeQuota", 2048),
    ("VersionsPerPolicyQuota", 5),
    ("MFADevices", 0),
    ("MFADevicesInUse", 0),
];

pub(crate) struct GetAccountSummary;

impl Operation for GetAccountSummary {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetAccountSummary);

    fn read(_: Values) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Whole)
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let counts = work.entity_counts(&account).await?;
        let quotas = QUOTAS.iter().map(|(name, most)| ((*name).to_owned(), most.to_string()));
        let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), count.to_string()));
        Ok(Reply::empty().with("SummaryMap", Out::Map(quotas.chain(counts).collect())))
    }
}
