//! What a document proves.

use std::collections::BTreeMap;
use strongroom_crypto::hash;

/// What vouches for the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A Nitro Enclave; its registers are those of the enclave's image.
    Enclave,
    /// An instance with NitroTPM; its registers are those of the TPM.
    NitroTpm,
}

/// The content of a document that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// The module that issued the document: the instance, and the enclave or TPM in it.
    pub module_id: String,
    /// What the registers are of.
    pub kind: Kind,
    /// Platform configuration registers by number, 0 to 31, of 32, 48 or 64 bytes. An enclave in
    /// debug mode has zeros.
    pub pcrs: BTreeMap<u8, Vec<u8>>,
    /// The key to encrypt to, as the sender gave it: 1 to 1,024 bytes, meant to be a
    /// `SubjectPublicKeyInfo` in DER. A document need not have one.
    pub public_key: Option<Vec<u8>>,
}

impl Attested {
    /// The digest of the enclave's image, in lower-case hexadecimal: PCR0 of an enclave.
    #[must_use]
    pub fn image_sha384(&self) -> Option<String> {
        self.register(Kind::Enclave, 0)
    }

    /// The value of a condition key in lower-case hexadecimal, `None` for one that the document
    /// does not have. Names of condition keys are not case-sensitive.
    ///
    /// Sources: AWS KMS Developer Guide, "Condition keys for Nitro Enclaves" and "Condition keys
    /// for NitroTPM".
    #[must_use]
    pub fn condition(&self, key: &str) -> Option<String> {
        let key = key.to_ascii_lowercase();
        let name = key.strip_prefix("kms:recipientattestation:")?;
        if name == "imagesha384" {
            return self.image_sha384();
        }
        let (kind, number) = match name.strip_prefix("nitrotpmpcr") {
            Some(number) => (Kind::NitroTpm, number),
            None => (Kind::Enclave, name.strip_prefix("pcr")?),
        };
        // A register has one name: no sign, no leading zero.
        let parsed: u8 = number.parse().ok()?;
        (parsed.to_string() == number).then(|| self.register(kind, parsed))?
    }

    fn register(&self, kind: Kind, number: u8) -> Option<String> {
        let value = self.pcrs.get(&number).filter(|_| self.kind == kind)?;
        Some(hash::hex(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attested(kind: Kind) -> Attested {
        let pcrs = [(0, vec![0xab; 48]), (4, vec![4; 48]), (31, vec![0x1f; 64])];
        Attested { module_id: "i-1".to_owned(), kind, pcrs: pcrs.into(), public_key: None }
    }

    #[test]
    fn an_enclave_has_the_keys_of_enclaves() {
        let enclave = attested(Kind::Enclave);
        let ask = |name: &str| enclave.condition(&format!("kms:RecipientAttestation:{name}"));
        assert_eq!(ask("ImageSha384"), Some("ab".repeat(48)));
        assert_eq!(ask("PCR0"), ask("ImageSha384"));
        assert_eq!(ask("PCR4"), Some("04".repeat(48)));
        assert_eq!(ask("pcr31"), Some("1f".repeat(64)));
        for absent in ["PCR1", "PCR32", "PCR256", "PCR", "PCR04", "PCR+4", "PCR 4", "NitroTPMPCR4"]
        {
            assert_eq!(ask(absent), None, "{absent}");
        }
        assert_eq!(enclave.condition("kms:PCR0"), None);
        assert_eq!(enclave.condition("kms:recipientattestation:imagesha384"), ask("PCR0"));
    }

    #[test]
    fn a_tpm_has_the_keys_of_tpms() {
        let tpm = attested(Kind::NitroTpm);
        let ask = |name: &str| tpm.condition(&format!("kms:RecipientAttestation:{name}"));
        assert_eq!(ask("NitroTPMPCR4"), Some("04".repeat(48)));
        assert_eq!(ask("PCR4"), None);
        assert_eq!(ask("ImageSha384"), None);
        assert_eq!(tpm.image_sha384(), None);
    }
}
