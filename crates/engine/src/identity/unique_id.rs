//! Unique ids and access key ids, in AWS's form.
//!
//! Source: IAM User Guide, "IAM identifiers", "Unique identifiers". That an access key id tells its
//! account is what `GetAccessKeyInfo` rests on; how it does is not documented, and has been read out
//! of real ones: the first 48 of its 80 bits, in base32, hold the account in bits 7 to 46.

use strongroom_crypto::{Entropy, EntropyError};
use strongroom_types::AccountId;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Where the account stands in the first 48 bits.
const SHIFT: u32 = 7;

/// A fresh unique id: `prefix` and 17 letters and digits.
///
/// # Errors
/// When the random source fails.
pub(crate) fn unique_id(prefix: &str, entropy: &dyn Entropy) -> Result<String, EntropyError> {
    let mut bytes = [0; 17];
    entropy.fill(&mut bytes)?;
    Ok(prefix.chars().chain(bytes.iter().map(|byte| letter(u64::from(*byte)))).collect())
}

/// A fresh access key id of the account: `prefix` and 16 letters and digits.
///
/// # Errors
/// When the random source fails.
pub(crate) fn access_key_id(
    prefix: &str,
    account: AccountId,
    entropy: &dyn Entropy,
) -> Result<String, EntropyError> {
    let mut random = [0; 8];
    entropy.fill(&mut random)?;
    let low = u64::from_be_bytes(random);
    let first = 1 << 47 | account.number() << SHIFT | low >> 57;
    let bits = u128::from(first) << 32 | u128::from(low & u64::from(u32::MAX));
    let letters = (0..16).rev().map(|at| {
        let group = bits >> (5 * at) & 31;
        letter(u64::try_from(group).unwrap_or(0))
    });
    Ok(prefix.chars().chain(letters).collect())
}

/// The account that an access key id tells of.
pub(crate) fn account_of(access_key: &str) -> Option<AccountId> {
    let letters = access_key.get(4..20)?.bytes();
    let mut bits = 0_u128;
    for letter in letters {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = bits << 5 | u128::try_from(value).ok()?;
    }
    let first = u64::try_from(bits >> 32).ok()?;
    AccountId::from_number((first & 0x7fff_ffff_ff80) >> SHIFT)
}

fn letter(value: u64) -> char {
    let at = usize::try_from(value % 32).unwrap_or(0);
    ALPHABET.get(at).copied().map_or('A', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_crypto::SystemEntropy;

    #[test]
    fn an_access_key_id_tells_its_account() {
        let accounts = [0, 1, 111_122_223_333, 999_999_999_999];
        for account in accounts.map(|number| AccountId::from_number(number).unwrap()) {
            let id = access_key_id("ASIA", account, &SystemEntropy).unwrap();
            assert_eq!((id.len(), account_of(&id)), (20, Some(account)));
            assert_ne!(id, access_key_id("ASIA", account, &SystemEntropy).unwrap());
        }
        assert_eq!(unique_id("AIDA", &SystemEntropy).unwrap().len(), 21);
        assert_eq!(account_of("ASIA"), None);
        assert_eq!(account_of("ASIAaaaaaaaaaaaaaaaa"), None);
    }
}
