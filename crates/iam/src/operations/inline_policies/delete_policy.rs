//! [DeleteUserPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html),
//! [DeleteGroupPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroupPolicy.html),
//! [DeleteRolePolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html):
//! ends an embedded policy.

use crate::operations::kind::Kind;
use crate::table::iam_demands;
use std::marker::PhantomData;
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;

pub(crate) struct DeletePolicy<K> {
    identity: String,
    policy: String,
    kind: PhantomData<K>,
}

impl<K: Kind> Operation for DeletePolicy<K> {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(K::DELETE_POLICY);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let (identity, policy) = (values.need(K::MEMBER)?, values.need("PolicyName")?);
        Ok(Self { identity, policy, kind: PhantomData })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(K::KIND, self.identity.clone()))
    }

    async fn run(self, identity: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_inline_policy(&identity, &self.policy)?;
        Ok(Reply::empty())
    }
}
