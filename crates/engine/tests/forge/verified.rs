//! And that of verification.
use strongroom_sigv4::Verified;

fn main() {
    let _ = Verified {
        access_key_id: todo!(),
        region: todo!(),
        service: "kms",
        session_token: None,
        signed_at: todo!(),
        form: todo!(),
    };
}
