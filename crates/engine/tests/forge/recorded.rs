//! Only the ledger says that something is recorded.
use strongroom_engine::Outcome;
use strongroom_engine::ledger::Recorded;
use strongroom_engine::reply::Reply;

fn main() {
    let _ = Recorded::<Outcome> { value: Ok(Reply::empty()) };
}
