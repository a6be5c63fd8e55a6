//! Listings, page by page: what an operation may see of more than the thing it is about.

use crate::gate::AdmittedKey;
use crate::marker;
use crate::refusal::{Invalid, Missing, Refusal};
use crate::slot::SlotRange;
use crate::target::{AdmittedAccount, AdmittedIam, AdmittedIdentity};
use crate::work::Work;
use strongroom_keys::AliasRecord;
use strongroom_types::{AliasName, IdentityKind, KeyArn, KeyId, KeyReference};

/// A page of a listing.
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Marker of the next page, if there is one.
    pub next: Option<String>,
}

/// Which page of a listing.
pub struct PageRequest {
    /// Most items.
    pub limit: usize,
    /// Marker that the page before returned.
    pub marker: Option<String>,
}

/// The page that a request's `Limit` and `Marker` ask for.
///
/// # Errors
/// [`Refusal::Validation`] when the limit is beyond `most`, which not every operation shares with
/// the model.
pub fn page_request(
    limit: Option<i64>,
    marker: Option<String>,
    default: usize,
    most: i64,
) -> Result<PageRequest, Refusal> {
    match limit {
        Some(asked) if asked > most => Err(Refusal::Validation(Invalid::PageLimit { asked, most })),
        Some(asked) => {
            let limit = usize::try_from(asked).map_err(|_| Refusal::Internal)?;
            Ok(PageRequest { limit, marker })
        }
        None => Ok(PageRequest { limit: default, marker }),
    }
}

/// The most records that one page of a choice looks at.
const MAX_LOOKED_AT: usize = 1000;
/// The most entities of one kind that are counted. Source: IAM User Guide, quota of users.
const MAX_COUNTED: usize = 5000;

