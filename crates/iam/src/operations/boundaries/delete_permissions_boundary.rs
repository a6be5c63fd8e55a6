//! [DeleteUserPermissionsBoundary](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html),
//! [DeleteRolePermissionsBoundary](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html):
//! takes a permissions boundary away.

use crate::operations::kind::Bounded;
use crate::table::iam_demands;
use std::marker::PhantomData;
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;

pub(crate) struct DeletePermissionsBoundary<K> {
    identity: String,
    kind: PhantomData<K>,
}

impl<K: Bounded> Operation for DeletePermissionsBoundary<K> {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(K::DELETE_BOUNDARY);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { identity: values.need(K::MEMBER)?, kind: PhantomData })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(K::KIND, self.identity.clone()))
    }

    async fn run(self, identity: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_boundary(&identity).await?;
        Ok(Reply::empty())
    }
}
