//! [GetUserPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html),
//! [GetGroupPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroupPolicy.html),
//! [GetRolePolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html):
//! an embedded policy.

use crate::operations::entry::document;
use crate::operations::kind::Kind;
use crate::table::iam_demands;
use std::marker::PhantomData;
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::IdentityDefect;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;

pub(crate) struct GetPolicy<K> {
    identity: String,
    policy: String,
    kind: PhantomData<K>,
}

impl<K: Kind> Operation for GetPolicy<K> {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(K::GET_POLICY);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let (identity, policy) = (values.need(K::MEMBER)?, values.need("PolicyName")?);
        Ok(Self { identity, policy, kind: PhantomData })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(K::KIND, self.identity.clone()))
    }

    async fn run(self, identity: AdmittedIdentity, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        let record = identity.record();
        let found = record.inline.iter().find(|policy| policy.name == self.policy);
        let missing =
            || Refusal::Identity(IdentityDefect::NoInlinePolicy(K::KIND, self.policy.clone()));
        let policy = found.ok_or_else(missing)?;
        Ok(Reply::empty()
            .with(K::MEMBER, record.name.clone())
            .with("PolicyName", policy.name.clone())
            .with("PolicyDocument", document(&policy.document)))
    }
}
