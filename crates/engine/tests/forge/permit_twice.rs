//! One permit does not become two.
use strongroom_policy::Permit;

fn twice(permit: &Permit) -> (Permit, Permit) {
    (permit.clone(), permit.clone())
}

fn main() {}
