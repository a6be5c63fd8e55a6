//! A bounded table that forgets what was used longest ago.

use std::collections::{BTreeMap, HashMap};

/// A digest of what an entry is for.
pub(super) type Id = [u8; 32];

/// At most `capacity` entries, with when each was used last.
pub(super) struct Cache<T> {
    capacity: usize,
    entries: HashMap<Id, (T, u64)>,
    /// Whose turn it is to be forgotten: the uses of entries, oldest first.
    uses: BTreeMap<u64, Id>,
    next: u64,
}

impl<T> Cache<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, entries: HashMap::new(), uses: BTreeMap::new(), next: 0 }
    }

    /// The entry of `id`, which was used now.
    pub(super) fn entry(&mut self, id: &Id) -> Option<&mut T> {
        let (entry, used) = self.entries.get_mut(id)?;
        self.uses.remove(used);
        *used = self.next;
        self.uses.insert(self.next, *id);
        self.next = self.next.saturating_add(1);
        Some(entry)
    }

    pub(super) fn remove(&mut self, id: &Id) {
        if let Some((_, used)) = self.entries.remove(id) {
            self.uses.remove(&used);
        }
    }

    /// Puts `entry`, for which another one makes room.
    pub(super) fn insert(&mut self, id: Id, entry: T) {
        self.remove(&id);
        while self.entries.len() >= self.capacity {
            let Some((_, oldest)) = self.uses.pop_first() else { return };
            self.entries.remove(&oldest);
        }
        self.uses.insert(self.next, id);
        self.entries.insert(id, (entry, self.next));
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
        assert_eq!((cache.entries.len(), cache.uses.len()), (1, 1));
        let mut none = Cache::new(0);
        none.insert(id(1), 'a');
        assert_eq!(none.entry(&id(1)), None);
    }
}
