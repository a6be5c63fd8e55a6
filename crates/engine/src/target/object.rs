//! An object in a bucket of the audit trail.

use super::Target;
use super::bucket::{Bucket, LIST};
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::facts::EntityFacts;
use crate::ports::archive::Object;
use crate::refusal::{ObjectRefusal, Refusal};
use crate::vault::VaultError;
use strongroom_policy::{EntityResource, Permit, Shown};
use strongroom_types::EntityArn;

/// An object, by bucket and key.
pub struct OneObject {
    /// The bucket's name.
    pub bucket: String,
    /// The key.
    pub key: String,
}

/// What a request means.
pub struct Found {
    bucket: Bucket,
    key: String,
}

/// A permit, and what was read by it.
pub struct Read {
    permit: Permit,
    object: Object,
}

/// Proof that the caller may have this object, and the object.
pub struct AdmittedObject {
    key: String,
    object: Object,
    permit: Permit,
}

impl AdmittedObject {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// It.
    #[must_use]
    pub fn into_object(self) -> Object {
        self.object
    }

    /// Why it may be had.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
}

impl Found {
    fn resource(&self, desk: &Desk<'_>) -> EntityResource {
        let (partition, bucket) = (desk.call.caller.partition, &self.bucket);
        let (path, name) = (format!("{}/", bucket.name), self.key.clone());
        let arn = EntityArn { partition, account: None, kind: "object", path, name };
        EntityResource { arn, owner: bucket.owner, shown: Shown::Quoted }
    }
}

impl Target for OneObject {
    type Found = Found;
    type Permits = Read;
    type Admitted = AdmittedObject;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let found = Found { bucket: Bucket::find(self.bucket, desk).await?, key: self.key };
        note.resource(found.resource(desk).arn.to_string());
        note.resource(found.bucket.resource(desk).arn.to_string());
        Ok(found)
    }

    /// Nothing is read for those who may not. That an object is not there is told to those who may
    /// list the bucket; others are refused that.
    ///
    /// Source: Amazon S3 API Reference, "GetObject", Permissions.
    async fn authorize(found: &Found, desk: &Desk<'_>, note: &mut Note) -> Result<Read, Refusal> {
        let Access::Entity(action) = desk.demands.access else { return Err(Refusal::Internal) };
        found.bucket.shows(Some(&found.key), desk, note)?;
        let facts = EntityFacts::bare(found.bucket.owner);
        let permit = desk.permit_entity(action, &found.resource(desk), facts, None, note)?;
        let read = desk.objects.get(&found.bucket.name, &found.key).await;
        match read.map_err(|why| desk.internal(&VaultError(why.to_string())))? {
            Some(object) => Ok(Read { permit, object }),
            None => {
                let listed = found.bucket.permit(LIST, desk, note)?;
                if !listed.covers_entity(&found.bucket.resource(desk).arn) {
                    return Err(Refusal::Internal);
                }
                Err(Refusal::Object(ObjectRefusal::NoKey(found.key.clone())))
            }
        }
    }

    fn admit(found: Found, read: Read, desk: &Desk<'_>) -> Result<AdmittedObject, Refusal> {
        let Read { permit, object } = read;
        if !permit.covers_entity(&found.resource(desk).arn) {
            return Err(Refusal::Internal);
        }
        Ok(AdmittedObject { key: found.key, object, permit })
    }
}
