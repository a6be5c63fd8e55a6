//! The elements `Principal` and `NotPrincipal`: whom a statement of a key policy is about.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal" and ": NotPrincipal".

use crate::json::Json;
use crate::malformed::{Malformed, Problem};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use strongroom_types::{AccountId, IdentityKind, Principal};

/// A principal as a policy names it. It is the same in every partition that its ARN is written in:
/// an account is one here, and has its users and roles once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedPrincipal {
    /// `*`.
    Everyone,
    /// A twelve-digit account number or the ARN of the account's root user.
    Account {
        /// The account.
        account: AccountId,
    },
    /// `arn:aws:iam::111122223333:user/path/name`.
    User {
        /// The account.
        account: AccountId,
        /// Path, beginning and ending with `/`.
        path: Box<str>,
        /// Name.
        name: Box<str>,
    },
    /// `arn:aws:iam::111122223333:role/path/name`: every session of the role.
    Role {
        /// The account.
        account: AccountId,
        /// Path, beginning and ending with `/`.
        path: Box<str>,
        /// Name.
        name: Box<str>,
    },
    /// `arn:aws:sts::111122223333:assumed-role/role/session`.
    RoleSession {
        /// The account.
        account: AccountId,
        /// Name of the role.
        role: Box<str>,
        /// Name of the session.
        session: Box<str>,
    },
    /// `arn:aws:sts::111122223333:federated-user/name`.
    FederatedUser {
        /// The account.
        account: AccountId,
        /// Name.
        name: Box<str>,
    },
    /// A service, `delivery.logs.amazonaws.com`.
    Service {
        /// Its name.
        name: Box<str>,
    },
    /// An identity provider: those for whom it vouches to STS.
    IdentityProvider {
        /// ARN or domain name.
        name: Box<str>,
    },
    /// An account by its canonical id. The id is of Amazon S3, so it names no caller of a key.
    CanonicalUser {
        /// 64 hexadecimal digits.
        id: Box<str>,
    },
}

/// Writes it as documents do, ARNs with the partition `aws`.
impl std::fmt::Display for NamedPrincipal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everyone => f.write_str("*"),
            Self::Account { account } => write!(f, "arn:aws:iam::{account}:root"),
            Self::User { account, path, name } => {
                write!(f, "arn:aws:iam::{account}:user{path}{name}")
            }
            Self::Role { account, path, name } => {
                write!(f, "arn:aws:iam::{account}:role{path}{name}")
            }
            Self::RoleSession { account, role, session } => {
                write!(f, "arn:aws:sts::{account}:assumed-role/{role}/{session}")
            }
            Self::FederatedUser { account, name } => {
                write!(f, "arn:aws:sts::{account}:federated-user/{name}")
            }
            Self::Service { name }
            | Self::IdentityProvider { name }
            | Self::CanonicalUser { id: name } => f.write_str(name),
        }
    }
}

/// How an entry names the caller. The order is that of the other policies that limit an allow
/// under this name: the later, the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Naming {
    /// By `*`.
    Everyone,
    /// By the name of the session, the federated user or the service.
    Itself,
    /// By the ARN of the user.
    User,
    /// A federated user, by the ARN of the user who made the session.
    Maker,
    /// By the ARN of the role.
    Role,
    /// By the account.
    Account,
}

/// The whole element.
#[derive(Debug)]
pub(crate) struct Principals {
    /// `NotPrincipal`.
    negated: bool,
    entries: Box<[Entry]>,
}

#[derive(Debug, Clone)]
struct Entry {
    name: NamedPrincipal,
    /// The unique id that the name stood for when the policy was stored: whoever has it is meant,
    /// under whichever path and name, and nobody else.
    id: Option<Box<str>>,
}

impl Principals {
    /// Parses the element's value.
    pub(crate) fn parse(json: &Json, negated: bool) -> Result<Self, Malformed> {
        if let Json::Text(text) = json {
            let entry = Entry::bare(NamedPrincipal::Everyone);
            let entries = (text == "*").then(|| [entry].into());
            return entries
                .map(|entries| Self { negated, entries })
                .ok_or(Problem::Principal.into());
        }
        let mut entries = Vec::new();
        for (kind, names) in json.members()? {
            let parse = match kind.as_str() {
                "AWS" => Entry::aws,
                "Service" => Entry::service,
                "Federated" => Entry::identity_provider,
                "CanonicalUser" => Entry::canonical_user,
                _ => return Err(Malformed::from(Problem::UnknownElement).within(kind)),
            };
            let read = |text: &str| parse(text).ok_or(Problem::Principal.into());
            entries.extend(names.each_text(read).map_err(|e| e.within(kind))?);
        }
        if entries.is_empty() {
            return Err(Problem::Empty.into());
        }
        Ok(Self { negated, entries: entries.into() })
    }

