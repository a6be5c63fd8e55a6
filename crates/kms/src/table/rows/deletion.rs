//! Rows of the deletion of keys.

use super::{STATE, each_second, manage, shown};
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_keys::StateClass as S;

pub(in crate::table) const CANCEL_KEY_DELETION: Demands =
    shown(manage("CancelKeyDeletion", "kms:CancelKeyDeletion", S::Cancel, fields::KEY_ONLY, STATE));

pub(in crate::table) const SCHEDULE_KEY_DELETION: Demands = each_second(
    15,
    shown(manage(
        "ScheduleKeyDeletion",
        "kms:ScheduleKeyDeletion",
        S::Schedule,
        fields::SCHEDULE_KEY_DELETION,
        STATE,
    )),
);
