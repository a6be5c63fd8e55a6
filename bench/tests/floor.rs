//! The command itself, as its users run it, against the floor.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_strongroom-bench");

struct Floor {
    child: Child,
    url: String,
    dir: tempfile::TempDir,
}

impl Floor {
    fn start(mode: &str, plain: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(PROGRAM);
        command.args(["floor", mode, "--ca"]).arg(dir.path().join("ca.pem"));
        if plain {
            command.arg("--plain");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned(), dir }
    }

    fn load(&self, operations: &str, secret: &str) -> Output {
        Command::new(PROGRAM)
            .args(["load", "--seconds", "1", "--warm-up", "0", "--connections", "2"])
            .args(["--keys", "2", "--operations", operations])
            .args(["--pid", &self.child.id().to_string()])
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", "AKIAFLOORFLOORFLOOR1")
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_CA_BUNDLE", self.dir.path().join("ca.pem"))
            .output()
            .unwrap()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SECRET: &str = "the floor guards no secret, and so needs none";

/// The cells of the table's rows.
fn rows(output: &Output) -> Vec<Vec<String>> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text.lines()
        .filter(|line| line.starts_with("| 2 |"))
        .map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

fn its_operations_are_answered(plain: bool) {
    let floor = Floor::start("kms", plain);
    assert_eq!(floor.url.starts_with("https:"), !plain);
    let operations = "encrypt,decrypt,generate-data-key,describe-key,create-key,generate-random,mix,\
         sign-ecc-p256,sign-rsa-2048";
    let rows = rows(&floor.load(operations, SECRET));
    assert_eq!(rows.len(), 9);
    for row in rows {
        assert!(row[3].parse::<u32>().unwrap() > 10, "{row:?}");
        assert_eq!(row[12], "0", "errors in {row:?}");
        assert!(row[8].ends_with(" µs") || row[8].ends_with(" ms"), "{row:?}");
        assert!(row[10].ends_with("MiB"), "{row:?}");
    }
}

#[test]
fn the_floor_answers_its_operations_over_tls() {
    its_operations_are_answered(false);
}

#[test]
fn the_floor_answers_its_operations_over_plain_http() {
    its_operations_are_answered(true);
}

#[test]
fn the_floor_verifies_signatures() {
    let output = Floor::start("kms", false).load("encrypt", "another");
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("CreateKey: 400") && text.contains("signature"), "{text}");
}

#[test]
fn the_floor_ends_with_the_process_that_started_it() {
    let mut floor = Floor::start("empty", true);
    drop(floor.child.stdin.take());
    assert!(floor.child.wait().unwrap().success());
}
