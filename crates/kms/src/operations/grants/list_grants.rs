//! [ListGrants](https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html): the grants on a key.

use super::entry::entry;
use super::party::{self, grant_id};
use crate::operations::page::page_reply;
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::pages::{Page, PageRequest, page_request};
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_keys::Party;

pub(crate) struct ListGrants {
    key: String,
    grant: Option<String>,
    grantee: Option<Party>,
    page: PageRequest,
}

impl Operation for ListGrants {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::ListGrants);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let page = page_request(values.take("Limit"), values.take("Marker"), 50, 100)?;
        Ok(Self {
            key: values.need("KeyId")?,
            grant: values.take("GrantId").map(grant_id).transpose()?,
            grantee: party::read(&mut values, "GranteePrincipal", "GranteeServicePrincipal")?,
            page,
        })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        party::for_aws_resource(key)
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let page = match &self.grant {
            Some(id) => {
                let grant = work.grant(&key, id).await?;
                let chosen = match &self.grantee {
                    Some(party) => work.is_grantee(&grant, party).await?,
                    None => true,
                };
                Page { items: if chosen { vec![grant] } else { Vec::new() }, next: None }
            }
            None => work.grants(&key, self.grantee.as_ref(), self.page).await?,
        };
        let arn = key.arn();
        let items = page.items.iter().map(|grant| entry(&arn, grant).into()).collect();
        Ok(page_reply("Grants", items, page.next))
    }
}
