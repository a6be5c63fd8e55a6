//! A caller comes of a verified signature.
use strongroom_engine::call::Caller;

fn main() {
    let (principal, account, access_key, region, partition, authority) = todo!();
    let _ = Caller { principal, account, access_key, region, partition, authority };
}
