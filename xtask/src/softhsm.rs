//! SoftHSM, the HSM of the tests.

use crate::apt;
use std::path::Path;

/// Where Debian's package has the module, and the tests look for it.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// Installs SoftHSM if it is missing and that can be done. Without it the tests that need it say
/// that they are skipped, or fail if the long form of the tests is asked for.
pub(crate) fn ensure() {
    if Path::new(MODULE).exists() {
        println!("{MODULE} is there");
        return;
    }
    if apt::may_install() {
        println!("{MODULE} is missing: asking apt-get");
        match apt::install(&["softhsm2"], "install the package softhsm2") {
            Ok(()) => return,
            Err(failure) => println!("{}", failure.what),
        }
    }
    println!("NO HSM TO TEST WITH: install SoftHSM 2 (Debian's package `softhsm2`)");
}
