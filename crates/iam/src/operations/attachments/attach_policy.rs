//! [AttachUserPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html),
//! [AttachGroupPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachGroupPolicy.html),
//! [AttachRolePolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html):
//! attaches a managed policy.

use crate::operations::kind::Kind;
use crate::operations::rules::arn_fact;
use crate::table::iam_demands;
use std::marker::PhantomData;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, Companion, OneIdentity, Whose};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct AttachPolicy<K> {
    identity: String,
    policy: String,
    kind: PhantomData<K>,
}

impl<K: Kind> Operation for AttachPolicy<K> {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(K::ATTACH);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let (identity, policy) = (values.need(K::MEMBER)?, values.need("PolicyArn")?);
        Ok(Self { identity, policy, kind: PhantomData })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        let (whose, arn) = (Whose::Named(self.identity.clone()), self.policy.clone());
        Ok(OneIdentity { kind: K::KIND, whose, with: Companion::Policy(arn) })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        arn_fact(Some(&self.policy), "iam:policyarn", key)
    }

    async fn run(self, identity: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.attach(&identity)?;
        Ok(Reply::empty())
    }
}
