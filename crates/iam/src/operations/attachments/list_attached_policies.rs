//! [ListAttachedUserPolicies](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html),
//! [ListAttachedGroupPolicies](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedGroupPolicies.html),
//! [ListAttachedRolePolicies](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html):
//! managed policies that are attached.

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
use strongroom_types::EntityReference;

pub(crate) struct ListAttachedPolicies<K> {
    identity: String,
    prefix: String,
    page: PageRequest,
    kind: PhantomData<K>,
}

impl<K: Kind> Operation for ListAttachedPolicies<K> {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(K::LIST_ATTACHED);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let prefix = values.take("PathPrefix").unwrap_or_else(|| "/".to_owned());
        let identity = values.need(K::MEMBER)?;
        Ok(Self { identity, prefix, page: page(&mut values)?, kind: PhantomData })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(K::KIND, self.identity.clone()))
    }

    async fn run(self, identity: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let attached = identity.record().attached.iter().filter_map(|arn| {
            let reference = EntityReference::parse(arn)?;
            let name = reference.name.to_owned();
            reference.path.starts_with(&self.prefix).then(|| (name, arn.clone()))
        });
        let attached = attached.collect();
        let found = work.page_of_identity(&identity, attached, self.page).await?;
        let entries = found.items.into_iter().map(|(name, arn): (String, String)| {
            Reply::empty().with("PolicyName", name).with("PolicyArn", arn).into()
        });
        Ok(page_reply(Reply::empty(), "AttachedPolicies", entries.collect(), found.next))
    }
}
