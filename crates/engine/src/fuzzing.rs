//! A door for fuzz targets to records that only this crate knows; it is open with `--cfg fuzzing` and
//! never in the product.

use crate::audit::AuditRecord;
use crate::credential::{AccountRecord, CredentialRecord, RootKeysRecord};
use crate::ledger::{Frame, Head};
use strongroom_keys::codec;

/// Bytes that were in a sealed record, taken for each kind there is. What is written of a record is
/// read as the same record.
pub fn record(bytes: &[u8]) {
    let _ = codec::decode::<CredentialRecord>(bytes);
    let _ = codec::decode::<Head>(bytes);
    if let Ok(record) = codec::decode::<AccountRecord>(bytes) {
        assert_eq!(codec::decode(&codec::encode(&record)), Ok(record));
    }
    if let Ok(record) = codec::decode::<RootKeysRecord>(bytes) {
        assert_eq!(codec::decode(&codec::encode(&record)), Ok(record));
    }
    if let Ok(record) = codec::decode::<AuditRecord>(bytes) {
        assert_eq!(codec::decode(&codec::encode(&record)), Ok(record));
    }
    let _ = codec::decode::<Frame>(bytes);
}
