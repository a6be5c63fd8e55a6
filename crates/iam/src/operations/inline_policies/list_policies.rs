//! [ListUserPolicies](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html),
//! [ListGroupPolicies](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupPolicies.html),
//! [ListRolePolicies](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html):
//! names of embedded policies.

use crate::operations::kind::Kind;
use crate::operations::page::{page, page_reply};
use crate::table::iam_demands;
use std::marker::PhantomData;
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;

pub(crate) struct ListPolicies<K> {
    identity: String,
    page: PageRequest,
    kind: PhantomData<K>,
}

impl<K: Kind> Operation for ListPolicies<K> {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(K::LIST_POLICIES);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let identity = values.need(K::MEMBER)?;
        Ok(Self { identity, page: page(&mut values)?, kind: PhantomData })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(K::KIND, self.identity.clone()))
    }

    async fn run(self, identity: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let names = identity.record().inline.iter().map(|policy| policy.name.clone()).collect();
        let found = work.page_of_identity(&identity, names, self.page).await?;
        let entries = found.items.into_iter().map(|name: String| name.into()).collect();
        Ok(page_reply(Reply::empty(), "PolicyNames", entries, found.next))
    }
}
