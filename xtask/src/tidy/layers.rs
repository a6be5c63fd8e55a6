//! Which crate may know which: the arrows of ARCHITECTURE.md, and the few outside crates that only
//! the adapter which owns them may name.

use super::Finding;
use crate::manifest::{self, Kind};
use crate::tree::{File, Tree};

/// A crate of ours, without the prefix of its package, and what its built code may depend on.
const LAYERS: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("meters", &[]),
    ("crypto", &["types"]),
    ("attestation", &["types", "crypto"]),
    ("envelope", &["crypto"]),
    ("federation", &["crypto"]),
    ("keys", &["types", "crypto"]),
    ("policy", &["types"]),
    ("sigv4", &["types", "crypto"]),
    ("client", &["types", "crypto", "sigv4"]),
    (
        "engine",
        &["types", "meters", "crypto", "keys", "policy", "sigv4", "attestation", "federation"],
    ),
    ("kms", &["types", "crypto", "keys", "policy", "engine"]),
    ("iam", &["types", "crypto", "keys", "engine"]),
    ("trail", &["types", "crypto", "policy", "keys", "engine"]),
    ("protocol", &["types", "crypto", "engine", "kms", "iam", "trail"]),
    ("storage", &["types", "crypto", "engine"]),
    ("keystores", &["types", "crypto", "sigv4", "client", "engine"]),
    ("rootkeys", &["crypto", "keys", "engine", "keystores"]),
    ("server", &["types", "meters", "crypto"]),
    ("strongroom", EVERY_LIBRARY),
    ("testkit", EVERY_LIBRARY),
    ("bench", EVERY_LIBRARY),
    ("xtask", &[]),
];

const EVERY_LIBRARY: &[&str] = &[
    "types",
    "meters",
    "crypto",
    "attestation",
    "envelope",
    "federation",
    "keys",
    "policy",
    "sigv4",
    "client",
    "engine",
    "kms",
    "iam",
    "trail",
    "protocol",
    "storage",
    "keystores",
    "rootkeys",
    "server",
];

/// The crate of test helpers: any crate's tests may use it, no crate's built code may.
const TESTKIT: &str = "testkit";

/// What the tests of a crate may know beyond its arrows.
const TESTS: &[(&str, &str)] = &[
    // That only what is recorded can be rendered is proved by code that must not compile.
    ("engine", "protocol"),
    // What the model withholds of each operation is in no event.
    ("trail", "kms"),
    ("trail", "iam"),
];

/// Outside crates that only these crates' built code may name: sockets, disks and the cryptographic
/// backend each have one owner.
const OWNED: &[(&str, &[&str])] = &[
    ("argon2", &["crypto"]),
    ("aws-lc-rs", &["crypto", "bench"]),
    ("blahaj", &["crypto"]),
    ("ed25519-dalek", &["crypto"]),
    ("ml-dsa", &["crypto"]),
    ("ml-kem", &["crypto"]),
    ("sm2", &["crypto"]),
    ("rustls-webpki", &["attestation"]),
    ("rusqlite", &["storage"]),
    ("hyper", &["client", "server", "keystores", "strongroom", "bench"]),
    ("hyper-util", &["client", "server", "strongroom", "bench"]),
    ("rustls", &["client", "server", "keystores", "strongroom", "bench"]),
    ("tokio-rustls", &["client", "server", "strongroom", "bench"]),
    ("cryptoki", &["keystores"]),
    ("reqsign-aws-core", &["client"]),
    ("reqsign-core", &["client"]),
    ("rust-ini", &["client"]),
    ("png", &["strongroom"]),
    ("landlock", &["server"]),
    ("seccompiler", &["server"]),
    ("libc", &["server"]),
    ("rcgen", &["server", "strongroom", "bench"]),
    ("clap", &["strongroom", "bench"]),
    ("prometheus-client", &["strongroom"]),
    ("opentelemetry", &["strongroom"]),
    ("opentelemetry_sdk", &["strongroom"]),
    ("opentelemetry-otlp", &["strongroom"]),
    ("opentelemetry-http", &["strongroom"]),
];

