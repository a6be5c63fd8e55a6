//! What an external key store's proxy answers: it is refused, or what was asked for, and what of it
//! goes further is short and printable. The input is a status class, the answer's body and, behind a
//! zero byte, what was sent.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((status, bytes)) = bytes.split_first() else { return };
    let split = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (body, asked) = bytes.split_at(split);
    let status = u16::from(*status % 6) * 100;
    strongroom_keystores::fuzzing::proxy_answer(status, body, asked);
});
