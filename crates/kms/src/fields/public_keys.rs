//! Public keys.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{GRANT_TOKENS, KEY_ID};

pub(crate) const GET_PUBLIC_KEY: Fields =
    &[required("KeyId", &KEY_ID), optional("GrantTokens", &GRANT_TOKENS)];
