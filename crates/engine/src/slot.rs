//! Where records are: the keys of the store. `docs/records.md` lists the forms.

mod place;

use crate::grant_kind::GrantPlace;
use strongroom_crypto::hash;
use strongroom_keys::{DomainName, DueTask};
use strongroom_types::text::StackText;
use strongroom_types::{AccountId, AliasArn, AliasName, IdentityKind, KeyArn, Region, Timestamp};

/// A place in the store: its key, whose domain key seals it, and what caches know it as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    bytes: Vec<u8>,
    domain: DomainName,
    subject: Subject,
}

/// What a slot's record is about, for the caches that must forget it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A key.
    Key(KeyArn),
    /// An alias.
    Alias(AliasArn),
    /// An access key.
    Credential(String),
    /// The grants on a key to a party, by the digest of the party.
    Grantee(KeyArn, String),
    /// What IAM knows by a name, by its store key.
    Entity(String),
    /// Nothing that is cached.
    Other,
}

impl Slot {
    /// A key's record: `k/<account>/<region>/<key id>`.
    #[must_use]
    pub fn key(arn: &KeyArn) -> Self {
        let text = format!("k/{}/{}/{}", arn.account, arn.region, arn.key);
        Self::new(text, DomainName::region(arn.region), Subject::Key(*arn))
    }

    /// An alias's record: `a/<account>/<region>/<alias name>`.
    #[must_use]
    pub fn alias(arn: &AliasArn) -> Self {
        let text = format!("a/{}/{}/{}", arn.account, arn.region, arn.name);
        Self::new(text, DomainName::region(arn.region), Subject::Alias(arn.clone()))
    }

    /// That a key has an alias: `ak/<account>/<region>/<key id>/<alias name>`.
    #[must_use]
    pub fn alias_of(arn: &KeyArn, name: &AliasName) -> Self {
        let text = format!("ak/{}/{}/{}/{name}", arn.account, arn.region, arn.key);
        Self::new(text, DomainName::region(arn.region), Subject::Other)
    }

    /// A key's last use: `lu/<account>/<region>/<key id>`.
    #[must_use]
    pub fn last_use(key: &KeyArn) -> Self {
        let text = format!("lu/{}/{}/{}", key.account, key.region, key.key);
        Self::new(text, DomainName::region(key.region), Subject::Other)
    }

    /// A grant: `g/<account>/<region>/<key id>/<grant id>`.
    #[must_use]
    pub fn grant(key: &KeyArn, grant: &str) -> Self {
        let text = format!("g/{}/{}/{}/{grant}", key.account, key.region, key.key);
        Self::new(text, DomainName::region(key.region), Subject::Other)
    }

    /// That a named grant of these terms is there:
    /// `gt/<account>/<region>/<key id>/<digest of its terms>`.
    #[must_use]
    pub fn grant_terms(key: &KeyArn, digest: &str) -> Self {
        let text = format!("gt/{}/{}/{}/{digest}", key.account, key.region, key.key);
        Self::new(text, DomainName::region(key.region), Subject::Other)
    }

    /// That somebody may retire a grant:
    /// `gr/<region>/<digest of the party's name>/<account>/<key id>/<grant id>`.
    #[must_use]
    pub fn retirable(party: &str, key: &KeyArn, grant: &str) -> Self {
        let (region, party) = (key.region, digest(party));
        let text = format!("gr/{region}/{party}/{}/{}/{grant}", key.account, key.key);
        Self::new(text, DomainName::region(region), Subject::Other)
    }

    /// That somebody is the grantee of a grant: `ge/<account>/<region>/<key id>/<digest of the
    /// party's name>/<digest of its kind>/<digest of its source>/<digest of its context>/<grant id>`.
    #[must_use]
    pub(crate) fn granted(key: &KeyArn, party: &str, place: &GrantPlace, grant: &str) -> Self {
        let GrantPlace { kind, source, context } = place;
        let text = format!("{}{kind}/{source}/{context}/{grant}", granted(key, party));
        Self::new(text, DomainName::region(key.region), Subject::Grantee(*key, digest(party)))
    }

