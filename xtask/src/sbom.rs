//! What the binary is made of, as a CycloneDX document: crates by `cargo tree` and `Cargo.lock`, the C
//! libraries that two of them compile in, and the standard library.
//!
//! Source: CycloneDX 1.6, <https://cyclonedx.org/docs/1.6/json/>.

use crate::failure::Failure;
use crate::process;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A library in C inside a crate.
struct CompiledIn {
    /// The crate.
    within: &'static str,
    name: &'static str,
    /// The header that has its version, and the macro there.
    version: (&'static str, &'static str),
    /// Its URL, up to the version.
    url: &'static str,
    /// Its licence, unless it is the crate's.
    license: Option<&'static str>,
}

const COMPILED_IN: [CompiledIn; 2] = [
    CompiledIn {
        within: "aws-lc-sys",
        name: "AWS-LC",
        version: ("aws-lc/include/openssl/base.h", "AWSLC_VERSION_NUMBER_STRING"),
        url: "pkg:github/aws/aws-lc@v",
        license: None,
    },
    CompiledIn {
        within: "libsqlite3-sys",
        name: "SQLite",
        version: ("sqlite3/sqlite3.h", "SQLITE_VERSION"),
        url: "pkg:generic/sqlite@",
        license: Some("blessing"),
    },
];

/// What the document is about.
pub(crate) struct Product<'a> {
    pub(crate) version: &'a str,
    /// SHA-256 of the binary, hexadecimal.
    pub(crate) hash: &'a str,
    /// When its sources were committed, RFC 3339.
    pub(crate) built: &'a str,
    /// Version of the Rust toolchain.
    pub(crate) compiler: &'a str,
}

/// A crate of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    name: String,
    version: String,
    license: String,
    repository: String,
    /// Whether it is ours: a directory, and not of a registry.
    is_own: bool,
}

/// Crates by name and version, and what each depends on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Graph {
    packages: BTreeMap<String, Package>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

/// The version of the workspace's packages.
///
/// # Errors
/// The root manifest has none.
pub(crate) fn version(root: &Path) -> Result<String, Failure> {
    let text = read(&root.join("Cargo.toml"))?;
    let entries = crate::manifest::entries(&text);
    let mut own =
        entries.iter().filter(|it| it.section == "workspace.package" && it.key == "version");
    let version = own.next().and_then(|entry| entry.rest.split('"').nth(1));
    version
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("Cargo.toml has no version", "give it one"))
}

/// The document of the binary for `host`.
///
/// # Errors
/// Cargo fails, or a C library is not where it should be.
pub(crate) fn of(root: &Path, host: &str, product: &Product<'_>) -> Result<String, Failure> {
    // What is linked, and what else takes part in the build.
    let linked = tree(root, host, "normal,no-proc-macro")?;
    let mut all = tree(root, host, "normal,build")?;
    let sums = checksums(&read(&root.join("Cargo.lock"))?);
    let mut components = Vec::new();
    for (key, package) in &all.packages {
        let scope = if linked.packages.contains_key(key) { "required" } else { "excluded" };
        components.push(component(key, package, scope, sums.get(key)));
    }
    for CompiledIn { within, name, version: (header, macro_name), url, license } in COMPILED_IN {
        let found = all.packages.iter().find(|(_, package)| package.name == within);
        let Some((key, package)) = found.map(|(key, package)| (key.clone(), package.clone()))
        else {
            continue;
        };
        let header = sources(root, host, &key.replace('@', "-"))?.join(header);
        let version = defined(&read(&header)?, macro_name).ok_or_else(|| {
            Failure::new(format!("{} has no {macro_name}", header.display()), "see sbom.rs")
        })?;
        let key_of_it = format!("{name}@{version}");
        components.push(object(&[
            ("type", quoted("library")),
            ("bom-ref", quoted(&key_of_it)),
            ("name", quoted(name)),
            ("version", quoted(&version)),
            ("scope", quoted("required")),
            ("licenses", licenses(license.unwrap_or(&package.license))),
            ("purl", quoted(&format!("{url}{version}"))),
        ]));
        all.edges.entry(key).or_default().insert(key_of_it);
    }
    components.push(object(&[
        ("type", quoted("library")),
        ("bom-ref", quoted("rust-std")),
        ("name", quoted("rust-std")),
        ("version", quoted(product.compiler)),
        ("scope", quoted("required")),
        ("licenses", licenses("MIT OR Apache-2.0")),
    ]));
    Ok(document(product, &components, &all.edges))
}

