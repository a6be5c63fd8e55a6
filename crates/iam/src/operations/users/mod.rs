//! Users, and the end of every identity.

mod create_user;
mod delete_identity;
mod get_user;
mod list_users;
mod update_user;

pub(crate) use create_user::CreateUser;
pub(crate) use delete_identity::DeleteIdentity;
pub(crate) use get_user::GetUser;
pub(crate) use list_users::ListUsers;
pub(crate) use update_user::UpdateUser;
