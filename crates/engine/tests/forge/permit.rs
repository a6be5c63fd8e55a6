//! A permit is made by a decision.
use strongroom_policy::Permit;

fn main() {
    let _ = Permit { action: todo!(), target: todo!(), reason: todo!() };
}
