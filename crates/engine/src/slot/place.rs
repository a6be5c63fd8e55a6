//! From a store key back to the slot: for whatever walks over all records.

use super::{Slot, Subject};
use strongroom_keys::DomainName;
use strongroom_types::{AccountId, AliasArn, AliasName, KeyArn, KeyId, Region};

/// What the places of records begin with that belong to no Region and that caches know by nothing.
const GLOBAL: &[&str] = &[
    "u",
    "rk",
    "ia",
    "ib",
    "im",
    "al",
    "lk",
    "ct",
    "td",
    "tk",
    "ts",
    "ctc",
    "cb",
    "lr",
    "head",
    "groups-by-id",
    "dr",
    "df",
    "restored",
];
/// What the places of records begin with that caches know by their places.
const ENTITIES: &[&str] = &["acct", "iu", "ig", "ir", "ip", "gn", "io", "scp"];
/// What the places of a Region's records begin with, and which of their parts, from 0, is the Region.
const REGIONAL: &[(&str, usize)] = &[
    ("k", 2),
    ("a", 2),
    ("ak", 2),
    ("lu", 2),
    ("g", 2),
    ("gt", 2),
    ("ge", 2),
    ("cks", 2),
    ("ckc", 2),
    ("xk", 2),
    ("gr", 1),
    ("due", 4),
];

impl Slot {
    /// The slot that `place` is the store key of; `None` for what is no place of a sealed record.
    #[must_use]
    pub fn of_place(place: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(place).ok()?;
        let parts: Vec<&str> = text.split('/').collect();
        let kind = *parts.first()?;
        let at = |index: usize| parts.get(index).copied();
        if let Some((_, region)) = REGIONAL.iter().find(|(prefix, _)| *prefix == kind) {
            let region: Region = at(*region)?.parse().ok()?;
            let subject = regional(kind, region, text, &at)?;
            return Some(Self::new(text.to_owned(), DomainName::region(region), subject));
        }
        let subject = match kind {
            "cred" => Subject::Credential(at(1)?.to_owned()),
            kind if ENTITIES.contains(&kind) => Subject::Entity(text.to_owned()),
            kind if GLOBAL.contains(&kind) => Subject::Other,
            _ => return None,
        };
        Some(Self::new(text.to_owned(), DomainName::global(), subject))
    }
}

/// What caches know a Region's record as.
fn regional<'t>(
    kind: &str,
    region: Region,
    text: &str,
    at: &impl Fn(usize) -> Option<&'t str>,
) -> Option<Subject> {
    let account = || at(1)?.parse::<AccountId>().ok();
    let key = || Some(KeyArn { region, account: account()?, key: at(3)?.parse::<KeyId>().ok()? });
    Some(match kind {
        "k" => Subject::Key(key()?),
        "a" => {
            // The name has slashes of its own.
            let name = text.splitn(4, '/').nth(3)?;
            let name = AliasName::parse(name).ok()?;
            Subject::Alias(AliasArn { region, account: account()?, name })
        }
        "ge" => Subject::Grantee(key()?, at(4)?.to_owned()),
        _ => Subject::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant_kind::GrantPlace;
    use crate::slot::{PolicyUse, SlotRange, bare};
    use strongroom_keys::DueTask;
    use strongroom_types::{IdentityKind, Timestamp};

    fn all() -> Vec<Slot> {
        let account = AccountId::INITIAL;
        let region: Region = "eu-west-2".parse().unwrap();
        let key = KeyArn { region, account, key: KeyId::from_random([7; 16]) };
        let name = AliasName::parse("alias/a/b c".replace(' ', "_").as_str()).unwrap();
        let alias = AliasArn { region, account, name: name.clone() };
        let place = GrantPlace { kind: "k".into(), source: "s".into(), context: "c".into() };
        let user = IdentityKind::User;
        vec![
            Slot::key(&key),
            Slot::alias(&alias),
            Slot::alias_of(&key, &name),
            Slot::last_use(&key),
            Slot::grant(&key, "grant"),
            Slot::grant_terms(&key, "digest"),
            Slot::retirable("party", &key, "grant"),
            Slot::granted(&key, "party", &place, "grant"),
            Slot::due(Timestamp::from_millis(5), DueTask::Delete, &key),
            Slot::key_store(account, region, "cks-1234567890abcdef0").unwrap(),
            Slot::key_store_count(account, region),
            Slot::external_key(account, region, "cks-1234567890abcdef0", "name"),
            Slot::audit(9),
            Slot::credential("AKIAIOSFODNN7EXAMPLE").unwrap(),
            Slot::account(account),
            Slot::root_keys(account),
            Slot::identity(account, user, "Name"),
            Slot::identity(account, IdentityKind::Group, "Name"),
            Slot::identity(account, IdentityKind::Role, "Name"),
            Slot::managed_policy(account, "Name"),
            Slot::attachment(account, "arn", PolicyUse::Permissions, user, "Name"),
            Slot::attachment(account, "arn", PolicyUse::Boundary, user, "Name"),
            Slot::group_name(account, "AGPA"),
            Slot::groups_known_by_id(),
            Slot::membership(account, "AGPA", "Name"),
            Slot::provider(account, "url"),
            Slot::account_alias("alias"),
            Slot::controls(Some(account)),
            Slot::controls(None),
            Slot::access_key_use("AKIA"),
            Slot::trail(account, region, "trail"),
            Slot::delivery(account, region, region, "trail"),
            Slot::trail_key(region, 3),
            Slot::shipping(),
            Slot::trail_count(account),
            Slot::bucket("bucket"),
            Slot::role_use("AROA"),
            Slot::head(),
            Slot::domain_rotation(),
            Slot::domain_floor(),
            Slot::restored(),
        ]
    }

    #[test]
    fn a_place_tells_its_slot() {
        for slot in all() {
            let found = Slot::of_place(slot.bytes());
            assert_eq!(found.as_ref(), Some(&slot), "{}", String::from_utf8_lossy(slot.bytes()));
        }
    }

    /// Whoever adds a kind of place is led here: a constructor that is not in the list above.
    #[test]
    fn every_kind_of_place_is_listed() {
        let source = include_str!("../slot.rs");
        let slots = source.split("impl SlotRange").next().unwrap();
        let made = slots.matches("-> Self {").count() + slots.matches("-> Option<Self> {").count();
        // Three kinds of identities, two of attachments, two levels of policies are one function
        // each; `entity` and `new` make no place.
        assert_eq!(made, all().len() - 4 + 2);
    }

    #[test]
    fn what_is_no_place_of_a_sealed_record_is_none() {
        let region: Region = "eu-west-2".parse().unwrap();
        let domain = bare::domain(DomainName::region(region), 7);
        assert_eq!(bare::domain_of(&domain), Some((DomainName::region(region), 7)));
        assert_eq!(bare::domain_of(b"d/global/0000000001"), Some((DomainName::global(), 1)));
        assert_eq!(bare::domain_of(b"d/global/1"), None);
        for bare in [bare::ROOT, &domain, b"", b"/", b"k", b"k/a/b", b"\xff", b"zz/1"] {
            assert_eq!(Slot::of_place(bare), None, "{}", String::from_utf8_lossy(bare));
        }
        let range = SlotRange::keys(AccountId::INITIAL, region);
        assert_eq!(Slot::of_place(range.prefix()), None);
    }
}
