//! Attempts to forge the proofs by which the path is held together, and to let a secret out. None
//! of them compiles; the compiler's words are checked in beside each, so that it is refused for the
//! reason meant. `TRYBUILD=overwrite` writes them anew after a change of compiler.

#[test]
fn no_proof_can_be_forged() {
    trybuild::TestCases::new().compile_fail("tests/forge/*.rs");
}