/// Dependencies against an arrow.
pub(super) fn findings(tree: &Tree) -> Vec<Finding> {
    let packages: Vec<(&File, &str)> = packages(tree).collect();
    let of_packages = packages.iter().flat_map(|(file, name)| of_package(file, name));
    let unknown = LAYERS.iter().filter(|(name, _)| !packages.iter().any(|(_, p)| p == name));
    let stale = unknown
        .map(|(name, _)| Finding::new("xtask/src/tidy/layers.rs", 0, format!("no crate `{name}`")));
    of_packages.chain(stale).collect()
}

/// The manifests of the workspace's packages, with their names less the prefix.
fn packages(tree: &Tree) -> impl Iterator<Item = (&File, &str)> {
    tree.under("", "toml")
        .filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("fuzz/"))
        .filter_map(|file| manifest::package(&file.text).map(|name| (file, short(name))))
}

fn of_package(file: &File, name: &str) -> Vec<Finding> {
    let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
        let remedy = format!(
            "crate `{name}` has no row in LAYERS: add one, and its sentence in ARCHITECTURE.md"
        );
        return vec![Finding::new(&file.path, 0, remedy)];
    };
    let mut found = Vec::new();
    for kind in [Kind::Normal, Kind::Development] {
        for (dependency, line) in manifest::dependencies(&file.text, kind) {
            let other = short(dependency);
            let is_ours = LAYERS.iter().any(|(layer, _)| *layer == other) && other != dependency;
            let in_tests =
                kind == Kind::Development && (other == TESTKIT || TESTS.contains(&(name, other)));
            let may = allowed.contains(&other) || in_tests;
            if is_ours && !may {
                found.push(Finding::new(
                    &file.path,
                    line,
                    format!("`{name}` must not know `{other}`"),
                ));
            }
            if kind == Kind::Normal && !owns(name, dependency) {
                found.push(Finding::new(
                    &file.path,
                    line,
                    format!("`{dependency}` belongs to another crate"),
                ));
            }
        }
    }
    found
}

fn owns(name: &str, dependency: &str) -> bool {
    let owners = OWNED.iter().find(|(owned, _)| *owned == dependency).map(|(_, owners)| *owners);
    owners.is_none_or(|owners| owners.contains(&name))
}

fn short(package: &str) -> &str {
    package.strip_prefix("strongroom-").unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(manifest: &str) -> Vec<String> {
        let tree = Tree::of(&[("crates/x/Cargo.toml", manifest)]);
        let of_it = findings(&tree).into_iter().filter(|f| f.path.starts_with("crates/"));
        of_it.map(|f| f.text).collect()
    }

    #[test]
    fn arrows_point_inward() {
        let manifest = |section: &str, dependency: &str| {
            format!(
                "[package]\nname = \"strongroom-policy\"\n[{section}]\n{dependency}.workspace = true\n"
            )
        };
        assert!(found(&manifest("dependencies", "strongroom-types")).is_empty());
        assert!(found(&manifest("dev-dependencies", "strongroom-testkit")).is_empty());
        assert_eq!(found(&manifest("dependencies", "strongroom-testkit")).len(), 1);
        assert_eq!(found(&manifest("dependencies", "strongroom-engine")).len(), 1);
        assert_eq!(found(&manifest("dev-dependencies", "strongroom-engine")).len(), 1);
        assert_eq!(found(&manifest("dependencies", "hyper")), ["`hyper` belongs to another crate"]);
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        let text = found("[package]\nname = \"strongroom-new\"\n");
        assert!(text[0].contains("has no row"), "{text:?}");
    }

    #[test]
    fn the_table_has_no_cycle() {
        for (at, (name, below)) in LAYERS.iter().enumerate() {
            for other in below.iter() {
                let place = LAYERS.iter().position(|(layer, _)| layer == other).unwrap();
                assert!(place < at, "{name} stands above {other}");
            }
        }
    }
}
