//! A key in shares, of which so many give it back and one fewer nothing: Shamir, *How to share a
//! secret*, CACM 1979, over GF(2⁸).

use crate::entropy::Entropy;
use crate::secret::{SecretBytes, SecretKey};
use blahaj::{Share, Sharks};
use std::fmt;
use zeroize::Zeroize;

/// The most shares of a key.
pub const MOST: u8 = 255;

/// One share of a key.
pub struct KeyShare {
    number: u8,
    /// One byte for each of the key's.
    bytes: SecretBytes,
}

/// Why a key cannot be shared, or shares give none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharesError {
    /// The threshold is 1 or less, or greater than the number of shares.
    Threshold,
    /// There are fewer different shares than that.
    TooFew,
    /// The random source failed.
    Entropy,
}

impl fmt::Display for SharesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Threshold => {
                "at least two shares must be needed, and no more than there are; there are 255 at \
                 most"
            }
            Self::TooFew => "there are too few shares",
            Self::Entropy => "the random source failed",
        })
    }
}

impl std::error::Error for SharesError {}

impl KeyShare {
    /// The share `number`, from 1, with these bytes: [`SecretKey::LEN`] of them.
    #[must_use]
    pub fn new(number: u8, bytes: SecretBytes) -> Option<Self> {
        (number > 0 && bytes.len() == SecretKey::LEN).then_some(Self { number, bytes })
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &SecretBytes {
        &self.bytes
    }
}

/// `count` shares of `key`, of which any `threshold` give it back.
///
/// # Errors
/// [`SharesError::Threshold`], [`SharesError::Entropy`].
pub fn split(
    key: &SecretKey,
    count: u8,
    threshold: u8,
    entropy: &dyn Entropy,
) -> Result<Vec<KeyShare>, SharesError> {
    if threshold < 2 || threshold > count {
        return Err(SharesError::Threshold);
    }
    let mut random = Failing { entropy, failed: false };
    let dealt: Vec<Share> =
        Sharks(threshold).dealer_rng(key.expose(), &mut random).take(usize::from(count)).collect();
    if random.failed {
        return Err(SharesError::Entropy);
    }
    let share = |share: &Share| {
        let mut bytes: Vec<u8> = share.into();
        let own = bytes.split_first().map(|(number, rest)| (*number, rest.to_vec()));
        bytes.zeroize();
        let (number, own) = own?;
        KeyShare::new(number, SecretBytes::new(own))
    };
    dealt.iter().map(share).collect::<Option<_>>().ok_or(SharesError::Threshold)
}

/// The key that these shares of a `threshold` give. Shares of another key give another key: who
/// combines them must have a way to tell.
///
/// # Errors
/// [`SharesError::TooFew`].
pub fn combine(shares: &[&KeyShare], threshold: u8) -> Result<SecretKey, SharesError> {
    let mut known: Vec<u8> = Vec::new();
    let mut taken: Vec<Share> = Vec::new();
    for share in shares.iter().take(usize::from(MOST)) {
        // The same share twice would give another key.
        if known.len() < usize::from(threshold) && !known.contains(&share.number) {
            known.push(share.number);
            let mut bytes = vec![share.number];
            bytes.reserve_exact(share.bytes.len());
            bytes.extend_from_slice(share.bytes.expose());
            taken.extend(Share::try_from(bytes.as_slice()).ok());
            bytes.zeroize();
        }
    }
    if taken.len() < usize::from(threshold) {
        return Err(SharesError::TooFew);
    }
    let key = Sharks(threshold).recover(&taken).map_err(|_| SharesError::TooFew)?;
    SecretKey::from_slice(SecretBytes::new(key).expose()).ok_or(SharesError::TooFew)
}

/// The entropy port as the library takes its randomness: it cannot be told that there is none, so
/// that is remembered.
struct Failing<'e> {
    entropy: &'e dyn Entropy,
    failed: bool,
}

impl Failing<'_> {
    fn filled<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        self.failed |= self.entropy.fill(bytes).is_err();
    }
}

impl rand_core::TryRng for Failing<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from_ne_bytes(self.filled()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from_ne_bytes(self.filled()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.fill(bytes);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Failing<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntropyError, SystemEntropy};
    use proptest::prelude::*;

    fn key(byte: u8) -> SecretKey {
        SecretKey::from_slice(&[byte; 32]).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_so_many_give_the_key_back_and_fewer_do_not(
            threshold in 2..8_u8, more in 0..6_u8, pick in any::<u64>()
        ) {
            let count = threshold + more;
            let shares = split(&key(9), count, threshold, &SystemEntropy).unwrap();
            let mut order: Vec<&KeyShare> = shares.iter().collect();
            let turn = usize::try_from(pick % u64::from(count)).unwrap();
            order.rotate_left(turn);
            let enough = &order[..usize::from(threshold)];
            prop_assert!(combine(enough, threshold).unwrap().same_as(&key(9)));
            let all = combine(&order, threshold).unwrap();
            prop_assert!(all.same_as(&key(9)));
            let few = &order[..usize::from(threshold) - 1];
            prop_assert_eq!(combine(few, threshold).err(), Some(SharesError::TooFew));
            // The same one twice is one.
            let twice: Vec<&KeyShare> = few.iter().chain(few).copied().collect();
            prop_assert_eq!(combine(&twice, threshold).err(), Some(SharesError::TooFew));
        }
    }

    /// What one fewer than needed tells: whatever the key, each of their bytes has every value as
    /// often. With a threshold of two, one share's byte is the key's plus a random one.
    #[test]
    fn one_share_of_two_is_as_good_as_random() {
        let mut seen = [false; 256];
        for _ in 0..200 {
            let shares = split(&key(0), 2, 2, &SystemEntropy).unwrap();
            for byte in shares[0].bytes.expose() {
                seen[usize::from(*byte)] = true;
            }
        }
        assert!(seen.iter().all(|seen| *seen));
    }

    #[test]
    fn what_cannot_be_shared_is_refused() {
        for (count, threshold) in [(3, 0), (3, 1), (2, 3)] {
            let shares = split(&key(1), count, threshold, &SystemEntropy);
            assert_eq!(shares.err(), Some(SharesError::Threshold));
        }
        struct Dry;
        impl Entropy for Dry {
            fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
                Err(EntropyError)
            }
        }
        assert_eq!(split(&key(1), 3, 2, &Dry).err(), Some(SharesError::Entropy));
    }
}
