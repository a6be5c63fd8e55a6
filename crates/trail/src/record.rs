//! A record of CloudTrail as it is read back.
//!
//! Source: AWS CloudTrail User Guide, "CloudTrail record contents" and "CloudTrail userIdentity
//! element"; AWS CloudTrail API Reference, Event.

use crate::digest::parse_time;
use serde::Deserialize;
use std::borrow::Cow;
use strongroom_types::Timestamp;

/// The members by which records are found and told of. Others are passed over.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record<'r> {
    /// When, `YYYY-MM-DDTHH:MM:SSZ`.
    #[serde(borrow)]
    pub event_time: Cow<'r, str>,
    /// The service, `kms.amazonaws.com`.
    #[serde(borrow)]
    pub event_source: Cow<'r, str>,
    /// The operation.
    #[serde(borrow)]
    pub event_name: Cow<'r, str>,
    /// The Region.
    #[serde(borrow)]
    pub aws_region: Cow<'r, str>,
    /// Its own identifier.
    #[serde(borrow, rename = "eventID")]
    pub event_id: Cow<'r, str>,
    /// The request's.
    #[serde(rename = "requestID")]
    pub request_id: Option<String>,
    /// What the events of several accounts that tell of the same have in common.
    #[serde(rename = "sharedEventID")]
    pub shared_event_id: Option<String>,
    /// Whether it only reads.
    pub read_only: Option<bool>,
    /// From where.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: Option<String>,
    /// Why it failed, if it did.
    pub error_code: Option<String>,
    /// The account whose trail it is in.
    pub recipient_account_id: Option<String>,
    /// Who.
    pub user_identity: Option<UserIdentity>,
    /// On what.
    #[serde(default)]
    pub resources: Option<Vec<Resource>>,
}

/// Who asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserIdentity {
    /// `IAMUser`, `AssumedRole`, …
    pub r#type: Option<String>,
    /// The unique id; of a session with its name behind a colon.
    pub principal_id: Option<String>,
    /// ARN.
    pub arn: Option<String>,
    /// Access key.
    pub access_key_id: Option<String>,
    /// Name of a user.
    pub user_name: Option<String>,
    /// The service that asked.
    pub invoked_by: Option<String>,
}

/// What it was about.
#[derive(Debug, Clone, Deserialize)]
pub struct Resource {
    /// ARN; older records write the member otherwise.
    #[serde(rename = "ARN", alias = "arn")]
    pub arn: Option<String>,
    /// `AWS::KMS::Key`.
    pub r#type: Option<String>,
}

impl<'r> Record<'r> {
    /// Reads a record.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(json: &'r str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|why| format!("it is no record: {why}"))
    }

    /// When it was.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        parse_time(&self.event_time)
    }

    /// The name that events are looked up by: of a user its name, of a session the session's, of a
    /// root user `root`.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        let who = self.user_identity.as_ref()?;
        match who.r#type.as_deref()? {
            "Root" => Some("root"),
            "AssumedRole" | "FederatedUser" => {
                who.principal_id.as_deref()?.split_once(':').map(|(_, name)| name)
            }
            _ => who.user_name.as_deref(),
        }
    }

    /// ARN of who asked, or what else there is.
    #[must_use]
    pub fn principal(&self) -> &str {
        let Some(who) = &self.user_identity else { return "-" };
        let told = [&who.arn, &who.invoked_by, &who.user_name, &who.principal_id];
        told.into_iter().flatten().next().map_or("-", String::as_str)
    }

    /// Whether `id` is that of the request, of the event, or of all events that tell of the same.
    #[must_use]
    pub fn has_id(&self, id: &str) -> bool {
        let told = [&self.request_id, &self.shared_event_id];
        *self.event_id == *id || told.into_iter().flatten().any(|own| own == id)
    }

    /// Its resources.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole",
        "principalId":"AROAEXAMPLE:deploy","arn":"arn:aws:sts::111122223333:assumed-role/R/deploy",
        "accountId":"111122223333","accessKeyId":"ASIAEXAMPLE"},"eventTime":"2026-11-22T06:37:05Z",
        "eventSource":"kms.amazonaws.com","eventName":"Decrypt","awsRegion":"eu-west-2",
        "sourceIPAddress":"192.0.2.1","requestID":"r","eventID":"e","readOnly":true,
        "resources":[{"accountId":"111122223333","type":"AWS::KMS::Key","ARN":"arn:k"}],
        "requestParameters":{"keyId":"arn:k"},"recipientAccountId":"111122223333"}"#;

    #[test]
    fn what_a_record_tells_is_read() {
        let record = Record::parse(SESSION).unwrap();
        assert_eq!(record.time().unwrap().seconds(), 1_795_329_425);
        assert_eq!(record.username(), Some("deploy"));
        assert_eq!(record.principal(), "arn:aws:sts::111122223333:assumed-role/R/deploy");
        assert_eq!(record.resources().next().unwrap().arn.as_deref(), Some("arn:k"));
    }

    #[test]
    fn records_of_the_service_and_of_root_are_read() {
        let root = SESSION.replace("AssumedRole", "Root").replace("AROAEXAMPLE:deploy", "1");
        assert_eq!(Record::parse(&root).unwrap().username(), Some("root"));
        let bare = r#"{"eventTime":"t","eventSource":"s","eventName":"n","awsRegion":"r",
            "eventID":"e","resources":null,"userIdentity":{"invokedBy":"AWS Internal"}}"#;
        let record = Record::parse(bare).unwrap();
        assert_eq!(
            (record.username(), record.principal(), record.time()),
            (None, "AWS Internal", None)
        );
        assert!(Record::parse("{}").is_err());
        assert!(Record::parse(&format!("{{\"a\":{}", "[".repeat(1 << 20))).is_err());
    }
}