impl Work<'_> {
    /// A page of the account's keys in the Region, by key id.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn keys(
        &self,
        account: &AdmittedAccount,
        page: PageRequest,
    ) -> Result<Page<KeyId>, Refusal> {
        let range = SlotRange::keys(account.account(), account.region());
        let (query, after) = self.query(&range, &page).await?;
        let found = self.desk.vault.places(&range, after.as_deref(), page.limit + 1).await;
        let found = found.map_err(|why| self.desk.internal(&why))?;
        let found = self.cut(found, &query, page.limit, Vec::as_slice).await?;
        let ids = found.items.iter().filter_map(|place| {
            std::str::from_utf8(place.get(range.prefix().len()..)?).ok()?.parse().ok()
        });
        Ok(Page { items: ids.collect(), next: found.next })
    }

    /// A page of the account's aliases in the Region, by name.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn aliases(
        &self,
        account: &AdmittedAccount,
        page: PageRequest,
    ) -> Result<Page<(AliasName, AliasRecord)>, Refusal> {
        let range = SlotRange::aliases(account.account(), account.region());
        let found = self.named_page::<AliasRecord>(&range, page).await?;
        let items = found.items.into_iter().filter_map(|(place, record)| {
            let name = place.get(range.prefix().len()..)?;
            Some((AliasName::parse(std::str::from_utf8(name).ok()?).ok()?, record))
        });
        Ok(Page { items: items.collect(), next: found.next })
    }

    /// A page of the aliases of the account's key that `text` names, by name.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is no such key, [`Refusal::InvalidMarker`],
    /// [`Refusal::Internal`].
    pub async fn aliases_of(
        &self,
        account: &AdmittedAccount,
        text: &str,
        page: PageRequest,
    ) -> Result<Page<(AliasName, AliasRecord)>, Refusal> {
        let arn = self.own_key(account, text).await?;
        let found = self.page::<String>(&SlotRange::aliases_of(&arn), page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for name in found.items {
            let Ok(name) = AliasName::parse(&name) else { continue };
            let alias = strongroom_types::AliasArn {
                region: arn.region,
                account: arn.account,
                name: name.clone(),
            };
            let read = self.desk.vault.alias(&alias).await;
            if let Some(read) = read.map_err(|why| self.desk.internal(&why))? {
                items.push((name, read.record.clone()));
            }
        }
        Ok(Page { items, next: found.next })
    }

    async fn own_key(&self, account: &AdmittedAccount, text: &str) -> Result<KeyArn, Refusal> {
        let (region, own) = (account.region(), account.account());
        let arn = match KeyReference::parse(text) {
            Ok(KeyReference::Id(key)) => KeyArn { region, account: own, key },
            Ok(KeyReference::Arn(arn)) if arn.region != region => {
                return Err(Refusal::NotFound(Missing::Region(arn.region)));
            }
            Ok(KeyReference::Arn(arn)) if arn.account == own => arn,
            _ if text.starts_with("arn:") => return Err(Refusal::InvalidArn(text.to_owned())),
            _ => return Err(Refusal::NotFound(Missing::KeyId(text.to_owned()))),
        };
        let found = self.desk.vault.key(&arn).await.map_err(|why| self.desk.internal(&why))?;
        found.map(|_| arn).ok_or(Refusal::NotFound(Missing::Key(arn)))
    }

    pub(crate) async fn page<T>(
        &self,
        range: &SlotRange,
        page: PageRequest,
    ) -> Result<Page<T>, Refusal>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let found = self.named_page(range, page).await?;
        let items = found.items.into_iter().map(|(_, item)| item).collect();
        Ok(Page { items, next: found.next })
    }

    async fn named_page<T>(
        &self,
        range: &SlotRange,
        page: PageRequest,
    ) -> Result<Page<(Vec<u8>, T)>, Refusal>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let (query, after) = self.query(range, &page).await?;
        let found = self.desk.vault.scan(range, after.as_deref(), page.limit + 1).await;
        let found = found.map_err(|why| self.desk.internal(&why))?;
        self.cut(found, &query, page.limit, |(place, _): &(Vec<u8>, T)| place.as_slice()).await
    }

    /// A page of the store keys of `first`, and then of those of `rest`; records are not opened.
    pub(crate) async fn page_of_places(
        &self,
        first: &SlotRange,
        rest: &[SlotRange],
        page: PageRequest,
    ) -> Result<Page<Vec<u8>>, Refusal> {
        let (query, mut after) = self.query(first, &page).await?;
        let mut found = Vec::new();
        for range in std::iter::once(first).chain(rest) {
            // The page before ended in a range; those before that one are done.
            if after.as_ref().is_some_and(|place| !place.starts_with(range.prefix())) {
                continue;
            }
            let after = after.take();
            let room = (page.limit + 1).saturating_sub(found.len());
            let places = self.desk.vault.places(range, after.as_deref(), room).await;
            found.extend(places.map_err(|why| self.desk.internal(&why))?);
        }
        self.cut(found, &query, page.limit, Vec::as_slice).await
    }

    /// A page of the records of `range` that are `chosen`. Its marker is bound to `choice`, too.
    /// At most [`MAX_LOOKED_AT`] records are looked at, so that a page may be short, or empty, and
    /// there may still be a next one.
    pub(crate) async fn chosen_page<T>(
        &self,
        range: &SlotRange,
        choice: &str,
        page: PageRequest,
        chosen: impl Fn(&T) -> bool,
    ) -> Result<Page<T>, Refusal>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let query = [self.desk.demands.name, " ", choice, " "].concat().into_bytes();
        let query = [&query, range.prefix()].concat();
        let after = self.opened(&query, &page).await?;
        let look = if choice.is_empty() { page.limit } else { MAX_LOOKED_AT };
        let found = self.desk.vault.scan::<T>(range, after.as_deref(), look + 1).await;
        let mut found = found.map_err(|why| self.desk.internal(&why))?;
        let mut more = found.len() > look;
        found.truncate(look);
        let last_seen = found.last().map(|(place, _)| place.clone());
        let mut items = Vec::new();
        let mut last = None;
        for (place, item) in found {
            if !chosen(&item) {
                continue;
            }
            if items.len() == page.limit {
                more = true;
                break;
            }
            last = Some(place);
            items.push(item);
        }
        let full = items.len() == page.limit;
        let at = if full { last } else { last_seen };
        let next = match at {
            Some(place) if more => Some(self.marker(&query, &place).await?),
            _ => None,
        };
        Ok(Page { items, next })
    }

    /// How many users, groups, roles, managed policies and identity providers the account has,
    /// under the names that `GetAccountSummary` has for them; each counted up to AWS's quota of
    /// users.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn entity_counts(
        &self,
        account: &AdmittedIam,
    ) -> Result<Vec<(&'static str, usize)>, Refusal> {
        let account = account.account();
        let ranges = [
            ("Users", SlotRange::identities(account, IdentityKind::User)),
            ("Groups", SlotRange::identities(account, IdentityKind::Group)),
            ("Roles", SlotRange::identities(account, IdentityKind::Role)),
            ("Policies", SlotRange::managed_policies(account)),
            ("Providers", SlotRange::providers(account)),
        ];
        let mut counts = Vec::with_capacity(ranges.len());
        for (name, range) in ranges {
            let places = self.desk.vault.places(&range, None, MAX_COUNTED).await;
            counts.push((name, places.map_err(|why| self.desk.internal(&why))?.len()));
        }
        Ok(counts)
    }

    /// What a marker of this listing is bound to, and where the page begins.
    async fn query(
        &self,
        range: &SlotRange,
        page: &PageRequest,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), Refusal> {
        let query = [self.desk.demands.name.as_bytes(), b" ", range.prefix()].concat();
        let after = self.opened(&query, page).await?;
        Ok((query, after))
    }

    /// What the page's marker says, if it has one.
    async fn opened(&self, query: &[u8], page: &PageRequest) -> Result<Option<Vec<u8>>, Refusal> {
        match &page.marker {
            Some(text) => marker::open(self.desk.vault, query, text).await.map(Some),
            None => Ok(None),
        }
    }

    /// A marker by which `query` goes on after `place`.
    async fn marker(&self, query: &[u8], place: &[u8]) -> Result<String, Refusal> {
        let sealed = marker::seal(self.desk.vault, query, place).await;
        sealed.map_err(|why| self.desk.internal(&why))
    }

    /// The page of `items`, of which one more than `limit` was read to tell whether there is a
    /// next one.
    async fn cut<T>(
        &self,
        mut items: Vec<T>,
        query: &[u8],
        limit: usize,
        place: impl Fn(&T) -> &[u8],
    ) -> Result<Page<T>, Refusal> {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = match items.last() {
            Some(last) if more => Some(self.marker(query, place(last)).await?),
            _ => None,
        };
        Ok(Page { items, next })
    }

    /// The part of `items` (all there are, in a fixed order) that is the page asked for, for
    /// listings that are part of one record.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn page_within<T>(
        &self,
        key: &AdmittedKey,
        items: Vec<T>,
        page: PageRequest,
    ) -> Result<Page<T>, Refusal> {
        self.page_of(&key.arn().to_string(), items, page).await
    }

    /// The same of what is part of a user, group or role.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn page_of_identity<T>(
        &self,
        identity: &AdmittedIdentity,
        items: Vec<T>,
        page: PageRequest,
    ) -> Result<Page<T>, Refusal> {
        self.page_of(&identity.record().id, items, page).await
    }

    /// The same of what is part of `subject`.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn page_of<T>(
        &self,
        subject: &str,
        items: Vec<T>,
        page: PageRequest,
    ) -> Result<Page<T>, Refusal> {
        let query = format!("{} {subject}", self.desk.demands.name).into_bytes();
        let start = match self.opened(&query, &page).await? {
            Some(bytes) => {
                let bytes = bytes.as_slice().try_into().map_err(|_| Refusal::InvalidMarker)?;
                u32::from_be_bytes(bytes)
            }
            None => 0,
        };
        let start = usize::try_from(start).map_err(|_| Refusal::InvalidMarker)?;
        let end = start.saturating_add(page.limit);
        let next = match u32::try_from(end) {
            Ok(at) if end < items.len() => Some(self.marker(&query, &at.to_be_bytes()).await?),
            _ => None,
        };
        Ok(Page { items: items.into_iter().skip(start).take(page.limit).collect(), next })
    }
}
