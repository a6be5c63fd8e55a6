//! Work is begun by the pipeline.
use strongroom_engine::work::Work;

fn main() {
    let _ = Work::new(todo!(), todo!());
}
