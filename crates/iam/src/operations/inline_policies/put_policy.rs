//! [PutUserPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html),
//! [PutGroupPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutGroupPolicy.html),
//! [PutRolePolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html):
//! embeds a policy, or gives the one of its name another document.

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
use strongroom_keys::identity::InlinePolicy;

pub(crate) struct PutPolicy<K> {
    identity: String,
    policy: InlinePolicy,
    kind: PhantomData<K>,
}

impl<K: Kind> Operation for PutPolicy<K> {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(K::PUT_POLICY);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let identity = values.need(K::MEMBER)?;
        let (name, document) = (values.need("PolicyName")?, values.need("PolicyDocument")?);
        Ok(Self { identity, policy: InlinePolicy { name, document }, kind: PhantomData })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(K::KIND, self.identity.clone()))
    }

    async fn run(self, identity: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.put_inline_policy(&identity, self.policy)?;
        Ok(Reply::empty())
    }
}
