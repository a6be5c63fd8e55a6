//! What is not recorded does not become bytes.
use strongroom_engine::Outcome;
use strongroom_engine::reply::Reply;
use strongroom_protocol::json;

fn main() {
    let outcome: Outcome = Ok(Reply::empty());
    let _ = json::render(&outcome);
}
