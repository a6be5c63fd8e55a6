//! What becomes of a key's record when key material is imported, deleted, or expires.

use crate::record::{Import, KeyRecord, MaterialRecord};
use strongroom_types::{KeyState, Timestamp};

impl KeyRecord {
    /// The imported key material that waits to become current at `now`.
    #[must_use]
    pub fn waiting_at(&self, now: Timestamp) -> Option<&MaterialRecord> {
        self.material.iter().find(|own| own.waiting.is_some() && own.is_present_at(now))
    }

    /// The key material `id`, if it belongs to the key at `now`. What waits for a rotation does as
    /// long as it is there; all other does for ever.
    #[must_use]
    pub fn material_at(&self, id: &[u8; 32], now: Timestamp) -> Option<&MaterialRecord> {
        let known = |own: &&MaterialRecord| own.waiting.is_none() || own.is_present_at(now);
        self.material.iter().find(|own| own.id == *id).filter(known)
    }

    /// Takes imported key material in: in the place of the same, if the key knows it, or behind
    /// all other. A key that waited for material is enabled, unless more of it is missing.
    pub fn import(&mut self, material: MaterialRecord, now: Timestamp) {
        let waited = self.state_at(now) == KeyState::PendingImport;
        self.settle(now);
        // In the place of what expired while it waited. All other is wiped by the schedule, which
        // knows whether the clock is to be believed.
        if material.waiting.is_some() {
            let same = material.id;
            self.material
                .retain(|own| own.waiting.is_none() || own.is_present_at(now) || own.id == same);
        }
        match self.material.iter_mut().find(|own| own.id == material.id) {
            Some(own) => {
                own.wrapped = material.wrapped;
                own.import = again(own.import.take(), material.import);
                own.waiting = material.waiting;
            }
            None => self.material.push(material),
        }
        if waited {
            self.state = KeyState::Enabled;
        }
    }

    /// Takes over from the primary key of the same multi-Region key which material belongs to this
    /// one, and in which order. What it has not imported yet is missing; what waits here for a
    /// rotation that will not be is forgotten.
    pub fn follow(&mut self, primary: &Self) {
        let mut own = std::mem::take(&mut self.material);
        for theirs in &primary.material {
            let mine = own.iter().position(|mine| mine.id == theirs.id);
            let mine = mine.map(|at| own.remove(at)).unwrap_or_else(|| MaterialRecord {
                wrapped: Vec::new(),
                import: Some(Import::default()),
                ..theirs.clone()
            });
            self.material.push(mine);
        }
        self.material.extend(own.into_iter().filter(|mine| mine.waiting.is_none()));
    }

    /// Forgets the key material `id`, if it waits for a rotation.
    pub fn forget(&mut self, id: &[u8; 32]) {
        self.material.retain(|own| own.id != *id || own.waiting.is_none());
    }

    /// Deletes the key material `id`. What waited for a rotation is forgotten, unless the rotation
    /// is that of a primary key elsewhere; all other can be imported again, and until it is the
    /// key waits for it.
    pub fn delete_material(&mut self, id: &[u8; 32]) {
        self.wipe(|own| own.id == *id);
    }

    /// Deletes the key material that has expired at `now`.
    pub fn expire_material(&mut self, now: Timestamp) {
        self.wipe(|own| !own.wrapped.is_empty() && !own.is_present_at(now));
    }

    /// Ends a passing state whose time is over at `now`.
    pub fn settle(&mut self, now: Timestamp) {
        if let Some(passing) = self.transition.filter(|passing| passing.until <= now) {
            self.state = passing.then;
            self.transition = None;
        }
    }

    fn wipe(&mut self, goes: impl Fn(&MaterialRecord) -> bool) {
        if !self.is_replica() {
            self.material.retain(|own| own.waiting.is_none() || !goes(own));
        }
        let mut missing = false;
        for own in self.material.iter_mut().filter(|own| goes(own)) {
            own.wrapped.clear();
            own.import.iter_mut().for_each(|import| import.expires = None);
            missing |= own.waiting.is_none();
        }
        // A key that is to be deleted stays so.
        if missing && matches!(self.state, KeyState::Enabled | KeyState::Disabled) {
            self.state = KeyState::PendingImport;
        }
    }
}

