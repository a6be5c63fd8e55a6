//! The configuration file.

use super::{File, buckets};
use std::path::Path;

/// A configuration's text, and all that is made of it without opening the files that it names.
pub fn configuration(text: &str) {
    let Ok(file) = toml::from_str::<File>(text) else { return };
    let mut trail = file.trail;
    let tables = std::mem::take(&mut trail.buckets);
    if let Ok(trail) = trail.trail() {
        assert!((1..=900).contains(&trail.interval.as_secs()) && trail.backlog > 0);
        let _ = buckets::owners(&tables, &trail.bucket);
    }
    let _ = file.key_stores.configuration();
    let _ = file.tls.unwrap_or_default().source(Path::new("data"));
}
