//! What requests are counted by.

use super::Rate;
use strongroom_types::{DataKeyPairSpec, KeySpec, Region};

/// What the requests of an operation are counted by; a member of its row.
///
/// Source: AWS KMS Developer Guide, "Request quotas for each AWS KMS API operation".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A quota of the operation's own: AWS's, in requests a second.
    Own(u32),
    /// A quota of its own, and twice or so that of another operation in the Region that a member of
    /// the request names (ReplicateKey, UpdatePrimaryRegion).
    AlsoIn {
        /// Its own, in requests a second.
        own: u32,
        /// The member of the request.
        region: &'static str,
        /// The other operation.
        operation: &'static str,
        /// How often it counts there.
        times: u32,
    },
    /// A quota that it shares with others.
    Shared(Shared),
    /// The quota that all cryptographic operations share with keys of the kind of the request's
    /// key, and the one of the custom key store that it is in. ReEncrypt counts for both keys.
    ByKey,
    /// That of symmetric keys, and that of the custom key store that the request names
    /// (GenerateRandom).
    Random,
    /// A quota for each spec of data key pair.
    ByPair,
}

/// A quota that operations share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shared {
    /// All requests of an account, whatever they are, in all Regions. AWS has no such quota.
    Account,
    /// Cryptographic operations with symmetric keys: those that encrypt and those for HMAC.
    Symmetric,
    /// Cryptographic operations with RSA keys.
    Rsa,
    /// Cryptographic operations with keys on elliptic curves, of which SM2's is one.
    Ecc,
    /// Cryptographic operations with ML-DSA keys.
    MlDsa,
    /// Cryptographic operations with ML-KEM keys.
    MlKem,
    /// Cryptographic operations with the keys of one custom key store, of all accounts.
    KeyStore,
    /// Data key pairs of one spec.
    Pairs(DataKeyPairSpec),
    /// IAM.
    Iam,
    /// STS.
    Sts,
    /// S3.
    S3,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A shared quota.
    Shared(Shared),
    /// An operation, by the name clients write.
    Operation(&'static str),
}

/// Regions whose symmetric quota is 20,000. Source: see [`Counted`].
const TWENTY_THOUSAND: [&str; 6] = [
    "us-east-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "eu-central-1",
    "eu-west-2",
];
/// Regions whose symmetric quota is 100,000. Source: the same.
const HUNDRED_THOUSAND: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];
/// Regions where RSA pairs are dearer. Source: the same.
const CHINA: [&str; 2] = ["cn-north-1", "cn-northwest-1"];

impl Shared {
    /// All of them.
    pub const ALL: [Self; 22] = {
        use DataKeyPairSpec as P;
        [
            Self::Account,
            Self::Symmetric,
            Self::Rsa,
            Self::Ecc,
            Self::MlDsa,
            Self::MlKem,
            Self::KeyStore,
            Self::Pairs(P::EccNistP256),
            Self::Pairs(P::EccNistP384),
            Self::Pairs(P::EccNistP521),
            Self::Pairs(P::EccSecgP256k1),
            Self::Pairs(P::EccNistEdwards25519),
            Self::Pairs(P::Rsa2048),
            Self::Pairs(P::Rsa3072),
            Self::Pairs(P::Rsa4096),
            Self::Pairs(P::Sm2),
            Self::Pairs(P::MlKem512),
            Self::Pairs(P::MlKem768),
            Self::Pairs(P::MlKem1024),
            Self::Iam,
            Self::Sts,
            Self::S3,
        ]
    };

