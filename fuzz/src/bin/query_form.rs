//! Forms of the Query protocol, checked against the fields of an operation of each service.

#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_engine::decode::Values;
use strongroom_iam::{IamOperation, StsOperation, iam_demands, sts_demands};
use strongroom_protocol::query::Form;

fuzz_target!(|data: &[u8]| {
    let Some((which, form)) = data.split_first() else { return };
    let which = usize::from(*which);
    let fields = match IamOperation::ALL.get(which) {
        Some(name) => iam_demands(*name).fields,
        None => sts_demands(StsOperation::ALL[which % StsOperation::ALL.len()]).fields,
    };
    let Ok(form) = Form::parse(form) else { return };
    let _ = Values::check(fields, &form.into_input());
});