    /// That something is to be done with a key by itself:
    /// `due/<milliseconds, 20 digits>/<task>/<account>/<region>/<key id>`.
    #[must_use]
    pub fn due(time: Timestamp, task: DueTask, arn: &KeyArn) -> Self {
        let KeyArn { account, region, key } = arn;
        let text = format!("due/{:020}/{task}/{account}/{region}/{key}", time.millis());
        Self::new(text, DomainName::region(arn.region), Subject::Other)
    }

    /// A custom key store: `cks/<account>/<region>/<store id>`. `None` for a text that is no id of
    /// one: `cks-` and 17 hexadecimal digits.
    #[must_use]
    pub fn key_store(account: AccountId, region: Region, id: &str) -> Option<Self> {
        let digits = id.strip_prefix("cks-")?;
        let good = digits.len() == 17
            && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let text = format!("cks/{account}/{region}/{id}");
        good.then(|| Self::new(text, DomainName::region(region), Subject::Other))
    }

    /// How many custom key stores an account has in a Region: `ckc/<account>/<region>`. Whatever
    /// makes, renames, moves or removes one writes it anew, so that two who do so at once meet here.
    #[must_use]
    pub fn key_store_count(account: AccountId, region: Region) -> Self {
        let text = format!("ckc/{account}/{region}");
        Self::new(text, DomainName::region(region), Subject::Other)
    }

    /// That a key outside belongs to a KMS key:
    /// `xk/<account>/<region>/<store id>/<digest of its name>`.
    #[must_use]
    pub fn external_key(account: AccountId, region: Region, store: &str, name: &str) -> Self {
        let text = format!("xk/{account}/{region}/{store}/{}", digest(name));
        Self::new(text, DomainName::region(region), Subject::Other)
    }

    /// The audit record of a change: `u/<sequence, 20 digits>`.
    #[must_use]
    pub fn audit(sequence: u64) -> Self {
        Self::new(format!("u/{sequence:020}"), DomainName::global(), Subject::Other)
    }

    /// An access key's credential: `cred/<access key id>`. `None` for a text that is no access key
    /// id: 16 to 128 letters and digits.
    #[must_use]
    pub fn credential(access_key: &str) -> Option<Self> {
        let well_formed = (16..=128).contains(&access_key.len())
            && access_key.bytes().all(|b| b.is_ascii_alphanumeric());
        let subject = Subject::Credential(access_key.to_owned());
        let global = DomainName::global();
        well_formed.then(|| Self::new(format!("cred/{access_key}"), global, subject))
    }

    /// An account: `acct/<account>`.
    #[must_use]
    pub fn account(account: AccountId) -> Self {
        Self::entity(format!("acct/{account}"))
    }

    /// The access keys of an account's root user: `rk/<account>`.
    #[must_use]
    pub fn root_keys(account: AccountId) -> Self {
        Self::new(format!("rk/{account}"), DomainName::global(), Subject::Other)
    }

    /// A user, group or role: `iu/`, `ig/` or `ir/`, then `<account>/<name in lower case>`.
    #[must_use]
    pub fn identity(account: AccountId, kind: IdentityKind, name: &str) -> Self {
        Self::entity(format!("{}/{account}/{}", letters(kind), name.to_ascii_lowercase()))
    }

    /// A managed policy: `ip/<account>/<name in lower case>`.
    #[must_use]
    pub fn managed_policy(account: AccountId, name: &str) -> Self {
        Self::entity(format!("ip/{account}/{}", name.to_ascii_lowercase()))
    }

    /// That a managed policy is attached to somebody, or is somebody's boundary:
    /// `ia/<account of the identity>/<digest of its ARN>/<kind>/<name in lower case>`.
    #[must_use]
    pub fn attachment(
        account: AccountId,
        policy: &str,
        use_: PolicyUse,
        kind: IdentityKind,
        name: &str,
    ) -> Self {
        let (policy, name) = (digest(policy), name.to_ascii_lowercase());
        let text = format!("{}/{account}/{policy}/{kind}/{name}", use_.letters());
        Self::new(text, DomainName::global(), Subject::Other)
    }

    /// The name of the group with this unique id: `gn/<account>/<unique id>`.
    #[must_use]
    pub fn group_name(account: AccountId, id: &str) -> Self {
        Self::entity(format!("gn/{account}/{id}"))
    }

    /// That users have the unique ids of their groups, not the names: `groups-by-id`.
    #[must_use]
    pub fn groups_known_by_id() -> Self {
        Self::new("groups-by-id".to_owned(), DomainName::global(), Subject::Other)
    }

