//! The servers that are measured, started and brought to an end.

use crate::cli::{CompareArguments, FloorMode, RivalArguments};
use crate::connection::Connection;
use crate::endpoint::{Credentials, Endpoint};
use crate::floor;
use crate::subjects::{self, Subject};
use crate::terminal::Failure;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How often a starting server is asked whether it is ready, and how long between.
const ATTEMPTS: u32 = 200;
const BETWEEN: Duration = Duration::from_millis(50);

/// A server that takes part.
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) pid: Option<u32>,
    pub(crate) subjects: Vec<Subject>,
    _process: Option<Process>,
}

/// A child with its directory, ended and removed in this order.
struct Process {
    child: Child,
    _dir: TempDir,
}

impl Drop for Process {
    fn drop(&mut self) {
        // What is left to fail here is that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// strongroom, the two floors, and the rival if there is one.
pub(crate) fn all(
    arguments: &CompareArguments,
    runtime: &Runtime,
) -> Result<Vec<Contestant>, Failure> {
    let keys = arguments.cells.keys;
    let mut all = vec![
        strongroom(arguments, runtime)?,
        floor(FloorMode::Kms, "floor: signature, AES-GCM, JSON", arguments, runtime)?,
        floor(FloorMode::Empty, "floor: empty answer", arguments, runtime)?,
    ];
    all.extend(rival(&arguments.rival, keys, runtime)?);
    Ok(all)
}

fn strongroom(arguments: &CompareArguments, runtime: &Runtime) -> Result<Contestant, Failure> {
    let program = &arguments.strongroom;
    let dir = directory(&arguments.data)?;
    let data = dir.path().join("data");
    let mut command = Command::new(program);
    command.arg("serve").arg("--data").arg(&data).args(["--listen", "127.0.0.1:0"]);
    if !arguments.plain {
        command.args(["--tls", "self-signed"]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let child = command.spawn().map_err(|why| Failure::of(program.display(), why))?;
    let mut process = Process { child, _dir: dir };
    let endpoint = runtime.block_on(ready(program, &data, &mut process.child))?;
    let subjects = runtime.block_on(subjects::prepare(&endpoint, arguments.cells.keys))?;
    let pid = Some(process.child.id());
    let name = "strongroom".to_owned();
    Ok(Contestant { name, endpoint, pid, subjects, _process: Some(process) })
}

/// Where strongroom listens, once it says that it is ready.
async fn ready(program: &Path, data: &Path, child: &mut Child) -> Result<Endpoint, Failure> {
    for _ in 0..ATTEMPTS {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(Failure::new(format!("strongroom has ended: {status}")));
        }
        if let Some(endpoint) = environment(program, data)
            && is_ready(&endpoint).await
        {
            return Ok(endpoint);
        }
        tokio::time::sleep(BETWEEN).await;
    }
    Err(Failure::new("strongroom is not ready after ten seconds"))
}

async fn is_ready(endpoint: &Endpoint) -> bool {
    let Ok(mut connection) = Connection::open(endpoint).await else { return false };
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {}\r\n\r\n", endpoint.authority);
    let response = connection.exchange(request.as_bytes()).await;
    response.is_ok_and(|response| response.status == 200)
}

/// What `strongroom env` says; `None` while it has nothing to say.
fn environment(program: &Path, data: &Path) -> Option<Endpoint> {
    let output = Command::new(program)
        .arg("env")
        .arg("--data")
        .arg(data)
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let credentials = Credentials {
        access_key_id: exported(&text, "AWS_ACCESS_KEY_ID")?.to_owned(),
        secret_access_key: exported(&text, "AWS_SECRET_ACCESS_KEY")?.to_owned(),
        region: exported(&text, "AWS_DEFAULT_REGION")?.to_owned(),
    };
    let ca = exported(&text, "AWS_CA_BUNDLE").map(Path::new);
    Endpoint::new(exported(&text, "AWS_ENDPOINT_URL")?, ca, credentials).ok()
}

/// The value of the line `export name='value'`.
fn exported<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
        .find(|(given, _)| *given == name)
        .and_then(|(_, value)| value.strip_prefix('\'')?.strip_suffix('\''))
}

fn floor(
    mode: FloorMode,
    name: &str,
    arguments: &CompareArguments,
    runtime: &Runtime,
) -> Result<Contestant, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::of("the floor could not be started", why);
    let dir = directory(&arguments.data)?;
    let ca = dir.path().join("ca.pem");
    let mut command = Command::new(std::env::current_exe().map_err(|why| failed(&why))?);
    command.args(["floor", mode.name(), "--ca"]).arg(&ca);
    if arguments.plain {
        command.arg("--plain");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let child = command.spawn().map_err(|why| failed(&why))?;
    let mut process = Process { child, _dir: dir };
    let url = first_line(&mut process.child).map_err(|why| failed(&why))?;
    let endpoint = Endpoint::new(&url, Some(&ca), floor::credentials())?;
    let subjects = match mode {
        FloorMode::Empty => vec![Subject::imaginary()?],
        FloorMode::Kms => runtime.block_on(subjects::prepare(&endpoint, arguments.cells.keys))?,
    };
    let pid = Some(process.child.id());
    Ok(Contestant { name: name.to_owned(), endpoint, pid, subjects, _process: Some(process) })
}

/// What a child says first.
fn first_line(child: &mut Child) -> std::io::Result<String> {
    let output = child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn rival(
    rival: &RivalArguments,
    keys: u32,
    runtime: &Runtime,
) -> Result<Option<Contestant>, Failure> {
    let Some(url) = &rival.endpoint else { return Ok(None) };
    let credentials = Credentials {
        access_key_id: rival.endpoint_access_key_id.clone(),
        secret_access_key: rival.endpoint_secret_access_key.clone(),
        region: rival.endpoint_region.clone(),
    };
    let endpoint = Endpoint::new(url, rival.endpoint_ca.as_deref(), credentials)?;
    let subjects = runtime.block_on(subjects::prepare(&endpoint, keys))?;
    let name = rival.endpoint_name.clone();
    Ok(Some(Contestant { name, endpoint, pid: rival.endpoint_pid, subjects, _process: None }))
}

fn directory(parent: &Path) -> Result<TempDir, Failure> {
    std::fs::create_dir_all(parent)
        .and_then(|()| tempfile::Builder::new().prefix("bench-").tempdir_in(parent))
        .map_err(|why| Failure::of(parent.display(), why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_read_as_a_shell_would() {
        let text = "export AWS_ENDPOINT_URL='https://127.0.0.1:1'\nunset A\nexport B='x=y'\n";
        assert_eq!(exported(text, "AWS_ENDPOINT_URL"), Some("https://127.0.0.1:1"));
        assert_eq!(exported(text, "B"), Some("x=y"));
        assert_eq!(exported(text, "A"), None);
    }

    #[test]
    fn a_process_ends_with_its_value_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let child = Command::new("sleep").arg("600").spawn().unwrap();
        let pid = child.id();
        let path = dir.path().to_owned();
        drop(Process { child, _dir: dir });
        assert!(!path.exists());
        assert_eq!(crate::usage::cpu(pid), None);
    }
}
