//! And it is the pipeline that tells it.
use strongroom_engine::ledger::Ledger;

async fn record(ledger: &Ledger) {
    let _ = ledger.commit(todo!(), todo!(), "not a reply").await;
}

fn main() {}
