//! Nor is it changed on its word.
use strongroom_engine::work::Work;
use strongroom_keys::KeyRecord;
use strongroom_types::KeyState;

async fn enable(work: &mut Work<'_>, key: &KeyRecord) {
    let _ = work.update_key(key, |record| record.state = KeyState::Enabled).await;
}

fn main() {}