    /// How an Allow statement with this element names the caller; the least limited way of
    /// several. Whom an identity provider vouches for is named by the provider alone: `*` is
    /// everybody who signs.
    pub(crate) fn naming(&self, caller: &Principal) -> Option<Naming> {
        if self.negated {
            // INVARIANT: the parser refuses `NotPrincipal` with `Allow`.
            return None;
        }
        let web = matches!(caller, Principal::WebIdentity { .. });
        let namings = self.entries.iter().filter_map(|entry| entry.naming(caller));
        namings.filter(|naming| !web || *naming != Naming::Everyone).min()
    }

    /// Whether a Deny statement with this element is about the caller. `NotPrincipal` exempts a
    /// caller that the list names in every way AWS may look it up, and nobody who has a
    /// permissions boundary.
    pub(crate) fn denies(&self, caller: &Principal, has_boundary: bool) -> bool {
        let mut ways = self.entries.iter().filter_map(|entry| entry.naming(caller));
        if !self.negated {
            return ways.next().is_some();
        }
        if has_boundary {
            return true;
        }
        let needed: &[Naming] = match caller {
            Principal::Root { .. } => &[Naming::Account],
            Principal::User { .. } => &[Naming::User, Naming::Account],
            Principal::RoleSession { .. } => &[Naming::Itself, Naming::Role, Naming::Account],
            Principal::FederatedUser { .. } => &[Naming::Itself, Naming::Account],
            Principal::Service { .. } | Principal::WebIdentity { .. } => &[Naming::Itself],
        };
        let listed: BTreeSet<Naming> = ways.collect();
        !(listed.contains(&Naming::Everyone) || needed.iter().all(|way| listed.contains(way)))
    }

    /// Digests of which whomever it is about has one ([`digests_of`]).
    pub(crate) fn digests(&self) -> Vec<u32> {
        match self.negated {
            true => vec![NamedPrincipal::Everyone.digest()],
            false => self.entries.iter().map(Entry::digest).collect(),
        }
    }

    /// The names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &NamedPrincipal> {
        self.entries.iter().map(|entry| &entry.name)
    }

    /// Ties names to unique ids.
    pub(crate) fn bind(&mut self, id_of: &mut dyn FnMut(&NamedPrincipal) -> Option<Box<str>>) {
        for entry in &mut self.entries {
            entry.id = id_of(&entry.name);
        }
    }
}

/// How the ARN of a principal, which stands for the user or role of this unique id if it stands for
/// one, names the caller, if it does; `*` names nobody here.
pub(crate) fn naming_of_arn(arn: &str, id: Option<&str>, caller: &Principal) -> Option<Naming> {
    let entry = Entry::aws(arn).filter(|entry| entry.name != NamedPrincipal::Everyone)?;
    Entry { id: id.map(Into::into), ..entry }.naming(caller)
}

impl Entry {
    fn bare(name: NamedPrincipal) -> Self {
        Self { name, id: None }
    }

