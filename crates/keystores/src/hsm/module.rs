//! Modules: a shared library is initialised once in a process, whoever uses it.

use super::fault::Fault;
use crate::TokenName;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::slot::Slot;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use strongroom_engine::ports::key_store::KeyStoreError;

/// The modules that were loaded, by path. They stay until the process ends.
static LOADED: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

/// The module at `path`, ready for calls from any thread.
pub(super) fn load(path: &Path) -> Result<Pkcs11, Fault> {
    let unusable = |why: &dyn ToString| {
        let text = format!("the module `{}` cannot be loaded: {}", path.display(), why.to_string());
        KeyStoreError::ClusterConfiguration(text)
    };
    let place = fs::canonicalize(path).map_err(|error| unusable(&error))?;
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let module = match loaded.get(&place) {
        Some(module) => module.clone(),
        None => Pkcs11::new(&place).map_err(|error| unusable(&error))?,
    };
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(error.into()),
    }
    loaded.insert(place, module.clone());
    Ok(module)
}

/// The slot with the token `name`, which is initialised, not locked, and can do what is needed.
pub(super) fn slot(module: &Pkcs11, name: &TokenName) -> Result<Slot, Fault> {
    let mut found = None;
    for slot in module.get_slots_with_token()? {
        let is_it = match name {
            TokenName::Slot(number) => slot.id() == *number,
            TokenName::Label(label) => module.get_token_info(slot)?.label() == label,
        };
        if is_it {
            found = Some(slot);
            break;
        }
    }
    let slot = found.ok_or(KeyStoreError::ClusterNotActive)?;
    let token = module.get_token_info(slot)?;
    if !token.token_initialized() {
        return Err(KeyStoreError::ClusterNotActive.into());
    }
    if token.user_pin_locked() {
        return Err(KeyStoreError::HsmUserLocked.into());
    }
    let can = module.get_mechanism_list(slot)?;
    for needed in [MechanismType::AES_KEY_GEN, MechanismType::AES_GCM] {
        if !can.contains(&needed) {
            let text = format!("the token has no {needed}");
            return Err(KeyStoreError::ClusterConfiguration(text).into());
        }
    }
    Ok(slot)
}
