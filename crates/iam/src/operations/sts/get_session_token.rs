//! [GetSessionToken](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html): temporary credentials of one's own.

use crate::operations::sts::session::{credentials, duration, refuse_mfa};
use crate::table::{StsOperation, sts_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedCaller, Anyone};
use strongroom_engine::work::SessionDraft;
use strongroom_engine::work::Work;

pub(crate) struct GetSessionToken {
    draft: SessionDraft,
    seconds: Option<i64>,
}

impl Operation for GetSessionToken {
    type Target = Anyone;
    const DEMANDS: &'static Demands = sts_demands(StsOperation::GetSessionToken);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        refuse_mfa(&values)?;
        Ok(Self {
            seconds: values.take("DurationSeconds"),
            draft: SessionDraft {
                token_size: crate::operations::sts::session::token_size(&mut values),
                ..SessionDraft::default()
            },
        })
    }

    fn target(&self) -> Result<Anyone, Refusal> {
        Ok(Anyone)
    }

    async fn run(self, caller: AdmittedCaller, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let seconds = duration(self.seconds, &caller.arn());
        let draft = SessionDraft { seconds, ..self.draft };
        let issued = work.issue_own_session(&caller, draft).await?;
        Ok(Reply::empty().with("Credentials", credentials(issued)))
    }
}
