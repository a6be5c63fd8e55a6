//! The servers that are measured, started and brought to an end.

use crate::cli::{CompareArguments, FloorMode, RivalArguments};
use crate::connection::Connection;
use crate::endpoint::{Credentials, Endpoint};
use crate::floor;
use crate::operation::Workload;
use crate::subjects::{self, Subject};
use crate::terminal::Failure;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How often a starting server is asked whether it is ready, and how long between.
const ATTEMPTS: u32 = 2400;
const BETWEEN: Duration = Duration::from_millis(50);
/// How often a server that was told to stop is looked at before it is killed.
const STOPPING: u32 = 200;

/// A server that takes part.
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) pid: Option<u32>,
    /// Where its data is, if this process has started it on some.
    pub(crate) data: Option<PathBuf>,
    /// Whether it knows keys at all.
    looks: bool,
    _process: Option<Process>,
}

impl Contestant {
    /// What `workload` is about, made for it.
    pub(crate) fn subjects(
        &self,
        workload: Workload,
        count: u32,
        runtime: &Runtime,
    ) -> Result<Vec<Subject>, Failure> {
        if !self.looks {
            return Ok(vec![Subject::imaginary()?]);
        }
        runtime.block_on(subjects::prepare(&self.endpoint, workload, count))
    }
}

/// A child with its directory, ended and removed in this order.
struct Process {
    child: Child,
    dir: Option<TempDir>,
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.dir.is_some() {
            // Nobody will look at what it leaves. What is left to fail here is that it has ended already.
            let _ = self.child.kill();
            let _ = self.child.wait();
        } else {
            stop(&mut self.child);
        }
    }
}

/// Ends a server as an operator would, or by force if it does not.
pub(crate) fn stop(child: &mut Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    for _ in 0..STOPPING {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(BETWEEN);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// How a server of strongroom is started.
pub(crate) struct Start<'a> {
    /// The program.
    pub(crate) program: &'a Path,
    /// TLS or plain HTTP.
    pub(crate) tls: bool,
    /// Further options of `serve`.
    pub(crate) options: &'a [&'a str],
}

impl Start<'_> {
    /// On an empty data directory below `parent`, which is removed afterwards.
    pub(crate) fn on_nothing(
        &self,
        parent: &Path,
        runtime: &Runtime,
    ) -> Result<Contestant, Failure> {
        let dir = directory(parent)?;
        let data = dir.path().join("data");
        self.start(&[], &data, Some(dir), runtime)
    }

    /// On the data directory `data`, which stays.
    pub(crate) fn on(&self, data: &Path, runtime: &Runtime) -> Result<Contestant, Failure> {
        self.start(&[], data, None, runtime)
    }

    /// The same, run by another program, whose command line `outer` begins.
    pub(crate) fn within(
        &self,
        outer: &[&str],
        data: &Path,
        runtime: &Runtime,
    ) -> Result<Contestant, Failure> {
        self.start(outer, data, None, runtime)
    }

    fn start(
        &self,
        outer: &[&str],
        data: &Path,
        dir: Option<TempDir>,
        runtime: &Runtime,
    ) -> Result<Contestant, Failure> {
        let mut command = match outer.split_first() {
            None => Command::new(self.program),
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(self.program);
                // With more workers it is left to chance how often they wake each other.
                command.env("TOKIO_WORKER_THREADS", "1");
                command
            }
        };
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]);
        if self.tls {
            command.args(["--tls", "self-signed"]);
        }
        command.args(self.options).stdin(Stdio::null()).stdout(Stdio::null());
        // What a former server left there would be taken for this one's.
        let _ = std::fs::remove_file(data.join("endpoint"));
        let failed = |why: &dyn std::fmt::Display| Failure::of(self.program.display(), why);
        // Its log is beside its data, and shown if it matters.
        let log = data.with_extension("log");
        if let Some(parent) = log.parent() {
            std::fs::create_dir_all(parent).map_err(|why| failed(&why))?;
        }
        command.stderr(std::fs::File::create(&log).map_err(|why| failed(&why))?);
        let child = command.spawn().map_err(|why| failed(&why))?;
        let mut process = Process { child, dir };
        let endpoint = runtime.block_on(ready(self.program, data, &mut process.child));
        let endpoint = endpoint
            .map_err(|why| Failure::of(why, std::fs::read_to_string(&log).unwrap_or_default()))?;
        Ok(Contestant {
            name: "strongroom".to_owned(),
            endpoint,
            pid: Some(process.child.id()),
            data: Some(data.to_owned()),
            looks: true,
            _process: Some(process),
        })
    }
}

