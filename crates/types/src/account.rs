//! The twelve-digit AWS account number.

use std::fmt;
use std::str::FromStr;

/// An account: twelve decimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// The account that a new server starts with: `111122223333`, the number of AWS's examples.
    pub const INITIAL: Self = Self(111_122_223_333);

    /// The number that stands for no account: `000000000000`.
    pub const NOBODY: Self = Self(0);

    /// The account of this number, below 10¹².
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        (number < 1_000_000_000_000).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// The twelve digits, in ASCII, without the formatting machinery: an account is in every ARN.
    #[must_use]
    pub fn digits(self) -> [u8; 12] {
        let (mut digits, mut rest) = ([b'0'; 12], self.0);
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        digits
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // INVARIANT: digits are ASCII.
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl FromStr for AccountId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(());
        }
        text.parse().map(Self).map_err(|_| ())
    }
}