    /// A name under `AWS`.
    fn aws(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::bare(NamedPrincipal::Everyone));
        }
        if let Ok(account) = text.parse() {
            return Some(Self::bare(NamedPrincipal::Account { account }));
        }
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        parts.next().filter(|text| is_partition(text))?;
        let service = parts.next()?;
        parts.next().filter(|region| region.is_empty())?;
        let account = parts.next()?.parse().ok()?;
        let name = named(service, account, parts.next()?)?;
        Some(Self { name, id: None })
    }

    /// A name under `Service`.
    fn service(text: &str) -> Option<Self> {
        let fine = is_domain(text) && text.bytes().all(|b| !b.is_ascii_uppercase());
        fine.then(|| Self::bare(NamedPrincipal::Service { name: text.into() }))
    }

    /// A name under `Federated`: the ARN of a SAML or OpenID Connect provider, or a domain.
    fn identity_provider(text: &str) -> Option<Self> {
        let fine = match text.strip_prefix("arn:") {
            Some(rest) => {
                let mut parts = rest.splitn(5, ':');
                let partition = parts.next().is_some_and(is_partition);
                let place = parts.next() == Some("iam") && parts.next() == Some("");
                let account = parts.next().is_some_and(|a| a.parse::<AccountId>().is_ok());
                let resource = parts.next().and_then(|resource| resource.split_once('/'));
                let provider = resource.is_some_and(|(kind, name)| {
                    matches!(kind, "saml-provider" | "oidc-provider") && is_path_text(name)
                });
                partition && place && account && provider
            }
            None => is_domain(text),
        };
        fine.then(|| Self::bare(NamedPrincipal::IdentityProvider { name: text.into() }))
    }

    /// A name under `CanonicalUser`.
    fn canonical_user(text: &str) -> Option<Self> {
        let fine = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        fine.then(|| Self::bare(NamedPrincipal::CanonicalUser { id: text.into() }))
    }

    /// A digest that few others have: of the unique id, where that alone counts.
    fn digest(&self) -> u32 {
        let Some(id) = &self.id else { return self.name.digest() };
        match &self.name {
            NamedPrincipal::User { account, .. } => digest(Naming::User, Some(*account), [id, ""]),
            NamedPrincipal::Role { account, .. } => digest(Naming::Role, Some(*account), [id, ""]),
            NamedPrincipal::RoleSession { account, session, .. } => {
                digest(Naming::Itself, Some(*account), [id, session])
            }
            other => other.digest(),
        }
    }

    fn naming(&self, caller: &Principal) -> Option<Naming> {
        match &self.id {
            Some(id) => self.name.naming_by_id(id, caller),
            None => self.name.naming(caller),
        }
    }
}

impl NamedPrincipal {
    /// Parses what may stand under `AWS`: `*`, an account number or the ARN of a principal.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Entry::aws(text).map(|entry| entry.name)
    }

    /// Parses the ARN of a principal, which neither `*` nor an account number is: its partition
    /// and the name.
    #[must_use]
    pub fn parse_arn(text: &str) -> Option<(&str, Self)> {
        let (partition, _) = text.strip_prefix("arn:")?.split_once(':')?;
        Some((partition, Self::parse(text)?))
    }

    /// The user or role whose unique id the name stands for: account, kind, path and name. The
    /// path of a role is not known from the name of its session.
    #[must_use]
    pub fn identity(&self) -> Option<(AccountId, IdentityKind, Option<&str>, &str)> {
        match self {
            Self::User { account, path, name } => {
                Some((*account, IdentityKind::User, Some(path), name))
            }
            Self::Role { account, path, name } => {
                Some((*account, IdentityKind::Role, Some(path), name))
            }
            Self::RoleSession { account, role, .. } => {
                Some((*account, IdentityKind::Role, None, role))
            }
            _ => None,
        }
    }

    /// The account that it is of; none of services, providers and `*`.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account { account }
            | Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::RoleSession { account, .. }
            | Self::FederatedUser { account, .. } => Some(*account),
            _ => None,
        }
    }

    /// A digest that names seldom share.
    pub(crate) fn digest(&self) -> u32 {
        let account = self.account();
        match self {
            Self::Everyone => digest(Naming::Everyone, None, ["", ""]),
            Self::Account { .. } => digest(Naming::Account, account, ["", ""]),
            Self::User { path, name, .. } => digest(Naming::User, account, [path, name]),
            Self::Role { path, name, .. } => digest(Naming::Role, account, [path, name]),
            Self::RoleSession { role, session, .. } => {
                digest(Naming::Itself, account, [role, session])
            }
            Self::FederatedUser { name, .. } => digest(Naming::Itself, account, [name, ""]),
            Self::IdentityProvider { name } => {
                digest(Naming::Itself, None, [beyond_partition(name), ""])
            }
            Self::Service { name } | Self::CanonicalUser { id: name } => {
                digest(Naming::Itself, None, [name, ""])
            }
        }
    }

    /// How the name names the caller, if it is of the user or role of this unique id: the path and
    /// name that it has now do not count.
    ///
    /// Source: IAM User Guide, "Rename an IAM user" and "AWS JSON policy elements: Principal".
    fn naming_by_id(&self, id: &str, caller: &Principal) -> Option<Naming> {
        let (way, is_it) = match (self, caller) {
            (Self::User { account, .. }, Principal::User { account: a, id: own, .. }) => {
                (Naming::User, account == a && id == own)
            }
            (
                Self::User { account, .. },
                Principal::FederatedUser { account: a, maker: Some(maker), .. },
            ) => (Naming::Maker, account == a && id == maker.id),
            (
                Self::Role { account, .. },
                Principal::RoleSession { account: a, role_id: own, .. },
            ) => (Naming::Role, account == a && id == own),
            (
                Self::RoleSession { account, session, .. },
                Principal::RoleSession { account: a, role_id: own, session: s, .. },
            ) => (Naming::Itself, account == a && id == own && **session == **s),
            _ => return self.naming(caller),
        };
        is_it.then_some(way)
    }

    fn naming(&self, caller: &Principal) -> Option<Naming> {
        let (way, is_it) = match (self, caller) {
            (Self::Everyone, _) => (Naming::Everyone, true),
            (Self::Account { account }, _) => (Naming::Account, caller.account() == Some(*account)),
            (
                Self::User { account, path, name },
                Principal::User { account: a, path: p, name: n, .. },
            ) => (Naming::User, account == a && **path == **p && **name == **n),
            (
                Self::User { account, path, name },
                Principal::FederatedUser { account: a, maker: Some(maker), .. },
            ) => {
                let same = **path == *maker.path && **name == *maker.name;
                (Naming::Maker, account == a && same)
            }
            (
                Self::Role { account, path, name },
                Principal::RoleSession { account: a, role_path: p, role: n, .. },
            ) => (Naming::Role, account == a && **path == **p && **name == **n),
            (
                Self::RoleSession { account, role, session },
                Principal::RoleSession { account: a, role: r, session: s, .. },
            ) => (Naming::Itself, account == a && **role == **r && **session == **s),
            (
                Self::FederatedUser { account, name },
                Principal::FederatedUser { account: a, name: n, .. },
            ) => (Naming::Itself, account == a && **name == **n),
            (Self::Service { name }, Principal::Service { name: n }) => {
                (Naming::Itself, **name == **n)
            }
            (Self::IdentityProvider { name }, Principal::WebIdentity { provider, .. }) => {
                (Naming::Itself, beyond_partition(name) == beyond_partition(provider))
            }
            _ => return None,
        };
        is_it.then_some(way)
    }
}