    /// That a user is in a group: `im/<account>/<unique id of the group>/<user in lower case>`.
    #[must_use]
    pub fn membership(account: AccountId, group_id: &str, user: &str) -> Self {
        let text = format!("im/{account}/{group_id}/{}", user.to_ascii_lowercase());
        Self::new(text, DomainName::global(), Subject::Other)
    }

    /// An identity provider: `io/<account>/<digest of its URL>`.
    #[must_use]
    pub fn provider(account: AccountId, url: &str) -> Self {
        Self::entity(format!("io/{account}/{}", digest(url)))
    }

    /// Whose an account alias is: `al/<alias>`.
    #[must_use]
    pub fn account_alias(alias: &str) -> Self {
        Self::new(format!("al/{alias}"), DomainName::global(), Subject::Other)
    }

    /// The service control policies of an account, or of all: `scp/<account>`, `scp/all`.
    #[must_use]
    pub fn controls(account: Option<AccountId>) -> Self {
        Self::entity(Self::controls_place(account).as_str().to_owned())
    }

    /// The same as text, not on the heap: it is looked for twice for each request.
    pub(crate) fn controls_place(account: Option<AccountId>) -> StackText<16> {
        let place = match account {
            Some(account) => StackText::of(&format_args!("scp/{account}")),
            None => StackText::of("scp/all"),
        };
        // INVARIANT: an account has twelve digits, so the place always has room.
        place.unwrap_or_default()
    }

    /// The last use of an access key: `lk/<access key id>`.
    #[must_use]
    pub fn access_key_use(access_key: &str) -> Self {
        Self::new(format!("lk/{access_key}"), DomainName::global(), Subject::Other)
    }

    /// A trail: `ct/<account>/<region>/<name>`.
    #[must_use]
    pub fn trail(account: AccountId, region: Region, name: &str) -> Self {
        let text = format!("ct/{account}/{region}/{name}");
        Self::new(text, DomainName::global(), Subject::Other)
    }

    /// How far the delivery of a trail for an account and Region has come:
    /// `td/<account>/<region>/<home Region>/<trail>`.
    #[must_use]
    pub fn delivery(account: AccountId, region: Region, home: Region, trail: &str) -> Self {
        let text = format!("td/{account}/{region}/{home}/{trail}");
        Self::new(text, DomainName::global(), Subject::Other)
    }

    /// A key that signs digests: `tk/<region>/<number, 8 digits>`.
    #[must_use]
    pub fn trail_key(region: Region, number: u32) -> Self {
        let text = format!("tk/{region}/{number:08}");
        Self::new(text, DomainName::global(), Subject::Other)
    }

    /// How far delivery of the audit trail has come: `ts`.
    #[must_use]
    pub fn shipping() -> Self {
        Self::new("ts".to_owned(), DomainName::global(), Subject::Other)
    }

    /// The restore that the store comes from, if it does: `restored`.
    #[must_use]
    pub fn restored() -> Self {
        Self::new("restored".to_owned(), DomainName::global(), Subject::Other)
    }

    /// How many trails an account has: `ctc/<account>`. Whatever makes or removes one, or has
    /// it take the events of all Regions, writes it anew, so that two who do so at once meet here.
    #[must_use]
    pub fn trail_count(account: AccountId) -> Self {
        Self::new(format!("ctc/{account}"), DomainName::global(), Subject::Other)
    }

    /// Whose a bucket of trails is: `cb/<bucket>`.
    #[must_use]
    pub fn bucket(name: &str) -> Self {
        Self::new(format!("cb/{name}"), DomainName::global(), Subject::Other)
    }

    /// The last use of a role: `lr/<unique id>`.
    #[must_use]
    pub fn role_use(id: &str) -> Self {
        Self::new(format!("lr/{id}"), DomainName::global(), Subject::Other)
    }

    fn entity(text: String) -> Self {
        let subject = Subject::Entity(text.clone());
        Self::new(text, DomainName::global(), subject)
    }

    /// How far the rotation of the domain keys has come: `dr`.
    #[must_use]
    pub fn domain_rotation() -> Self {
        Self::new("dr".to_owned(), DomainName::global(), Subject::Other)
    }

    /// Below which numbers domain keys are destroyed: `df`.
    #[must_use]
    pub fn domain_floor() -> Self {
        Self::new("df".to_owned(), DomainName::global(), Subject::Other)
    }