    /// The quota that uses of a key of this spec count in.
    #[must_use]
    pub const fn of(spec: KeySpec) -> Self {
        use KeySpec as K;
        match spec {
            K::SymmetricDefault | K::Hmac224 | K::Hmac256 | K::Hmac384 | K::Hmac512 => {
                Self::Symmetric
            }
            K::Rsa2048 | K::Rsa3072 | K::Rsa4096 => Self::Rsa,
            K::EccNistP256
            | K::EccNistP384
            | K::EccNistP521
            | K::EccSecgP256k1
            | K::EccNistEdwards25519
            | K::Sm2 => Self::Ecc,
            K::MlDsa44 | K::MlDsa65 | K::MlDsa87 => Self::MlDsa,
            K::MlKem512 | K::MlKem768 | K::MlKem1024 => Self::MlKem,
        }
    }

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        use DataKeyPairSpec as P;
        match self {
            Self::Account => "account",
            Self::Symmetric => "cryptography-symmetric",
            Self::Rsa => "cryptography-rsa",
            Self::Ecc => "cryptography-ecc",
            Self::MlDsa => "cryptography-ml-dsa",
            Self::MlKem => "cryptography-ml-kem",
            Self::KeyStore => "custom-key-store",
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::S3 => "s3",
            Self::Pairs(spec) => match spec {
                P::EccNistP256 => "data-key-pairs-ecc-nist-p256",
                P::EccNistP384 => "data-key-pairs-ecc-nist-p384",
                P::EccNistP521 => "data-key-pairs-ecc-nist-p521",
                P::EccSecgP256k1 => "data-key-pairs-ecc-secg-p256k1",
                P::EccNistEdwards25519 => "data-key-pairs-ecc-nist-edwards25519",
                P::Rsa2048 => "data-key-pairs-rsa-2048",
                P::Rsa3072 => "data-key-pairs-rsa-3072",
                P::Rsa4096 => "data-key-pairs-rsa-4096",
                P::Sm2 => "data-key-pairs-sm2",
                P::MlKem512 => "data-key-pairs-ml-kem-512",
                P::MlKem768 => "data-key-pairs-ml-kem-768",
                P::MlKem1024 => "data-key-pairs-ml-kem-1024",
            },
        }
    }

    /// The quota of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// AWS's rates: those of single Regions, then that of all others. None where AWS has no quota.
    ///
    /// Source: see [`Counted`]; STS: IAM User Guide, "IAM and AWS STS quotas". Not AWS's, since it
    /// publishes none: ML-KEM as ML-DSA, pairs of ML-KEM as those of curves, IAM 100.
    pub(super) fn aws(self) -> (Vec<(Region, Rate)>, Option<Rate>) {
        use DataKeyPairSpec as P;
        let in_each = |regions: &[&str], rate: Rate| {
            regions.iter().filter_map(|name| Some((name.parse().ok()?, rate))).collect()
        };
        let everywhere = |requests| (Vec::new(), Some(Rate::per_second(requests)));
        match self {
            Self::Account | Self::S3 => (Vec::new(), None),
            Self::Symmetric => {
                let mut regions: Vec<_> = in_each(&TWENTY_THOUSAND, Rate::per_second(20_000));
                let most: Vec<_> = in_each(&HUNDRED_THOUSAND, Rate::per_second(100_000));
                regions.extend(most);
                (regions, Some(Rate::per_second(10_000)))
            }
            Self::Rsa | Self::Ecc | Self::MlDsa | Self::MlKem => everywhere(1000),
            Self::KeyStore => everywhere(1800),
            Self::Pairs(P::Rsa2048) => {
                (in_each(&CHINA, Rate::per_second(1)), Some(Rate::per_second(20)))
            }
            Self::Pairs(P::Rsa3072) => {
                (in_each(&CHINA, Rate::one_in(2)), Some(Rate::per_second(4)))
            }
            Self::Pairs(P::Rsa4096) => {
                (in_each(&CHINA, Rate::one_in(10)), Some(Rate::per_second(1)))
            }
            Self::Pairs(P::Sm2) => everywhere(25),
            Self::Pairs(_) | Self::Iam => everywhere(100),
            Self::Sts => everywhere(600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_has_a_name_of_its_own() {
        let names: HashSet<&str> = Shared::ALL.iter().map(|one| one.name()).collect();
        assert_eq!(names.len(), Shared::ALL.len());
        for one in Shared::ALL {
            assert_eq!(Shared::parse(one.name()), Some(one));
        }
        assert_eq!(Shared::parse("CreateKey"), None);
    }
}
