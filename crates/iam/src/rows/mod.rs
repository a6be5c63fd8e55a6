//! The rows, by family, and the kind that most of them are.

pub(crate) mod access_keys;
pub(crate) mod account;
pub(crate) mod attachments;
pub(crate) mod boundaries;
pub(crate) mod groups;
pub(crate) mod inline_policies;
pub(crate) mod managed_policies;
pub(crate) mod providers;
pub(crate) mod roles;
pub(crate) mod simulation;
pub(crate) mod sts;
pub(crate) mod tags;
pub(crate) mod users;

/// A row of IAM: an action of the operation's own name, on what IAM knows by an ARN.
macro_rules! row {
    ($name:literal, $effect:ident, $fields:expr, [$($error:expr),*]) => {
        strongroom_engine::demands::Demands {
            name: $name,
            service: "iam",
            access: strongroom_engine::demands::Access::Entity(strongroom_types::Action::new(
                concat!("iam:", $name),
            )),
            origins: &[],
            usage: None,
            states: strongroom_engine::demands::StateClass::Any,
            cross_account: false,
            by_alias: false,
            effect: strongroom_engine::demands::Effect::$effect,
            counted: strongroom_engine::demands::Counted::Shared(
                strongroom_engine::demands::Shared::Iam,
            ),
            fields: $fields,
            errors: &[$($error),*],
            shown: crate::rows::shown(strongroom_engine::demands::Effect::$effect),
        }
    };
}
pub(crate) use row;

use strongroom_engine::demands::{Effect, Shown};

/// CloudTrail shows the answers of what changes something.
const fn shown(effect: Effect) -> Shown {
    match effect {
        Effect::Change => Shown::Everything,
        Effect::Read | Effect::Use => Shown::Nothing,
    }
}