    /// The store's head: `head`.
    #[must_use]
    pub fn head() -> Self {
        Self::new("head".to_owned(), DomainName::global(), Subject::Other)
    }

    /// The store key.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whose key seals the record.
    #[must_use]
    pub fn domain(&self) -> DomainName {
        self.domain
    }

    /// What caches know the record as.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    fn new(text: String, domain: DomainName, subject: Subject) -> Self {
        Self { bytes: text.into_bytes(), domain, subject }
    }
}

/// What a managed policy is to an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyUse {
    /// It is attached: it permits.
    Permissions,
    /// It is its permissions boundary.
    Boundary,
}

impl PolicyUse {
    const fn letters(self) -> &'static str {
        match self {
            Self::Permissions => "ia",
            Self::Boundary => "ib",
        }
    }
}

const fn letters(kind: IdentityKind) -> &'static str {
    match kind {
        IdentityKind::User => "iu",
        IdentityKind::Group => "ig",
        IdentityKind::Role => "ir",
    }
}

/// A run of neighbouring slots, all sealed under one domain's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotRange {
    prefix: Vec<u8>,
    domain: DomainName,
}

impl SlotRange {
    /// All keys of an account in a Region, by key id.
    #[must_use]
    pub fn keys(account: AccountId, region: Region) -> Self {
        Self::new(format!("k/{account}/{region}/"), DomainName::region(region))
    }

    /// All aliases of an account in a Region, by name.
    #[must_use]
    pub fn aliases(account: AccountId, region: Region) -> Self {
        Self::new(format!("a/{account}/{region}/"), DomainName::region(region))
    }

    /// All aliases of a key, by name.
    #[must_use]
    pub fn aliases_of(arn: &KeyArn) -> Self {
        let text = format!("ak/{}/{}/{}/", arn.account, arn.region, arn.key);
        Self::new(text, DomainName::region(arn.region))
    }

    /// All custom key stores of an account in a Region, by id.
    #[must_use]
    pub fn key_stores(account: AccountId, region: Region) -> Self {
        Self::new(format!("cks/{account}/{region}/"), DomainName::region(region))
    }

    /// All keys outside of a custom key store's keys.
    #[must_use]
    pub fn external_keys(account: AccountId, region: Region, store: &str) -> Self {
        Self::new(format!("xk/{account}/{region}/{store}/"), DomainName::region(region))
    }

    /// All grants on a key, by grant id.
    #[must_use]
    pub fn grants(key: &KeyArn) -> Self {
        let text = format!("g/{}/{}/{}/", key.account, key.region, key.key);
        Self::new(text, DomainName::region(key.region))
    }

    /// All grants on a key to somebody, by kind.
    #[must_use]
    pub(crate) fn granted(key: &KeyArn, party: &str) -> Self {
        Self::new(granted(key, party), DomainName::region(key.region))
    }

    /// Those of them of one kind that ask for this source and, unless it is not asked for, context.
    #[must_use]
    pub(crate) fn granted_in(
        key: &KeyArn,
        party: &str,
        kind: &str,
        source: &str,
        context: Option<&str>,
    ) -> Self {
        let context = context.map(|context| format!("{context}/")).unwrap_or_default();
        let text = format!("{}{kind}/{source}/{context}", granted(key, party));
        Self::new(text, DomainName::region(key.region))
    }

    /// All grants in a Region that somebody may retire, by account, key id and grant id.
    #[must_use]
    pub fn retirables(party: &str, region: Region) -> Self {
        Self::new(format!("gr/{region}/{}/", digest(party)), DomainName::region(region))
    }

    /// All users, groups or roles of an account, by name.
    #[must_use]
    pub fn identities(account: AccountId, kind: IdentityKind) -> Self {
        Self::new(format!("{}/{account}/", letters(kind)), DomainName::global())
    }

    /// All managed policies of an account, by name.
    #[must_use]
    pub fn managed_policies(account: AccountId) -> Self {
        Self::new(format!("ip/{account}/"), DomainName::global())
    }

    /// All of an account that a managed policy is attached to, or is the boundary of; by kind and
    /// name.
    #[must_use]
    pub fn attachments(account: AccountId, policy: &str, use_: PolicyUse) -> Self {
        let text = format!("{}/{account}/{}/", use_.letters(), digest(policy));
        Self::new(text, DomainName::global())
    }

