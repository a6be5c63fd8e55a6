//! Groups.

mod add_user_to_group;
mod create_group;
mod get_group;
mod list_groups;
mod list_groups_for_user;
mod remove_user_from_group;
mod update_group;

pub(crate) use add_user_to_group::AddUserToGroup;
pub(crate) use create_group::CreateGroup;
pub(crate) use get_group::GetGroup;
pub(crate) use list_groups::ListGroups;
pub(crate) use list_groups_for_user::ListGroupsForUser;
pub(crate) use remove_user_from_group::RemoveUserFromGroup;
pub(crate) use update_group::UpdateGroup;