/// The digests of the names that a policy may call the caller by.
pub(crate) fn digests_of(caller: &Principal) -> Vec<u32> {
    let account = caller.account();
    let mut digests = vec![NamedPrincipal::Everyone.digest()];
    digests.extend(account.map(|account| NamedPrincipal::Account { account }.digest()));
    match caller {
        Principal::Root { .. } => {}
        Principal::User { path, name, id, .. } => {
            digests.push(digest(Naming::User, account, [path, name]));
            digests.push(digest(Naming::User, account, [id, ""]));
        }
        Principal::RoleSession { role_path, role, role_id, session, .. } => {
            digests.push(digest(Naming::Role, account, [role_path, role]));
            digests.push(digest(Naming::Role, account, [role_id, ""]));
            digests.push(digest(Naming::Itself, account, [role, session]));
            digests.push(digest(Naming::Itself, account, [role_id, session]));
        }
        Principal::FederatedUser { name, maker, .. } => {
            digests.push(digest(Naming::Itself, account, [name, ""]));
            if let Some(strongroom_types::SessionMaker { path, name, id }) = maker {
                digests.push(digest(Naming::User, account, [path, name]));
                digests.push(digest(Naming::User, account, [id, ""]));
            }
        }
        Principal::WebIdentity { provider, .. } => {
            digests.push(digest(Naming::Itself, None, [beyond_partition(provider), ""]));
        }
        Principal::Service { name } => digests.push(digest(Naming::Itself, None, [name, ""])),
    }
    digests
}

fn digest(way: Naming, account: Option<AccountId>, names: [&str; 2]) -> u32 {
    let mut hasher = DefaultHasher::new();
    (way, account, names).hash(&mut hasher);
    u32::try_from(hasher.finish() >> 32).unwrap_or_default()
}

/// An ARN without its partition; any other text as it is.
fn beyond_partition(text: &str) -> &str {
    let arn = text.strip_prefix("arn:").and_then(|rest| rest.split_once(':'));
    arn.map_or(text, |(_, rest)| rest)
}

