//! No key: the caller's account, or nothing but the caller itself.

use super::Target;
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::refusal::Refusal;
use strongroom_policy::{NewId, Permit};
use strongroom_types::{AccountId, Action, Principal, Region};

/// The caller's account, in the request's Region.
#[derive(Default)]
pub struct Account {
    /// What else shall be done to the key that is to be made there.
    pub also: Option<Action>,
    /// Whether that is a multi-Region key.
    pub multi_region: bool,
}

/// Proof that the caller may act on its account.
pub struct AdmittedAccount {
    account: AccountId,
    region: Region,
    permit: Permit,
}

impl AdmittedAccount {
    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The Region.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    /// Why it may be worked with.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
}

impl AdmittedAccount {
    /// The account in another Region, if `permit` is of an account.
    pub(super) fn in_region(
        account: AccountId,
        region: Region,
        permit: Permit,
    ) -> Result<Self, Refusal> {
        if permit.covers_account() {
            Ok(Self { account, region, permit })
        } else {
            Err(Refusal::Internal)
        }
    }
}

/// Refuses a permit that is for no key to be made there.
pub(super) fn covers_new_key(
    permit: &Permit,
    region: Region,
    desk: &Desk<'_>,
) -> Result<(), Refusal> {
    let covers = permit.covers_new_key(region, desk.call.caller.account);
    if covers { Ok(()) } else { Err(Refusal::Internal) }
}

impl Target for Account {
    type Found = Self;
    type Permits = Permit;
    type Admitted = AdmittedAccount;

    async fn find(self, _: &Desk<'_>, _: &mut Note) -> Result<Self, Refusal> {
        Ok(self)
    }

    async fn authorize(found: &Self, desk: &Desk<'_>, note: &mut Note) -> Result<Permit, Refusal> {
        let Access::Account(action) = desk.demands.access else { return Err(Refusal::Internal) };
        let permit = desk.permit_account(action, note)?;
        if let Some(also) = found.also {
            let region = desk.call.caller.region;
            let id = if found.multi_region { NewId::MultiRegion } else { NewId::Any };
            covers_new_key(&desk.permit_new_key(also, None, (region, id), note)?, region, desk)?;
        }
        Ok(permit)
    }

    fn admit(_: Self, permit: Permit, desk: &Desk<'_>) -> Result<AdmittedAccount, Refusal> {
        let caller = &desk.call.caller;
        if !permit.covers_account() {
            return Err(Refusal::Internal);
        }
        Ok(AdmittedAccount { account: caller.account, region: caller.region, permit })
    }
}

/// Nothing that needs a permission: the caller asks about itself.
pub struct Anyone;

/// The caller, as authenticated.
pub struct AdmittedCaller {
    principal: Principal,
    account: AccountId,
    partition: &'static str,
}

impl AdmittedCaller {
    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        self.principal.arn(self.partition).to_string()
    }

    /// The unique id.
    #[must_use]
    pub fn user_id(&self) -> String {
        self.principal.user_id()
    }
}

impl Target for Anyone {
    type Found = ();
    type Permits = ();
    type Admitted = AdmittedCaller;

    async fn find(self, _: &Desk<'_>, _: &mut Note) -> Result<(), Refusal> {
        Ok(())
    }

    async fn authorize((): &(), desk: &Desk<'_>, _: &mut Note) -> Result<(), Refusal> {
        if matches!(desk.demands.access, Access::Anyone) { Ok(()) } else { Err(Refusal::Internal) }
    }

    fn admit((): (), (): (), desk: &Desk<'_>) -> Result<AdmittedCaller, Refusal> {
        let caller = &desk.call.caller;
        Ok(AdmittedCaller {
            principal: caller.principal.clone(),
            account: caller.account,
            partition: caller.partition,
        })
    }
}
