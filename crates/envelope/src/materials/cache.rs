//! A bounded table that forgets what was used longest ago.

use std::collections::{BTreeMap, HashMap};

/// A digest of what an entry is for.
pub(super) type Id = [u8; 32];

/// At most `capacity` entries, with when each was made and used last.
pub(super) struct Cache<T> {
    capacity: usize,
    entries: HashMap<Id, Entry<T>>,
    /// Whose turn it is to be forgotten: the uses of entries, oldest first.
    uses: BTreeMap<u64, Id>,
    /// The same by when they were made.
    made: BTreeMap<u64, Id>,
    next: u64,
}

struct Entry<T> {
    it: T,
    used: u64,
    made: u64,
}

impl<T> Cache<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: HashMap::new(),
            uses: BTreeMap::new(),
            made: BTreeMap::new(),
            next: 0,
        }
    }

    /// The entry of `id`, which was used now.
    pub(super) fn entry(&mut self, id: &Id) -> Option<&mut T> {
        let entry = self.entries.get_mut(id)?;
        self.uses.remove(&entry.used);
        entry.used = self.next;
        self.uses.insert(self.next, *id);
        self.next = self.next.saturating_add(1);
        Some(&mut entry.it)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets the entries that are old. One that was made later is not, if one before it is not.
    pub(super) fn forget_old(&mut self, is_old: impl Fn(&T) -> bool) {
        while let Some(id) = self.made.first_key_value().map(|(_, id)| *id) {
            if self.entries.get(&id).is_some_and(|entry| !is_old(&entry.it)) {
                return;
            }
            self.made.pop_first();
            self.remove(&id);
        }
    }

    pub(super) fn remove(&mut self, id: &Id) {
        if let Some(entry) = self.entries.remove(id) {
            self.uses.remove(&entry.used);
            self.made.remove(&entry.made);
        }
    }

    /// Puts `entry`, for which another one makes room.
    pub(super) fn insert(&mut self, id: Id, entry: T) {
        self.remove(&id);
        while self.entries.len() >= self.capacity {
            let Some(oldest) = self.uses.first_key_value().map(|(_, id)| *id) else { return };
            self.remove(&oldest);
        }
        self.uses.insert(self.next, id);
        self.made.insert(self.next, id);
        self.entries.insert(id, Entry { it: entry, used: self.next, made: self.next });
        self.next = self.next.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let id = |byte| [byte; 32];
        let mut cache = Cache::new(2);
        cache.insert(id(1), 'a');
        cache.insert(id(2), 'b');
        assert_eq!(cache.entry(&id(1)), Some(&mut 'a'));
        cache.insert(id(3), 'c');
        assert_eq!(cache.entry(&id(2)), None);
        assert_eq!(cache.entry(&id(1)), Some(&mut 'a'));
        cache.insert(id(1), 'd');
        assert_eq!(cache.entry(&id(1)), Some(&mut 'd'));
        cache.remove(&id(1));
        cache.remove(&id(1));
        assert_eq!(cache.entry(&id(1)), None);
        assert_eq!((cache.entries.len(), cache.uses.len(), cache.made.len()), (1, 1, 1));
        let mut none = Cache::new(0);
        none.insert(id(1), 'a');
        assert_eq!(none.entry(&id(1)), None);
    }

    #[test]
    fn what_is_old_is_forgotten_however_often_it_was_used() {
        let id = |byte| [byte; 32];
        let mut cache = Cache::new(9);
        for age in 1..=4 {
            cache.insert(id(age), age);
        }
        assert!(cache.entry(&id(1)).is_some());
        cache.forget_old(|age| *age < 3);
        assert_eq!((cache.entries.len(), cache.uses.len(), cache.made.len()), (2, 2, 2));
        assert!(cache.entry(&id(3)).is_some());
        cache.insert(id(3), 9);
        cache.forget_old(|age| *age < 5);
        assert_eq!((cache.entries.len(), cache.uses.len(), cache.made.len()), (1, 1, 1));
        cache.forget_old(|_| true);
        assert!(cache.entries.is_empty() && cache.uses.is_empty() && cache.made.is_empty());
    }
}
