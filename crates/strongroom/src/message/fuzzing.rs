//! Doors for fuzz targets to parsers that only these commands use; what must hold whatever they are
//! given is asserted here.

use super::{carrier, dotenv};

/// A file of variables: what is read has names that a shell takes, each once.
pub fn variables(text: &[u8]) {
    let Ok(found) = dotenv::parse(text) else { return };
    let mut names: Vec<&str> = found.iter().map(|variable| variable.name.as_str()).collect();
    assert!(names.iter().all(|name| !name.is_empty() && !name.contains('=')));
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// A picture or sound: what is hidden in it again is found again.
pub fn carrier(file: &[u8]) {
    let Ok(carrier) = carrier::Carrier::read(file) else { return };
    let _ = carrier.found();
    let message = vec![0xa5; carrier.room().min(64)];
    if message.is_empty() {
        return;
    }
    if let Ok(with) = carrier.hide(&message) {
        let again = carrier::Carrier::read(with.as_slice()).expect("it was just made");
        assert_eq!(again.found().as_ref(), Ok(&message));
    }
}
