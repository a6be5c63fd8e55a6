//! A reply may hold plaintext, so it is not printed either.
fn print(reply: &strongroom_engine::reply::Reply) -> String {
    format!("{reply:?}")
}

fn main() {}
