//! Whole requests, a few after another, through the gateway: who asks for what with which members, and
//! what is done to it after it was signed, is made of the input. Whatever it is, every answer is as it
//! must be, is recorded once, and tells nobody what they may not know.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use strongroom::fuzzing::answer;
use strongroom_engine::Engine;
use strongroom_testkit::traffic::{Reply, Stage, Wire, run};

thread_local! {
    static STAGE: Stage = Stage::new();
}

async fn front(engine: Arc<Engine>, wire: Wire) -> Option<Reply> {
    let Wire { method, target, headers, body, .. } = wire;
    let (status, request, body) = answer(engine, (&method, &target), &headers, body).await?;
    Some(Reply { status, request, body })
}

fuzz_target!(|bytes: &[u8]| {
    STAGE.with(|stage| run(stage, bytes, front));
});
