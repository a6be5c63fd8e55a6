//! The account itself.

mod create_account_alias;
mod delete_account_alias;
mod get_account_authorization_details;
mod get_account_summary;
mod list_account_aliases;

pub(crate) use create_account_alias::CreateAccountAlias;
pub(crate) use delete_account_alias::DeleteAccountAlias;
pub(crate) use get_account_authorization_details::GetAccountAuthorizationDetails;
pub(crate) use get_account_summary::GetAccountSummary;
pub(crate) use list_account_aliases::ListAccountAliases;
