//! [GetPolicyVersion](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html): a version of a managed policy, with its document.

use crate::operations::entry::{document, version, version_id};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::IdentityDefect;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, Managed, OnePolicy};
use strongroom_engine::work::Work;

pub(crate) struct GetPolicyVersion {
    arn: String,
    id: String,
}

impl Operation for GetPolicyVersion {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetPolicyVersion);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("PolicyArn")?, id: values.need("VersionId")? })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    async fn run(self, policy: AdmittedPolicy, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        let missing = || {
            let arn = policy.arn().to_string();
            Refusal::Identity(IdentityDefect::NoVersion(arn, self.id.clone()))
        };
        let reply = match policy.policy() {
            Managed::Own(own) => {
                let record = own.record();
                let number = self.id.strip_prefix('v').and_then(|number| number.parse().ok());
                let found = number.and_then(|number| record.version(number)).ok_or_else(missing)?;
                version(found, found.number == record.default, true)
            }
            Managed::Aws(aws) if self.id == version_id(aws.version) => Reply::empty()
                .with("Document", document(aws.document))
                .with("VersionId", self.id.clone())
                .with("IsDefaultVersion", true)
                .with("CreateDate", aws.created()),
            Managed::Aws(_) => return Err(missing()),
        };
        Ok(Reply::empty().with("PolicyVersion", reply))
    }
}