    /// All users in a group, by name.
    #[must_use]
    pub fn members(account: AccountId, group_id: &str) -> Self {
        Self::new(format!("im/{account}/{group_id}/"), DomainName::global())
    }

    /// All identity providers of an account.
    #[must_use]
    pub fn providers(account: AccountId) -> Self {
        Self::new(format!("io/{account}/"), DomainName::global())
    }

    /// All trails of an account, by home Region and name.
    #[must_use]
    pub fn trails(account: AccountId) -> Self {
        Self::new(format!("ct/{account}/"), DomainName::global())
    }

    /// All deliveries, by account and Region.
    #[must_use]
    pub fn deliveries() -> Self {
        Self::new("td/".to_owned(), DomainName::global())
    }

    /// All keys that have signed digests of a Region, by number.
    #[must_use]
    pub fn trail_keys(region: Region) -> Self {
        Self::new(format!("tk/{region}/"), DomainName::global())
    }

    /// All accounts, by number.
    #[must_use]
    pub fn accounts() -> Self {
        Self::new("acct/".to_owned(), DomainName::global())
    }

    /// All audit records of changes, oldest first.
    #[must_use]
    pub fn audit() -> Self {
        Self::new("u/".to_owned(), DomainName::global())
    }

    /// All credentials, by access key id.
    #[must_use]
    pub fn credentials() -> Self {
        Self::new("cred/".to_owned(), DomainName::global())
    }

    /// What every slot of the run begins with.
    #[must_use]
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// Whose keys seal the records.
    #[must_use]
    pub fn domain(&self) -> DomainName {
        self.domain
    }

    /// The first store key of the run that may come after `after`.
    #[must_use]
    pub fn from(&self, after: Option<&[u8]>) -> Vec<u8> {
        // The first key behind `after` is `after` and a zero byte.
        after.map_or_else(|| self.prefix.clone(), |key| [key, &[0]].concat())
    }

    /// The first store key beyond the run.
    #[must_use]
    pub fn end(&self) -> Vec<u8> {
        // INVARIANT: every prefix ends with `/`, whose successor is `0`.
        let mut end = self.prefix.clone();
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        end
    }

    fn new(prefix: String, domain: DomainName) -> Self {
        Self { prefix: prefix.into_bytes(), domain }
    }
}

/// What the places of grants on `key` to `party` begin with.
fn granted(key: &KeyArn, party: &str) -> String {
    format!("ge/{}/{}/{}/{}/", key.account, key.region, key.key, digest(party))
}

/// A text of any length and characters, as part of a store key: the first 16 bytes of its SHA-256.
pub(crate) fn digest(text: &str) -> String {
    let digest = hash::sha256(text.as_bytes());
    hash::hex(digest.first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// Store keys that are not sealed under a domain key: `d/<domain>/<number, 10 digits>` holds a
/// domain key wrapped under the root key, `root` names the root key.
pub(crate) mod bare {
    use strongroom_keys::DomainName;
    use strongroom_types::Region;

    /// Where the fingerprint of the root key is.
    pub(crate) const ROOT: &[u8] = b"root";
    /// What the places of the global domain's wrapped keys begin with.
    pub(crate) const GLOBAL_DOMAIN: &[u8] = b"d/global/";

    /// What the places of all wrapped domain keys begin with.
    pub(crate) const DOMAINS: &[u8] = b"d/";
    /// The first store key beyond them.
    pub(crate) const DOMAINS_END: &[u8] = b"d0";

    /// The domain and the number of the wrapped domain key at `place`.
    #[must_use]
    pub(crate) fn domain_of(place: &[u8]) -> Option<(DomainName, u32)> {
        let text = std::str::from_utf8(place).ok()?;
        let (name, number) = text.strip_prefix("d/")?.split_once('/')?;
        let name = match name {
            "global" => DomainName::global(),
            region => DomainName::region(region.parse::<Region>().ok()?),
        };
        let number = number.parse().ok()?;
        (domain(name, number) == place).then_some((name, number))
    }

    /// Where a wrapped domain key is.
    #[must_use]
    pub(crate) fn domain(name: DomainName, number: u32) -> Vec<u8> {
        format!("d/{name}/{number:010}").into_bytes()
    }
}