/// What the last part of an ARN of IAM or STS names.
fn named(service: &str, account: AccountId, resource: &str) -> Option<NamedPrincipal> {
    if service == "iam" && resource == "root" {
        return Some(NamedPrincipal::Account { account });
    }
    let (kind, rest) = resource.split_once('/')?;
    let split = || {
        let (path, name) = match rest.rsplit_once('/') {
            Some((path, name)) => (format!("/{path}/"), name),
            None => ("/".to_owned(), rest),
        };
        let fine = is_name(name) && is_path_text(&path) && !path.contains("//");
        fine.then(|| (path.into(), name.into()))
    };
    match (service, kind) {
        ("iam", "user") => split().map(|(path, name)| NamedPrincipal::User { account, path, name }),
        ("iam", "role") => split().map(|(path, name)| NamedPrincipal::Role { account, path, name }),
        ("sts", "assumed-role") => {
            let (role, session) = rest.split_once('/')?;
            (is_name(role) && is_name(session)).then(|| NamedPrincipal::RoleSession {
                account,
                role: role.into(),
                session: session.into(),
            })
        }
        ("sts", "federated-user") => {
            is_name(rest).then(|| NamedPrincipal::FederatedUser { account, name: rest.into() })
        }
        _ => None,
    }
}

/// A name of IAM: `[\w+=,.@-]+`.
fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    !text.is_empty() && text.bytes().all(allowed)
}

/// Visible ASCII. Wildcards are allowed in no part of a principal.
fn is_path_text(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'*' && b != b'?')
}

fn is_partition(text: &str) -> bool {
    let rest = text.strip_prefix("aws");
    rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
}

