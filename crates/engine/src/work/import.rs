//! Imported key material: wrapping keys for it, taking it in, deleting it.

use super::Work;
use super::offload::making;
use crate::family::relatives;
use crate::gate::AdmittedKey;
use crate::ports::Effort;
use crate::refusal::{
    ImportDefect, Invalid, MaterialDefect, Missing, PendingRotation, Refusal, Unsupported,
};
use crate::vault::KeyEntry;
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_keys::{
    DomainName, Import, ImportToken, KeyMaterial, KeyRecord, MaterialError, MaterialId,
};
use strongroom_types::{
    ImportType, KeyArn, KeyMaterialState, Timestamp, WrappingAlgorithm, WrappingKeySpec,
};

/// Days for which a wrapping key and its token are good.
///
/// Source: AWS KMS API Reference, `GetParametersForImport`.
const TOKEN_DAYS: i64 = 1;
/// The most days after which key material expires.
///
/// Source: the same, `ImportKeyMaterial`, member `ValidTo`.
const MAX_VALID_DAYS: i64 = 365;

/// What it takes to import key material.
pub struct ImportParameters {
    /// The import token: opaque, up to some 2,500 bytes.
    pub token: Vec<u8>,
    /// The wrapping key's public key: SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// When the two are good no more.
    pub expires: Timestamp,
}

/// Key material that is brought, wrapped.
pub struct BroughtMaterial {
    /// The import token.
    pub token: SecretBytes,
    /// The material, wrapped for it.
    pub wrapped: SecretBytes,
    /// When it shall expire; `None`: never.
    pub expires: Option<Timestamp>,
    /// Whether the key had it before; `None`: that is to be found out.
    pub kind: Option<ImportType>,
    /// Which it is said to be.
    pub id: Option<MaterialId>,
    /// What it shall be described as; `None`: as before.
    pub description: Option<String>,
}

impl Work<'_> {
    /// A wrapping key for the key's material. Making it takes RSA's time.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] for a kind that the Region does not offer, [`Refusal::Internal`].
    pub async fn import_parameters(
        &mut self,
        key: &AdmittedKey,
        algorithm: WrappingAlgorithm,
        spec: WrappingKeySpec,
    ) -> Result<ImportParameters, Refusal> {
        self.offers(spec.key_spec())?;
        let expires = self.now().plus_days(TOKEN_DAYS);
        let made = self
            .offload(making(spec.key_spec()), move || {
                ImportToken::generate(algorithm, spec, expires)
            })
            .await?;
        let (token, public_key) = made.map_err(|why| self.failed(&why))?;
        let arn = key.arn();
        let domain = self.domain(arn.region).await?;
        let token = token.seal(&domain, &arn, self.desk.vault.entropy());
        Ok(ImportParameters { token: token.map_err(|why| self.failed(&why))?, public_key, expires })
    }

    /// Stages that the key has the material that is brought. Returns which it is.
    ///
    /// # Errors
    /// [`Refusal::InvalidImportToken`], [`Refusal::ExpiredImportToken`];
    /// [`Refusal::InvalidCiphertext`] for what does not unwrap, and
    /// [`Refusal::IncorrectKeyMaterial`] for what is not the key's.
    pub async fn import_material(
        &mut self,
        key: &AdmittedKey,
        brought: BroughtMaterial,
    ) -> Result<MaterialId, Refusal> {
        let now = self.now();
        check_expiry(brought.expires, now)
            .map_err(|why| Refusal::Validation(Invalid::Import(why)))?;
        let token = self.open_token(&key.arn(), &brought.token).await?;
        let BroughtMaterial { wrapped, expires, kind, id: named, description, .. } = brought;
        let material = self.unwrap_material(key, token, wrapped).await?;
        let id = material.id();
        let family = self.family(key).await?;
        let primary = family.iter().find(|entry| entry.record.is_primary());
        let place = Place { record: key.record(), primary: primary.map(|p| &p.record), now };
        let waits = place.of(id, kind, named)?;
        let mut imported = self.wrap(&material, &key.arn()).await?;
        imported.import = Some(Import { expires, description });
        if waits {
            imported.waiting = Some(self.announce(&family, id).await?);
        }
        self.note.material(id);
        let edit = |record: &mut KeyRecord| {
            if let Some(primary) = primary {
                record.follow(&primary.record);
            }
            record.import(imported, now);
        };
        self.update_key(key, edit).await?;
        Ok(id)
    }

    /// Stages the end of key material: the one named, or else the current one. Returns which it
    /// is; `None` for a key that never had any.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for what does not belong to the key.
    pub async fn delete_material(
        &mut self,
        key: &AdmittedKey,
        named: Option<MaterialId>,
    ) -> Result<Option<MaterialId>, Refusal> {
        let record = key.record();
        let own = |id: MaterialId| record.material.iter().find(|own| own.id == *id.as_bytes());
        let current = record.current().map(|own| MaterialId::new(own.id));
        let Some(id) = named.or(current) else { return Ok(None) };
        let own = own(id).ok_or_else(|| Refusal::NotFound(Missing::Material(id, key.arn())))?;
        self.note.material(id);
        if own.waiting.is_some() && record.is_primary() {
            for entry in self.family(key).await? {
                self.update_relative(&entry, |record| record.forget(id.as_bytes())).await?;
            }
        }
        self.update_key(key, |record| record.delete_material(id.as_bytes())).await?;
        Ok(Some(id))
    }

    async fn open_token(&self, arn: &KeyArn, sealed: &SecretBytes) -> Result<ImportToken, Refusal> {
        let refused = Refusal::InvalidImportToken;
        let Ok(number) = strongroom_keys::domain_number(sealed.expose()) else {
            return Err(refused);
        };
        let name = DomainName::region(arn.region);
        let domain = self.desk.vault.numbered(name, number).await.map_err(|_| refused.clone())?;
        let token = ImportToken::open(&domain, arn, sealed.expose()).map_err(|_| refused)?;
        if self.now() < token.expires { Ok(token) } else { Err(Refusal::ExpiredImportToken) }
    }

    async fn unwrap_material(
        &self,
        key: &AdmittedKey,
        token: ImportToken,
        wrapped: SecretBytes,
    ) -> Result<KeyMaterial, Refusal> {
        let (spec, arn) = (key.record().spec, key.arn());
        let opened = self.offload(Effort::Short, move || {
            let bytes = token.unwrap(wrapped.expose()).ok()?;
            Some(KeyMaterial::imported(spec, &arn, bytes))
        });
        match opened.await? {
            Some(Ok(material)) => Ok(material),
            Some(Err(MaterialError::Form)) => {
                Err(Refusal::IncorrectKeyMaterial(MaterialDefect::Form(spec)))
            }
            Some(Err(why)) => Err(self.failed(&why)),
            None => Err(Refusal::InvalidCiphertext),
        }
    }

    /// Stages in the keys of the family what the material `id` waits for once this key has it, too:
    /// for its import into others, or for a rotation only.
    ///
    /// Those that have it are written even if nothing changes: imports into two replicas at once
    /// meet there, so that the last one is noticed.
    async fn announce(
        &mut self,
        family: &[Arc<KeyEntry>],
        id: MaterialId,
    ) -> Result<KeyMaterialState, Refusal> {
        let now = self.now();
        let has = |entry: &&Arc<KeyEntry>| {
            let own = entry.record.material_at(id.as_bytes(), now);
            own.is_some_and(|own| own.is_present_at(now))
        };
        let state = if family.iter().all(|entry| has(&entry)) {
            KeyMaterialState::PendingRotation
        } else {
            KeyMaterialState::PendingMultiRegionImportAndRotation
        };
        for entry in family.iter().filter(has) {
            let edit = |record: &mut KeyRecord| {
                let own = record.material.iter_mut().filter(|own| own.id == *id.as_bytes());
                own.for_each(|own| own.waiting = own.waiting.map(|_| state));
            };
            self.update_relative(entry, edit).await?;
        }
        Ok(state)
    }

    /// The keys that share the key's material, in other Regions.
    async fn family(&self, key: &AdmittedKey) -> Result<Vec<Arc<KeyEntry>>, Refusal> {
        let family = relatives(self.desk.vault, key.record()).await;
        family.map_err(|why| self.desk.internal(&why))
    }
}

