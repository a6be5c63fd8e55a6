//! A caller comes of a verified signature.
use strongroom_engine::call::Caller;

fn main() {
    let _ = Caller { principal: todo!(), account: todo!(), access_key: todo!(), region: todo!() };
}
