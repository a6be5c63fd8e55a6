//! Digits of identifiers, without the machinery of formatting: each event has several.

use strongroom_types::{AccountId, KeyId};

/// The 16 bytes as a UUID is written (RFC 9562 §4), which is how the identifier of a key is.
pub(super) fn uuid(bytes: [u8; 16]) -> [u8; 36] {
    KeyId::from_parts(false, bytes).text()
}

/// The twelve digits of an account.
pub(super) fn account(account: AccountId) -> [u8; 12] {
    account.digits()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use strongroom_engine::call::RequestId;

    proptest! {
        #[test]
        fn identifiers_are_written_as_they_are_displayed(bytes: [u8; 16]) {
            let text = RequestId(bytes).to_string();
            let written = uuid(bytes);
            prop_assert_eq!(written.as_slice(), text.as_bytes());
        }

        #[test]
        fn accounts_are_written_as_they_are_displayed(number in 0_u64..1_000_000_000_000) {
            let id = AccountId::from_number(number).unwrap();
            let (written, text) = (account(id), id.to_string());
            prop_assert_eq!(written.as_slice(), text.as_bytes());
        }
    }
}
