//! A key is admitted by the gate alone.
use strongroom_engine::gate::AdmittedKey;

fn main() {
    let _ = AdmittedKey { place: todo!(), state: todo!(), permit: todo!() };
}