fn document(
    product: &Product<'_>,
    components: &[String],
    edges: &BTreeMap<String, BTreeSet<String>>,
) -> String {
    let own = format!("strongroom@{}", product.version);
    let about = object(&[
        ("type", quoted("application")),
        ("bom-ref", quoted("strongroom")),
        ("name", quoted("strongroom")),
        ("version", quoted(product.version)),
        ("hashes", hashes(product.hash)),
        ("licenses", licenses("Apache-2.0")),
    ]);
    let tool = object(&[
        ("type", quoted("application")),
        ("name", quoted("rustc")),
        ("version", quoted(product.compiler)),
    ]);
    let metadata = object(&[
        ("timestamp", quoted(product.built)),
        ("tools", object(&[("components", list(&[tool]))])),
        ("component", about),
    ]);
    let root = [("strongroom".to_owned(), BTreeSet::from([own, "rust-std".to_owned()]))];
    let edges: Vec<String> = root
        .iter()
        .map(|(from, to)| (from, to))
        .chain(edges)
        .map(|(from, to)| {
            let to: Vec<String> = to.iter().map(|name| quoted(name)).collect();
            object(&[("ref", quoted(from)), ("dependsOn", list(&to))])
        })
        .collect();
    object(&[
        ("$schema", quoted("http://cyclonedx.org/schema/bom-1.6.schema.json")),
        ("bomFormat", quoted("CycloneDX")),
        ("specVersion", quoted("1.6")),
        ("version", "1".to_owned()),
        ("metadata", metadata),
        ("components", lines(components)),
        ("dependencies", lines(&edges)),
    ]) + "\n"
}

fn component(key: &str, package: &Package, scope: &str, sum: Option<&String>) -> String {
    let Package { name, version, license, repository, is_own } = package;
    let mut members = vec![
        ("type", quoted("library")),
        ("bom-ref", quoted(key)),
        ("name", quoted(name)),
        ("version", quoted(version)),
        ("scope", quoted(scope)),
    ];
    if let Some(sum) = sum {
        members.push(("hashes", hashes(sum)));
    }
    if !license.is_empty() {
        members.push(("licenses", licenses(license)));
    }
    if !is_own {
        members.push(("purl", quoted(&format!("pkg:cargo/{name}@{version}"))));
    }
    if !repository.is_empty() {
        let reference = object(&[("type", quoted("vcs")), ("url", quoted(repository))]);
        members.push(("externalReferences", list(&[reference])));
    }
    object(&members)
}

/// What `cargo tree` shows of the binary over these kinds of edges.
fn tree(root: &Path, host: &str, edges: &str) -> Result<Graph, Failure> {
    let mut tree = process::cargo(root);
    tree.args(["tree", "--locked", "--package", "strongroom", "--target", host, "--edges", edges]);
    tree.args(["--prefix", "depth", "--format", "|{p}|{l}|{r}|"]);
    Ok(graph(&process::output(&mut tree, "`cargo tree` must run")?))
}

/// Reads lines of `<depth>|<name> v<version> …|<licence>|<repository>|`.
fn graph(text: &str) -> Graph {
    let mut graph = Graph::default();
    let mut above: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut parts = line.split('|');
        let mut part = || parts.next().unwrap_or_default();
        let (depth, package, license, repository) = (part(), part(), part(), part());
        let (Ok(depth), mut words) = (depth.parse::<usize>(), package.split(' ')) else { continue };
        let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
        let version = version.trim_start_matches('v');
        let key = format!("{name}@{version}");
        above.truncate(depth);
        if let Some(parent) = above.last() {
            graph.edges.entry(parent.clone()).or_default().insert(key.clone());
        }
        above.push(key.clone());
        let _ = graph.packages.entry(key).or_insert_with(|| Package {
            name: name.to_owned(),
            version: version.to_owned(),
            license: license.replace('/', " OR "),
            repository: repository.to_owned(),
            is_own: words.any(|word| word.starts_with("(/")),
        });
    }
    graph
}

