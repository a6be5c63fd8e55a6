//! [CreateOpenIDConnectProvider](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html): lets the account believe an identity provider.

use crate::operations::entry::tag_list;
use crate::operations::providers::rules::{thumbprints, url};
use crate::operations::rules::{request_tag, tagging, tags};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_keys::identity::ProviderRecord;
use strongroom_types::Tag;

pub(crate) struct CreateOpenIDConnectProvider {
    url: String,
    clients: Vec<String>,
    thumbprints: Vec<String>,
    tags: Vec<Tag>,
}

impl Operation for CreateOpenIDConnectProvider {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::CreateOpenIDConnectProvider);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            url: url(values.need("Url")?)?,
            clients: values.take("ClientIDList").unwrap_or_default(),
            thumbprints: thumbprints(&mut values)?,
            tags: tags(&mut values)?,
        })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        let also = tagging(&self.tags, "iam:TagOpenIDConnectProvider");
        Ok(InAccount::New {
            kind: "oidc-provider",
            path: "/".to_owned(),
            name: self.url.clone(),
            also,
        })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.tags, key)
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let Self { url, clients, thumbprints, tags } = self;
        let created = work.now();
        let record =
            ProviderRecord { account: account.account(), url, created, clients, thumbprints, tags };
        let record = work.create_provider(&account, record).await?;
        Ok(Reply::empty()
            .with("OpenIDConnectProviderArn", record.arn(account.partition()))
            .with("Tags", tag_list(&record.tags)))
    }
}
