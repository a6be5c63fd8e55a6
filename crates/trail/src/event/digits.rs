//! Digits of identifiers, without the machinery of formatting: each event has several.

use strongroom_types::AccountId;

/// The digits of each byte.
const PAIRS: [[u8; 2]; 256] = pairs();

#[expect(clippy::indexing_slicing, reason = "evaluated when it is compiled")]
const fn pairs() -> [[u8; 2]; 256] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
}

/// The 16 bytes as a UUID is written (RFC 9562 §4).
pub(super) fn uuid(bytes: [u8; 16]) -> [u8; 36] {
    let mut text = [b'-'; 36];
    let digits = bytes.iter().flat_map(|byte| PAIRS.get(usize::from(*byte)).copied());
    let mut places = text.chunks_exact_mut(1);
    for (number, pair) in digits.enumerate() {
        if matches!(number, 4 | 6 | 8 | 10) {
            places.next();
        }
        for digit in pair {
            if let Some([place]) = places.next() {
                *place = digit;
            }
        }
    }
    text
}

/// The twelve digits of an account.
pub(super) fn account(account: AccountId) -> [u8; 12] {
    let (mut digits, mut rest) = ([b'0'; 12], account.number());
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    digits
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
