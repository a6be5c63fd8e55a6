//! What the return values of a module mean to the engine.

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use strongroom_engine::ports::key_store::KeyStoreError;

/// `CKR_AEAD_DECRYPT_FAILED` of PKCS #11 version 3.0, which the bindings do not name.
const AEAD_DECRYPT_FAILED: u64 = 0x42;

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Fault {
    /// The module says so.
    Module(Error),
    /// We say so.
    Ours(KeyStoreError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Module(error)
    }
}

impl From<KeyStoreError> for Fault {
    fn from(error: KeyStoreError) -> Self {
        Self::Ours(error)
    }
}

impl Fault {
    /// Whether a new session may help: this one, its login, the connection behind it or a handle
    /// of an object is gone.
    pub(super) fn is_loss(&self) -> bool {
        use RvError as Rv;
        let Self::Module(Error::Pkcs11(code, _)) = self else { return false };
        matches!(
            code,
            Rv::SessionHandleInvalid
                | Rv::SessionClosed
                | Rv::UserNotLoggedIn
                | Rv::CryptokiNotInitialized
                | Rv::ObjectHandleInvalid
                | Rv::KeyHandleInvalid
                | Rv::OperationActive
                | Rv::DeviceRemoved
                | Rv::DeviceError
                | Rv::TokenNotPresent
                | Rv::GeneralError
                | Rv::FunctionFailed
        )
    }

    /// Whether a decryption failed in a way that some modules have for a ciphertext that does not
    /// authenticate, and all have for other failures.
    pub(super) fn may_be_the_ciphertext(&self) -> bool {
        let codes = [RvError::GeneralError, RvError::FunctionFailed, RvError::DataInvalid];
        matches!(self, Self::Module(Error::Pkcs11(code, Function::Decrypt)) if codes.contains(code))
    }

    /// In the engine's words.
    pub(super) fn meaning(self) -> KeyStoreError {
        use RvError as Rv;
        let (code, function) = match self {
            Self::Ours(error) => return error,
            Self::Module(Error::Pkcs11(code, function)) => (code, function),
            Self::Module(other) => return KeyStoreError::Failed(other.to_string()),
        };
        // The texts of the bindings are paragraphs of the standard.
        let text = || format!("C_{function:?}: {code:?}");
        match code {
            Rv::PinIncorrect | Rv::PinInvalid | Rv::PinLenRange | Rv::PinExpired => {
                KeyStoreError::HsmCredentials
            }
            Rv::PinLocked => KeyStoreError::HsmUserLocked,
            Rv::TokenNotPresent
            | Rv::TokenNotRecognized
            | Rv::DeviceRemoved
            | Rv::SlotIdInvalid => KeyStoreError::ClusterNotActive,
            Rv::UserPinNotInitialized
            | Rv::MechanismInvalid
            | Rv::FunctionNotSupported
            | Rv::TokenWriteProtected => KeyStoreError::ClusterConfiguration(text()),
            Rv::EncryptedDataInvalid
            | Rv::EncryptedDataLenRange
            | Rv::UnknownErrorCode(AEAD_DECRYPT_FAILED) => KeyStoreError::Ciphertext,
            Rv::KeyFunctionNotPermitted | Rv::KeyTypeInconsistent | Rv::KeySizeRange => {
                KeyStoreError::KeyUsage(text())
            }
            _ => KeyStoreError::Failed(text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: RvError, function: Function) -> Fault {
        Error::Pkcs11(code, function).into()
    }

    #[test]
    fn a_login_that_is_refused_is_told_from_one_that_is_locked() {
        let of = |code| fault(code, Function::Login);
        assert_eq!(of(RvError::PinIncorrect).meaning(), KeyStoreError::HsmCredentials);
        assert_eq!(of(RvError::PinLocked).meaning(), KeyStoreError::HsmUserLocked);
        // Whatever helps, trying again does not.
        assert!(!of(RvError::PinIncorrect).is_loss() && !of(RvError::PinLocked).is_loss());
    }

    #[test]
    fn a_ciphertext_is_not_the_cause_of_every_failure() {
        let decrypt = |code| fault(code, Function::Decrypt);
        assert_eq!(decrypt(RvError::EncryptedDataInvalid).meaning(), KeyStoreError::Ciphertext);
        let code = RvError::UnknownErrorCode(AEAD_DECRYPT_FAILED);
        assert_eq!(decrypt(code).meaning(), KeyStoreError::Ciphertext);
        assert!(decrypt(RvError::GeneralError).may_be_the_ciphertext());
        assert!(!decrypt(RvError::DeviceError).may_be_the_ciphertext());
        assert!(!fault(RvError::GeneralError, Function::DecryptInit).may_be_the_ciphertext());
        let other = decrypt(RvError::GeneralError).meaning();
        assert_eq!(other, KeyStoreError::Failed("C_Decrypt: GeneralError".to_owned()));
    }

    #[test]
    fn a_token_that_is_gone_is_not_active() {
        let gone = fault(RvError::DeviceRemoved, Function::EncryptInit);
        assert!(gone.is_loss());
        assert_eq!(gone.meaning(), KeyStoreError::ClusterNotActive);
    }
}
