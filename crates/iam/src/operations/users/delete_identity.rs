//! [DeleteUser](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html),
//! [DeleteGroup](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html),
//! [DeleteRole](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html):
//! ends a user, group or role that has nothing any more.

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

pub(crate) struct DeleteIdentity<K> {
    identity: String,
    kind: PhantomData<K>,
}

impl<K: Kind> Operation for DeleteIdentity<K> {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(K::DELETE);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { identity: values.need(K::MEMBER)?, kind: PhantomData })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(K::KIND, self.identity.clone()))
    }

    async fn run(self, identity: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_identity(&identity).await?;
        Ok(Reply::empty())
    }
}
