//! A token and the session with it: logging in, once, and again when the session is lost.
//!
//! **Invariant:** a password that the token has refused is not tried again, except when somebody
//! connects the store. Tokens lock a user out after a few wrong ones.

use super::fault::Fault;
use super::module;
use super::password::Password;
use crate::TokenName;
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use std::path::PathBuf;
use strongroom_engine::ports::key_store::KeyStoreError;

/// Most refused passwords that are remembered. Our choice: an HSM has one store, or a few.
const MAX_REFUSED: usize = 16;

/// A token, as its thread sees it.
pub(super) struct Token {
    module: PathBuf,
    name: TokenName,
    user: Option<String>,
    session: Option<Session>,
    /// With which password the session logged in.
    held: Option<Password>,
    /// Passwords that the token refused, and how.
    refused: Vec<(Password, KeyStoreError)>,
}

impl Token {
    pub(super) fn new(module: PathBuf, name: TokenName, user: Option<String>) -> Self {
        Self { module, name, user, session: None, held: None, refused: Vec::new() }
    }

    /// Logs in, whether or not it is, and whatever was refused before: somebody has asked for it.
    pub(super) fn connect(&mut self, password: &Password) -> Result<(), KeyStoreError> {
        self.refused.retain(|(refused, _)| !refused.is(password));
        self.forget();
        self.with(password, |_| Ok(()))
    }

    /// Does `work`, which may be done twice, in a session that logged in with `password`; if the
    /// session turns out to be lost, once more in another.
    pub(super) fn with<T>(
        &mut self,
        password: &Password,
        work: impl Fn(&Session) -> Result<T, Fault>,
    ) -> Result<T, KeyStoreError> {
        // A login that fails is never repeated: the password may have been counted as a wrong one.
        let first = work(self.session(password).map_err(Fault::meaning)?);
        let done = match first {
            Err(fault) if fault.is_loss() => {
                self.forget();
                work(self.session(password).map_err(Fault::meaning)?)
            }
            done => done,
        };
        done.map_err(Fault::meaning)
    }

    /// Closes the session.
    pub(super) fn forget(&mut self) {
        self.session = None;
        self.held = None;
    }

    fn session(&mut self, password: &Password) -> Result<&Session, Fault> {
        if let Some((_, how)) = self.refused.iter().find(|(refused, _)| refused.is(password)) {
            return Err(how.clone().into());
        }
        let is_ours = self.held.as_ref().is_some_and(|held| held.is(password));
        // Another user of the module may have ended the session, or the login, of the process.
        let is_open = self.session.as_ref().is_some_and(is_logged_in);
        if !(is_ours && is_open) {
            self.forget();
            let session = self.log_in(password)?;
            self.session = Some(session);
            self.held = Some(password.again());
        }
        let lost = || KeyStoreError::Failed("the session is lost".to_owned());
        self.session.as_ref().ok_or_else(|| lost().into())
    }

    fn log_in(&mut self, password: &Password) -> Result<Session, Fault> {
        let module = module::load(&self.module)?;
        let session = module.open_rw_session(module::slot(&module, &self.name)?)?;
        // A process that is logged in already would not be asked for the password.
        if is_logged_in(&session) {
            session.logout()?;
        }
        let pin = password.pin(self.user.as_deref());
        match session.login_with_raw(UserType::User, &pin) {
            Ok(()) => Ok(session),
            Err(error) => {
                let refused = is_refusal(&error);
                let how = Fault::from(error).meaning();
                if refused {
                    self.refused.truncate(MAX_REFUSED - 1);
                    self.refused.insert(0, (password.again(), how.clone()));
                }
                Err(how.into())
            }
        }
    }
}

fn is_logged_in(session: &Session) -> bool {
    session.get_session_info().is_ok_and(|info| info.session_state() == SessionState::RwUser)
}

/// Whether it is the password that was refused, so that trying it again does harm.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinExpired
                | RvError::PinLocked,
            _
        )
    )
}
