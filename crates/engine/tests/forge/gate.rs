//! Nobody outside the engine asks the gate.
fn main() {
    let _ = strongroom_engine::gate::admit;
}
