//! The machine, so that figures are not compared with those of another.

use crate::usage;
use std::path::Path;

/// What of a machine decides how fast it is.
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    memory: Option<u64>,
    kernel: String,
    disk: String,
}

impl Machine {
    /// Of this machine; `data` is where the server's data is.
    pub(crate) fn of(data: &Path) -> Self {
        let memory = usage::kibibytes(&read("/proc/meminfo"), "MemTotal:");
        Self {
            processor: processor(&read("/proc/cpuinfo")).unwrap_or("unknown").to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            disk: std::fs::canonicalize(data)
                .ok()
                .and_then(|path| file_system(&read("/proc/self/mounts"), &path))
                .unwrap_or_else(|| "unknown".to_owned()),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gibibytes = self.memory.unwrap_or_default() >> 30;
        let Self { processor, cores, kernel, disk, .. } = self;
        write!(f, "{processor}, {cores} cores, {gibibytes} GiB; Linux {kernel}; data on {disk}")
    }
}

/// The load averages of the last one, five and fifteen minutes.
pub(crate) fn load_average() -> String {
    read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn processor(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(": ").map(|(_, name)| name)
}

/// Type and device of the file system that `path` is on.
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let fields = |line: &str| {
        let mut fields = line.split(' ').map(str::to_owned);
        Some((fields.next()?, fields.next()?, fields.next()?))
    };
    let (device, _, kind) = mounts
        .lines()
        .filter_map(fields)
        .filter(|(_, point, _)| path.starts_with(point))
        .max_by_key(|(_, point, _)| point.len())?;
    Some(format!("{kind} ({device})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_decides() {
        let mounts =
            "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/x xfs rw 0 0\n";
        let on = |path: &str| file_system(mounts, Path::new(path)).unwrap();
        assert_eq!(on("/home"), "ext4 (/dev/vda)");
        assert_eq!(on("/tmp/y"), "tmpfs (tmpfs)");
        assert_eq!(on("/tmp/x/z"), "xfs (/dev/vdb)");
        assert_eq!(on("/tmpfile"), "ext4 (/dev/vda)");
    }

    #[test]
    fn the_processor_has_its_name() {
        assert_eq!(processor("processor\t: 0\nmodel name\t: Fast: 9\n"), Some("Fast: 9"));
        assert_eq!(processor(""), None);
    }
}
