//! The vault hands key material to nobody outside the engine.
use strongroom_engine::work::Work;

async fn steal(work: &mut Work<'_>, key: &strongroom_engine::gate::AdmittedKey) {
    let _ = work.backing_keys(key).await;
}

fn main() {}
