//! [GetPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html): a managed policy.

use crate::operations::entry::{aws_policy, policy, tag_list};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, Managed, OnePolicy};
use strongroom_engine::work::PolicyUse;
use strongroom_engine::work::Work;

pub(crate) struct GetPolicy {
    arn: String,
}

impl Operation for GetPolicy {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("PolicyArn")? })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    async fn run(self, found: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let reply = match found.policy() {
            Managed::Own(own) => {
                let record = own.record();
                policy(record, found.partition())
                    .with_some("Description", record.description.clone())
                    .with("Tags", tag_list(&record.tags))
            }
            Managed::Aws(aws) => {
                let arn = found.arn().to_string();
                let attached = work.attachments_of_aws(&arn, PolicyUse::Permissions).await?;
                let boundaries = work.attachments_of_aws(&arn, PolicyUse::Boundary).await?;
                aws_policy(aws, found.partition(), (attached, boundaries))
                    .with("Description", aws.description)
            }
        };
        Ok(Reply::empty().with("Policy", reply))
    }
}