/// How material is imported that was before; its description stays unless there is a new one.
fn again(before: Option<Import>, now: Option<Import>) -> Option<Import> {
    let now = now?;
    let description = now.description.or(before.and_then(|before| before.description));
    Some(Import { expires: now.expires, description })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{MultiRegion, Rotation, Transition};
    use strongroom_types::{
        AccountId, KeyId, KeyMaterialState, KeySpec, KeyUsage, Origin, Region, RotationType,
    };

    const NOW: Timestamp = Timestamp::from_millis(1_795_329_425_123);

    fn later(days: i64) -> Timestamp {
        NOW.plus_days(days)
    }

    fn material(byte: u8, expires: Option<Timestamp>) -> MaterialRecord {
        MaterialRecord {
            id: [byte; 32],
            wrapped: vec![byte],
            created: NOW,
            rotation: None,
            import: Some(Import { expires, description: None }),
            waiting: None,
        }
    }

    fn waiting(byte: u8, expires: Option<Timestamp>) -> MaterialRecord {
        let state = Some(KeyMaterialState::PendingRotation);
        MaterialRecord { waiting: state, ..material(byte, expires) }
    }

    fn key(material: Vec<MaterialRecord>, state: KeyState) -> KeyRecord {
        let region: Region = "eu-west-2".parse().unwrap();
        KeyRecord {
            account: AccountId::INITIAL,
            region,
            id: KeyId::from_random([1; 16]),
            created: NOW,
            description: String::new(),
            state,
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            origin: Origin::External,
            multi_region: None,
            deletion: None,
            policy: String::new(),
            tags: Vec::new(),
            material,
            rotation: None,
            store: None,
            transition: None,
            pending_window_days: None,
            grants: None,
            bindings: None,
        }
    }

    #[test]
    fn a_key_waits_until_all_of_its_material_is_there() {
        let mut key = key(Vec::new(), KeyState::PendingImport);
        key.import(material(1, None), NOW);
        assert_eq!(key.state_at(NOW), KeyState::Enabled);
        key.import(material(2, None), NOW);
        assert_eq!(key.current().unwrap().id, [2; 32]);
        for id in [[1; 32], [2; 32]] {
            key.delete_material(&id);
            assert_eq!(key.state_at(NOW), KeyState::PendingImport);
        }
        assert_eq!(key.current().unwrap().id, [2; 32]);
        key.import(material(2, None), NOW);
        assert_eq!(key.state_at(NOW), KeyState::PendingImport);
        key.import(material(1, None), NOW);
        assert_eq!(key.state_at(NOW), KeyState::Enabled);
        assert_eq!(key.material.len(), 2);
        assert_eq!(key.current().unwrap().id, [2; 32]);
    }

    #[test]
    fn without_material_a_key_waits_whatever_became_of_it() {
        for state in [KeyState::Enabled, KeyState::Disabled] {
            assert_eq!(key(Vec::new(), state).state_at(NOW), KeyState::PendingImport);
        }
        let state = KeyState::PendingDeletion;
        let mut key = key(vec![material(1, None)], state);
        key.delete_material(&[1; 32]);
        assert_eq!((key.state, key.state_at(NOW)), (state, state));
        key.state = KeyState::Disabled;
        assert_eq!(key.state_at(NOW), KeyState::PendingImport);
    }

    #[test]
    fn a_disabled_key_stays_disabled_while_nothing_is_missing() {
        let mut disabled = key(vec![material(1, None)], KeyState::Disabled);
        disabled.import(material(1, Some(later(1))), NOW);
        assert_eq!(disabled.state_at(NOW), KeyState::Disabled);
        // What expired is missing, whether or not anybody wiped it.
        disabled.import(material(1, None), later(2));
        assert_eq!(disabled.state_at(later(2)), KeyState::Enabled);
    }

    #[test]
    fn each_material_expires_at_its_own_time() {
        let mut key = key(Vec::new(), KeyState::PendingImport);
        key.import(material(1, Some(later(1))), NOW);
        key.import(material(2, Some(later(2))), NOW);
        key.import(waiting(3, Some(later(1))), NOW);
        assert_eq!(key.due().len(), 2);
        let known = |time| key.material_at(&[3; 32], time).is_some();
        assert!(known(NOW) && !known(later(1)));
        assert_eq!(key.waiting_at(NOW).unwrap().id, [3; 32]);
        assert!(key.waiting_at(later(1)).is_none());

        key.expire_material(later(1).plus_millis(-1));
        assert_eq!((key.state, key.material.len()), (KeyState::Enabled, 3));
        key.expire_material(later(1));
        assert_eq!(key.state, KeyState::PendingImport);
        let there: Vec<bool> = key.material.iter().map(|own| own.is_present_at(NOW)).collect();
        assert_eq!(there, [false, true]);
        assert_eq!(key.due().len(), 1);
        key.import(material(1, None), later(1));
        assert_eq!(key.state_at(later(1)), KeyState::Enabled);
        assert_eq!(key.state_at(later(2)), KeyState::PendingImport);
    }

    #[test]
    fn what_waits_and_goes_is_forgotten() {
        let mut key = key(vec![material(1, None), waiting(2, None)], KeyState::Enabled);
        key.delete_material(&[2; 32]);
        assert_eq!((key.state, key.material.len()), (KeyState::Enabled, 1));
    }

    #[test]
    fn a_description_stays_until_there_is_another() {
        let mut key = key(Vec::new(), KeyState::PendingImport);
        let described = |text: Option<&str>| MaterialRecord {
            import: Some(Import { expires: None, description: text.map(str::to_owned) }),
            ..material(1, None)
        };
        for (given, kept) in [(Some("a"), "a"), (None, "a"), (Some("b"), "b")] {
            key.import(described(given), NOW);
            let import = key.material.first().unwrap().import.clone().unwrap();
            assert_eq!(import.description.as_deref(), Some(kept));
            key.delete_material(&[1; 32]);
        }
    }

    fn replica(material: Vec<MaterialRecord>, state: KeyState) -> KeyRecord {
        let primary = "us-east-1".parse().unwrap();
        let family = MultiRegion { primary, replicas: vec!["eu-west-2".parse().unwrap()] };
        KeyRecord { multi_region: Some(family), ..key(material, state) }
    }

    fn ids(key: &KeyRecord) -> Vec<u8> {
        key.material.iter().map(|own| own.id[0]).collect()
    }

    #[test]
    fn a_replica_has_the_material_of_its_primary_in_its_order() {
        let primary = vec![material(1, None), material(2, None), waiting(3, None)];
        let primary = key(primary, KeyState::Enabled);
        let mut replica = replica(Vec::new(), KeyState::Creating);
        replica.transition = Some(Transition { until: NOW, then: KeyState::PendingImport });
        for id in [2, 1] {
            assert_eq!(replica.state_at(NOW), KeyState::PendingImport);
            replica.follow(&primary);
            replica.import(material(id, None), NOW);
        }
        // What waits is not missing.
        assert_eq!(replica.state_at(NOW), KeyState::Enabled);
        assert_eq!(ids(&replica), [1, 2, 3]);
        assert!(replica.waiting_at(NOW).is_none());
    }

    #[test]
    fn a_replica_keeps_knowing_what_it_waits_for() {
        let mut primary = key(vec![material(1, None), waiting(2, None)], KeyState::Enabled);
        let mut replica = replica(primary.material.clone(), KeyState::Enabled);
        replica.delete_material(&[2; 32]);
        assert_eq!((ids(&replica), replica.state_at(NOW)), (vec![1, 2], KeyState::Enabled));
        assert!(replica.waiting_at(NOW).is_none());
        // When the primary is rotated, what was deleted is missing.
        let rotation = Rotation { time: NOW, kind: RotationType::OnDemand };
        let mut rotated = replica.clone();
        assert!(rotated.rotate_to(&[2; 32], rotation));
        assert_eq!(rotated.state_at(NOW), KeyState::PendingImport);
        // When the primary has other material instead, it is forgotten.
        primary.delete_material(&[2; 32]);
        primary.import(waiting(3, None), NOW);
        replica.follow(&primary);
        assert_eq!(ids(&replica), [1, 3]);
        replica.forget(&[3; 32]);
        replica.forget(&[1; 32]);
        assert_eq!(ids(&replica), [1]);
    }
}
