//! Nor one admitted key.
use strongroom_engine::gate::AdmittedKey;

fn twice(key: &AdmittedKey) -> AdmittedKey {
    <AdmittedKey as Clone>::clone(key)
}

fn main() {}
