//! A bucket of the audit trail, and who may see what of it.

use super::Target;
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::facts::EntityFacts;
use crate::refusal::{ObjectRefusal, Refusal};
use crate::slot::Slot;
use strongroom_keys::{BucketRecord, BucketStanding};
use strongroom_policy::{EntityResource, Parts, Permit, Shown};
use strongroom_types::{AccountId, Action, EntityArn, Region};

/// S3's permission to list a bucket, which is also that to be told that an object is not there.
pub(super) const LIST: Action = Action::new("s3:ListBucket");

/// A bucket, by name.
pub struct OneBucket {
    /// Its name.
    pub name: String,
    /// What the keys begin with that shall be listed; `None` where none shall be.
    pub prefix: Option<String>,
}

/// A bucket that is there, and whose it is.
pub struct Found {
    bucket: Bucket,
    prefix: Option<String>,
}

/// A bucket that is there, as those who ask for it or for what is in it find it.
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) owner: AccountId,
    /// What its owner sees of it.
    view: View,
}

/// What of a bucket its owner sees.
#[derive(Clone, Copy)]
enum View {
    /// All of it.
    Whole,
    /// What was delivered for the account, below whatever prefix: the operator's credentials open
    /// the bucket, or did, and there may be other things in it.
    Delivered,
    /// What was delivered for the account without a prefix: everybody is its owner.
    Shared,
}

impl View {
    /// Whether keys that begin with `beginning` are the account's.
    fn shows(self, beginning: &str, account: AccountId) -> bool {
        let own = format!("AWSLogs/{account}/");
        let is_own = beginning.starts_with(&own);
        match self {
            Self::Whole => true,
            Self::Delivered => is_own || beginning.contains(&format!("/{own}")),
            Self::Shared => is_own,
        }
    }
}

/// Proof that the caller may do this to a bucket that is there.
pub struct AdmittedBucket {
    name: String,
    owner: AccountId,
    region: Region,
    prefix: Option<String>,
    permit: Permit,
}

impl AdmittedBucket {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account that it belongs to; of one that is everybody's, the caller's.
    #[must_use]
    pub fn owner(&self) -> AccountId {
        self.owner
    }

    /// Where it is.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    /// What the keys begin with that may be listed.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or_default()
    }

    /// Whether what is in it may be listed.
    pub(crate) fn is_to_be_listed(&self) -> bool {
        self.prefix.is_some()
    }

    /// Why it may be done.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
}

impl Bucket {
    /// Finds the bucket `name`.
    pub(super) async fn find(name: String, desk: &Desk<'_>) -> Result<Self, Refusal> {
        if name == desk.settings.trail_bucket() {
            return Ok(Self { name, owner: desk.call.caller.account, view: View::Shared });
        }
        if !desk.objects.has_bucket(&name) {
            return Err(Refusal::Object(ObjectRefusal::NoBucket(name)));
        }
        let found = desk.vault.read::<BucketRecord>(&Slot::bucket(&name)).await;
        let found = found.map_err(|why| desk.internal(&why))?;
        let found = found.ok_or_else(|| Refusal::Object(ObjectRefusal::NoBucket(name.clone())))?;
        let BucketRecord { account, standing } = found.record;
        let (owner, view) = match standing {
            BucketStanding::Unnamed => (account, View::Whole),
            BucketStanding::Named => (account, View::Delivered),
            BucketStanding::Shared => (desk.call.caller.account, View::Shared),
        };
        Ok(Self { name, owner, view })
    }

    /// Whether the caller's account sees keys that begin with `beginning`: all of a bucket of its
    /// own, and of one that the operator's configuration names those below its own number.
    ///
    /// # Errors
    /// [`Refusal::AccessDenied`], in which S3 says no more.
    pub(super) fn shows(
        &self,
        beginning: Option<&str>,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<(), Refusal> {
        let account = desk.call.caller.account;
        let reason = if self.owner != account {
            "the bucket belongs to another account"
        } else if beginning.is_some_and(|key| !self.view.shows(key, account)) {
            "an account sees its own objects only"
        } else {
            return Ok(());
        };
        let parts = Parts { owner: None, caller: Some(reason.to_owned()) };
        note.reason(reason.to_owned(), || parts, self.owner, desk.call);
        Err(Refusal::AccessDenied { message: "Access Denied".to_owned() })
    }

    /// What policies know of it.
    pub(super) fn resource(&self, desk: &Desk<'_>) -> EntityResource {
        let partition = desk.call.caller.partition;
        let (path, name) = (String::new(), self.name.clone());
        let arn = EntityArn { partition, account: None, kind: "bucket", path, name };
        EntityResource { arn, owner: self.owner, shown: Shown::Quoted }
    }

    /// May the caller do this to it?
    pub(super) fn permit(
        &self,
        action: Action,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let resource = self.resource(desk);
        desk.permit_entity(action, &resource, EntityFacts::bare(self.owner), None, note)
    }
}

impl Target for OneBucket {
    type Found = Found;
    type Permits = Permit;
    type Admitted = AdmittedBucket;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let bucket = Bucket::find(self.name, desk).await?;
        note.resource(bucket.resource(desk).arn.to_string());
        Ok(Found { bucket, prefix: self.prefix })
    }

    async fn authorize(found: &Found, desk: &Desk<'_>, note: &mut Note) -> Result<Permit, Refusal> {
        let Access::Entity(action) = desk.demands.access else { return Err(Refusal::Internal) };
        found.bucket.shows(found.prefix.as_deref(), desk, note)?;
        found.bucket.permit(action, desk, note)
    }

    fn admit(found: Found, permit: Permit, desk: &Desk<'_>) -> Result<AdmittedBucket, Refusal> {
        if !permit.covers_entity(&found.bucket.resource(desk).arn) {
            return Err(Refusal::Internal);
        }
        let region = desk.settings.region().ok_or(Refusal::Internal)?;
        let Found { bucket: Bucket { name, owner, .. }, prefix } = found;
        Ok(AdmittedBucket { name, owner, region, prefix, permit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_accounts_is_below_its_number() {
        let shows = |view: View, key: &str| view.shows(key, AccountId::INITIAL);
        for (key, delivered, shared) in [
            ("AWSLogs/111122223333/", true, true),
            ("AWSLogs/111122223333/CloudTrail/x", true, true),
            ("a/b/AWSLogs/111122223333/x", true, false),
            ("AWSLogs/111122223333", false, false),
            ("AWSLogs/444455556666/x", false, false),
            ("xAWSLogs/111122223333/x", false, false),
            ("a/AWSLogs/444455556666/AWSLogs/", false, false),
            ("", false, false),
        ] {
            assert_eq!(shows(View::Delivered, key), delivered, "{key}");
            assert_eq!(shows(View::Shared, key), shared, "{key}");
            assert!(shows(View::Whole, key));
        }
    }
}