/// Labels with dots between, of which there is at least one.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_types::SessionMaker;

    #[test]
    fn names_are_parsed() {
        let name = |text| Entry::aws(text).unwrap().name;
        let account = AccountId::INITIAL;
        assert_eq!(name("111122223333"), NamedPrincipal::Account { account });
        assert_eq!(name("arn:aws:iam::111122223333:root"), NamedPrincipal::Account { account });
        assert_eq!(
            name("arn:aws:iam::111122223333:user/a/b/ann"),
            NamedPrincipal::User { account, path: "/a/b/".into(), name: "ann".into() }
        );
        assert_eq!(
            name("arn:aws:iam::111122223333:role/ops"),
            NamedPrincipal::Role { account, path: "/".into(), name: "ops".into() }
        );
    }

    #[test]
    fn other_names_are_refused() {
        for text in [
            "",
            "**",
            "11112222333",
            "ann",
            "AIDAQWERTYUIOPASDFGH",
            "arn:aws:iam::111122223333",
            "arn:aws:iam::1:root",
            "arn:aws:iam::111122223333:root/",
            "arn:aws:iam::111122223333:user",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::111122223333:user/a/",
            "arn:aws:iam::111122223333:user//ann",
            "arn:aws:iam::111122223333:user/*",
            "arn:aws:iam::111122223333:role/ops-?",
            "arn:aws:iam::*:role/ops",
            "arn:aws:iam::111122223333:group/staff",
            "arn:aws:iam:us-east-1:111122223333:user/ann",
            "arn:aws:sts::111122223333:root",
            "arn:aws:sts::111122223333:assumed-role/ops",
            "arn:aws:sts::111122223333:assumed-role/ops/*",
            "arn:aws:sts::111122223333:assumed-role/ops/a/b",
            "arn:azure:iam::111122223333:root",
            "arn::iam::111122223333:root",
        ] {
            assert!(Entry::aws(text).is_none(), "{text}");
        }
        for text in ["", "*", "kms", "kms.", ".amazonaws.com", "a b.com", "Logs.amazonaws.com"] {
            assert!(Entry::service(text).is_none(), "{text}");
        }
        for text in [
            "",
            "*",
            "google",
            "arn:aws:iam::111122223333:user/ann",
            "arn:aws:iam::111122223333:saml-provider/",
        ] {
            assert!(Entry::identity_provider(text).is_none(), "{text}");
        }
        assert!(Entry::canonical_user(&"z".repeat(64)).is_none());
    }

    /// Whoever is named has the digest of the name, so an index that goes by digests misses nobody.
    #[test]
    fn whoever_is_named_has_the_digest_of_the_name() {
        let account = AccountId::INITIAL;
        let provider = "arn:aws:iam::111122223333:oidc-provider/id.example.com";
        let text = str::to_owned;
        let maker = SessionMaker { path: text("/a/"), name: text("x"), id: text("AIDA1") };
        let callers = [
            Principal::Root { account },
            Principal::User { account, path: text("/a/"), name: text("x"), id: text("AIDA1") },
            Principal::RoleSession {
                account,
                role_path: text("/a/"),
                role: text("x"),
                role_id: text("AROA1"),
                session: text("s"),
            },
            Principal::FederatedUser { account, name: text("f"), maker: Some(maker) },
            Principal::WebIdentity { provider: text(provider), subject: text("x") },
            Principal::Service { name: text("x.amazonaws.com") },
        ];
        let aws = [
            "*",
            "111122223333",
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::111122223333:user/a/x",
            "arn:aws-cn:iam::111122223333:role/a/x",
            "arn:aws:sts::111122223333:assumed-role/x/s",
            "arn:aws:sts::111122223333:federated-user/f",
        ];
        let other = provider.replace("arn:aws:", "arn:aws-cn:");
        let entries = aws.iter().map(|text| Entry::aws(text).unwrap());
        let entries = entries.chain([
            Entry::service("x.amazonaws.com").unwrap(),
            Entry::identity_provider(&other).unwrap(),
        ]);
        // Bound to unique ids, under names that nobody has any more.
        let bound = [
            ("arn:aws:iam::111122223333:user/old", "AIDA1"),
            ("arn:aws:iam::111122223333:role/old", "AROA1"),
            ("arn:aws:sts::111122223333:assumed-role/old/s", "AROA1"),
            ("arn:aws:iam::111122223333:user/a/x", "AIDA2"),
        ];
        let entries = entries.chain(bound.map(|(arn, id)| {
            let name = NamedPrincipal::parse(arn).unwrap();
            Entry { name, id: Some(id.into()) }
        }));
        let mut named = 0;
        for (entry, caller) in entries.flat_map(|e| callers.iter().map(move |c| (e.clone(), c))) {
            let has_digest = digests_of(caller).contains(&entry.digest());
            assert_eq!(entry.naming(caller).is_some(), has_digest, "{entry:?} {caller:?}");
            named += usize::from(has_digest);
        }
        // `*` names all six, the account in both forms four, the user by name and by id two each, the
        // rest one each, and whoever bears another id nobody.
        assert_eq!(named, 6 + 2 * 4 + 2 * 2 + 5 + 2);
    }

    #[test]
    fn a_bound_name_is_the_one_that_bears_the_id() {
        let mut principals = Principals {
            negated: false,
            entries: [Entry::aws("arn:aws:iam::111122223333:user/ann").unwrap()].into(),
        };
        let ann = |id: &str| Principal::User {
            account: AccountId::INITIAL,
            path: "/".into(),
            name: "ann".into(),
            id: id.into(),
        };
        assert_eq!(principals.naming(&ann("AIDA2")), Some(Naming::User));
        principals.bind(&mut |_| Some("AIDA1".into()));
        assert_eq!(principals.naming(&ann("AIDA1")), Some(Naming::User));
        assert_eq!(principals.naming(&ann("AIDA2")), None);
    }

    #[test]
    fn a_bound_name_follows_the_id() {
        let text = r#"{"AWS":["arn:aws:iam::111122223333:user/ann",
            "arn:aws:sts::111122223333:assumed-role/ops/s1"]}"#;
        let mut principals = Principals::parse(&Json::parse(text).unwrap(), false).unwrap();
        principals.bind(&mut |name| match name {
            NamedPrincipal::User { .. } => Some("AIDA1".into()),
            _ => Some("AROA1".into()),
        });
        let bob = |account: &str, id: &str| Principal::User {
            account: account.parse().unwrap(),
            path: "/team/".into(),
            name: "bob".into(),
            id: id.into(),
        };
        assert_eq!(principals.naming(&bob("111122223333", "AIDA1")), Some(Naming::User));
        assert_eq!(principals.naming(&bob("111122223333", "AIDA2")), None);
        assert_eq!(principals.naming(&bob("444455556666", "AIDA1")), None);
        let session = |role_id: &str, session: &str| Principal::RoleSession {
            account: AccountId::INITIAL,
            role_path: "/team/".into(),
            role: "other".into(),
            role_id: role_id.into(),
            session: session.into(),
        };
        assert_eq!(principals.naming(&session("AROA1", "s1")), Some(Naming::Itself));
        assert_eq!(principals.naming(&session("AROA1", "s2")), None);
        assert_eq!(principals.naming(&session("AROA2", "s1")), None);
    }
}