/// The checksums in a `Cargo.lock`, by name and version.
fn checksums(lock: &str) -> BTreeMap<String, String> {
    let mut sums = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let value = |name: &str| {
            let start = format!("{name} = \"");
            package.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('"'))
        };
        if let (Some(name), Some(version), Some(sum)) =
            (value("name"), value("version"), value("checksum"))
        {
            let _ = sums.insert(format!("{name}@{version}"), sum.to_owned());
        }
    }
    sums
}

/// The directory with the sources of a crate of a registry: `<name>-<version>`.
fn sources(root: &Path, host: &str, name: &str) -> Result<PathBuf, Failure> {
    let mut ask = process::cargo(root);
    ask.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", host]);
    let told = process::output(&mut ask, "`cargo metadata` must run")?;
    let mut manifests = told.split("\"manifest_path\":\"").skip(1);
    let found = manifests.find_map(|rest| {
        let folder = rest.split('"').next()?.strip_suffix("/Cargo.toml")?;
        folder.ends_with(&format!("/{name}")).then(|| PathBuf::from(folder))
    });
    found.ok_or_else(|| Failure::new(format!("no sources of {name}"), "`cargo fetch` gets them"))
}

/// The text that a C macro stands for.
fn defined(header: &str, name: &str) -> Option<String> {
    header.lines().find_map(|line| {
        let rest = line.strip_prefix("#define ")?.trim_start().strip_prefix(name)?;
        let value = rest.strip_prefix([' ', '\t'])?.trim();
        Some(value.strip_prefix('"')?.strip_suffix('"')?.to_owned())
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    let text = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    text.map_err(|why| Failure::new(format!("{}: {why}", path.display()), "restore it"))
}

fn licenses(expression: &str) -> String {
    list(&[object(&[("expression", quoted(expression))])])
}

fn hashes(sha256: &str) -> String {
    list(&[object(&[("alg", quoted("SHA-256")), ("content", quoted(sha256))])])
}

fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
    format!("{{{}}}", members.join(","))
}

fn list(members: &[String]) -> String {
    format!("[{}]", members.join(","))
}

/// A list with a member a line, so that two documents can be compared.
fn lines(members: &[String]) -> String {
    format!("[\n{}\n]", members.join(",\n"))
}

/// A string of JSON (RFC 8259 §7).
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // Writing to a `String` cannot fail.
            c if c < ' ' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read() {
        let found = graph(
            "0|strongroom v0.1.0 (/a/crates/strongroom)|Apache-2.0||\n\
             1|a v1.0.0|MIT/Apache-2.0|https://a|\n2|b v2.0.0 (proc-macro)|MIT||\n\
             1|b v2.0.0|MIT|| (*)\n",
        );
        assert!(found.packages["strongroom@0.1.0"].is_own && !found.packages["b@2.0.0"].is_own);
        assert_eq!(found.packages["a@1.0.0"].license, "MIT OR Apache-2.0");
        let below: Vec<_> = found.edges["strongroom@0.1.0"].iter().collect();
        assert_eq!(below, ["a@1.0.0", "b@2.0.0"]);
        assert_eq!(found.edges["a@1.0.0"].len(), 1);
    }

    #[test]
    fn locks_and_headers_are_read() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"0f\"\n\
                    \n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";
        assert_eq!(checksums(lock), BTreeMap::from([("a@1.0.0".to_owned(), "0f".to_owned())]));
        let header = "#define SQLITE_VERSION_NUMBER 3\n#define SQLITE_VERSION        \"3.50.4\"\n";
        assert_eq!(defined(header, "SQLITE_VERSION").as_deref(), Some("3.50.4"));
        assert_eq!(quoted("a\"\\\n"), "\"a\\\"\\\\\\u000a\"");
    }

    #[test]
    fn the_binary_is_made_of_its_crates_and_two_libraries_in_c() {
        let root = crate::tree::root().unwrap();
        let product =
            Product { version: "0", hash: "0", built: "2026-01-01T00:00:00Z", compiler: "1" };
        let text = of(&root, "x86_64-unknown-linux-gnu", &product).unwrap();
        for name in ["AWS-LC", "SQLite", "rustls", "strongroom-engine", "rust-std"] {
            assert!(text.contains(&format!("\"name\":\"{name}\"")), "{name}");
        }
        // What only tests use is in no release.
        assert!(!text.contains("\"name\":\"proptest\""));
    }
}
