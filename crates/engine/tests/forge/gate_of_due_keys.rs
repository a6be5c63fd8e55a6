//! Nor its other door, that of the scheduler.
fn main() {
    let _ = strongroom_engine::gate::admit_due;
}