/// strongroom, the two floors, and the rival if there is one.
pub(crate) fn all(
    arguments: &CompareArguments,
    runtime: &Runtime,
) -> Result<Vec<Contestant>, Failure> {
    let (data, tls) = (&arguments.data, !arguments.plain);
    let start = Start { program: &arguments.strongroom, tls, options: &[] };
    let mut all = vec![
        start.on_nothing(data, runtime)?,
        floor(FloorMode::Kms, "floor: signature, AES-GCM, JSON", tls, data)?,
        floor(FloorMode::Empty, "floor: empty answer", tls, data)?,
    ];
    all.extend(rival(&arguments.rival)?);
    Ok(all)
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
    Err(Failure::new("strongroom is not ready after two minutes"))
}

async fn is_ready(endpoint: &Endpoint) -> bool {
    let Ok(mut connection) = Connection::open(endpoint).await else { return false };
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {}\r\n\r\n", endpoint.authority);
    let response = connection.exchange(request.as_bytes()).await;
    response.is_ok_and(|response| response.status == 200)
}

/// What `strongroom env` says; `None` while it has nothing to say.
fn environment(program: &Path, data: &Path) -> Option<Endpoint> {
    if !data.join("endpoint").exists() {
        return None;
    }
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

/// A floor, as a process of its own.
pub(crate) fn floor(
    mode: FloorMode,
    name: &str,
    tls: bool,
    parent: &Path,
) -> Result<Contestant, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::of("the floor could not be started", why);
    let dir = directory(parent)?;
    let ca = dir.path().join("ca.pem");
    let mut command = Command::new(std::env::current_exe().map_err(|why| failed(&why))?);
    command.args(["floor", mode.name(), "--ca"]).arg(&ca);
    if !tls {
        command.arg("--plain");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let child = command.spawn().map_err(|why| failed(&why))?;
    let mut process = Process { child, dir: Some(dir) };
    let url = first_line(&mut process.child).map_err(|why| failed(&why))?;
    let endpoint = Endpoint::new(&url, Some(&ca), floor::credentials())?;
    Ok(Contestant {
        name: name.to_owned(),
        endpoint,
        pid: Some(process.child.id()),
        data: None,
        looks: mode == FloorMode::Kms,
        _process: Some(process),
    })
}

/// What a child says first.
fn first_line(child: &mut Child) -> std::io::Result<String> {
    let output = child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn rival(rival: &RivalArguments) -> Result<Option<Contestant>, Failure> {
    let Some(url) = &rival.endpoint else { return Ok(None) };
    let credentials = Credentials {
        access_key_id: rival.endpoint_access_key_id.clone(),
        secret_access_key: rival.endpoint_secret_access_key.clone(),
        region: rival.endpoint_region.clone(),
    };
    let endpoint = Endpoint::new(url, rival.endpoint_ca.as_deref(), credentials)?;
    let (name, pid) = (rival.endpoint_name.clone(), rival.endpoint_pid);
    Ok(Some(Contestant { name, endpoint, pid, data: None, looks: true, _process: None }))
}

/// A directory below `parent` that is removed when it is dropped.
pub(crate) fn directory(parent: &Path) -> Result<TempDir, Failure> {
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
        drop(Process { child, dir: Some(dir) });
        assert!(!path.exists());
        assert_eq!(crate::usage::cpu(pid), None);
    }
}