/// Where key material would go.
struct Place<'a> {
    record: &'a KeyRecord,
    /// The primary key, if the key is a replica.
    primary: Option<&'a KeyRecord>,
    now: Timestamp,
}

impl Place<'_> {
    /// Whether the material would wait to become current.
    ///
    /// # Errors
    /// The refusal of material that is brought as what it is not.
    fn of(
        &self,
        id: MaterialId,
        kind: Option<ImportType>,
        named: Option<MaterialId>,
    ) -> Result<bool, Refusal> {
        let Self { record, primary, now } = *self;
        let untouched = record.material.is_empty() && !record.is_replica();
        let default = if untouched { ImportType::New } else { ImportType::Existing };
        let kind = kind.unwrap_or(default);
        if kind == ImportType::New && named.is_some() {
            return Err(Refusal::Validation(Invalid::Import(ImportDefect::NewNamed)));
        }
        let incorrect = |defect| Err(Refusal::IncorrectKeyMaterial(defect));
        if named.is_some_and(|named| named != id) {
            return incorrect(MaterialDefect::OtherThanNamed(id));
        }
        let own = record.material_at(id.as_bytes(), now);
        let theirs = primary.and_then(|primary| primary.material_at(id.as_bytes(), now));
        let fresh = own.is_none_or(|own| own.wrapped.is_empty());
        // What waits in a replica waits for its primary key, which may have forgotten it.
        let own = own.filter(|own| primary.is_none() || own.waiting.is_none());
        match (kind, theirs.or(own)) {
            (ImportType::Existing, Some(known)) => Ok(known.waiting.is_some()),
            (ImportType::Existing, None) => incorrect(MaterialDefect::Unknown(id)),
            // What is new to a replica is not new to its primary key.
            (ImportType::New, Some(known)) if record.is_replica() && fresh => {
                Ok(known.waiting.is_some())
            }
            (ImportType::New, Some(_)) => incorrect(MaterialDefect::Known(id)),
            (ImportType::New, None) if record.is_replica() => {
                Err(Refusal::Unsupported(Unsupported::ReplicaMaterial(record.arn())))
            }
            (ImportType::New, None) => self.as_new(id),
        }
    }

    fn as_new(&self, id: MaterialId) -> Result<bool, Refusal> {
        let record = self.record;
        if let Some(pending) = record.waiting_at(self.now) {
            let (key, pending) = (record.arn(), MaterialId::new(pending.id));
            let pending = PendingRotation { key, new: id, pending };
            return Err(Refusal::PendingRotation(Box::new(pending)));
        }
        Ok(record.current().is_some())
    }
}

fn check_expiry(expires: Option<Timestamp>, now: Timestamp) -> Result<(), ImportDefect> {
    match expires {
        Some(time) if time <= now => Err(ImportDefect::ExpiryPast),
        Some(time) if time > now.plus_days(MAX_VALID_DAYS) => Err(ImportDefect::ExpiryFar),
        _ => Ok(()),
    }
}
