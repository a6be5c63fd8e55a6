//! What the process gives up for good: files but those it names, by Landlock, and system calls that
//! no server needs, by seccomp. Whoever takes the process over has no more than it.
//!
//! **Invariant:** both hold for the thread that enters and for those that it starts later, so it is
//! entered before there are others.

mod calls;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};
use std::fmt;
use std::path::{Path, PathBuf};

/// The version of Landlock whose rights are given up; an older kernel has some of them. 6, that of
/// Linux 6.12: signals to other processes are the newest there is to give up.
const NEWEST: ABI = ABI::V6;

/// What every server reads, where it is there: programs' libraries for those that the C library
/// loads to find hosts, what it reads for that, the authorities that the system trusts, how many
/// processors there are, random bytes.
const SYSTEM: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/ca-certificates",
    "/etc/ca-certificates",
    "/etc/ssl",
    "/etc/pki",
    "/var/lib/ca-certificates",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/services",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/run/systemd/resolve",
    "/dev/random",
    "/dev/urandom",
    "/proc/self/cgroup",
    "/proc/self/mountinfo",
    "/sys/fs/cgroup",
];

/// What is left to the process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sandbox {
    /// Files and directories that may be read. Each must be there.
    pub read: Vec<PathBuf>,
    /// Directories and files that may be read and written. Each must be there.
    pub write: Vec<PathBuf>,
    /// The only TCP ports that may be listened on; none: any.
    pub listen: Vec<u16>,
}

/// Why the process is not sandboxed. It must not go on as if it were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SandboxError {
    /// The kernel has no Landlock, or it is turned off.
    NoLandlock,
    /// A file or directory cannot be opened.
    Path(PathBuf, String),
    /// Landlock refused.
    Landlock(String),
    /// Seccomp refused, or does not know this processor.
    Seccomp(String),
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLandlock => write!(
                f,
                "this kernel has no Landlock: it takes Linux 5.19 with `landlock` among its `lsm=`"
            ),
            Self::Path(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Landlock(why) => write!(f, "landlock: {why}"),
            Self::Seccomp(why) => write!(f, "seccomp: {why}"),
        }
    }
}

impl std::error::Error for SandboxError {}

impl Sandbox {
    /// Gives up, for this thread and all that it starts, what is not named. Answers the version of
    /// Landlock in force: the higher, the more is given up.
    ///
    /// # Errors
    /// [`SandboxError`]. Part of it may be in force then.
    pub fn enter(&self) -> Result<u32, SandboxError> {
        let version = self.files()?;
        calls::refuse().map_err(SandboxError::Seccomp)?;
        Ok(version)
    }

    fn files(&self) -> Result<u32, SandboxError> {
        let failed = |why: &dyn fmt::Display| SandboxError::Landlock(why.to_string());
        let reading = AccessFs::ReadFile | AccessFs::ReadDir;
        let never =
            AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
        let writing = AccessFs::from_all(NEWEST) & !never;
        let read = self.read.iter().map(|path| beneath(path, reading));
        let write = self.write.iter().map(|path| beneath(path, writing));
        let rules = read.chain(write).collect::<Result<Vec<_>, _>>()?;
        let mut ruleset = Ruleset::default()
            .handle_access(AccessFs::from_all(NEWEST))
            .and_then(|rules| rules.scope(Scope::from_all(NEWEST)))
            .map_err(|why| failed(&why))?;
        if !self.listen.is_empty() {
            ruleset = ruleset.handle_access(AccessNet::BindTcp).map_err(|why| failed(&why))?;
        }
        let mut created = ruleset.create().map_err(|why| failed(&why))?;
        for port in &self.listen {
            let port = NetPort::new(*port, AccessNet::BindTcp);
            created = created.add_rule(port).map_err(|why| failed(&why))?;
        }
        let null = path_beneath_rules(["/dev/null"], AccessFs::ReadFile | AccessFs::WriteFile);
        let status = created
            .add_rules(path_beneath_rules(SYSTEM, reading))
            .and_then(|created| created.add_rules(null))
            .and_then(|created| created.add_rules(rules.into_iter().map(Ok)))
            .and_then(landlock::RulesetCreated::restrict_self)
            .map_err(|why: landlock::RulesetError| failed(&why))?;
        match (status.ruleset, status.landlock) {
            // Version 1 refuses every move between directories, which the server makes.
            (RulesetStatus::NotEnforced, _)
            | (_, LandlockStatus::Available { effective_abi: ABI::V1, .. }) => {
                Err(SandboxError::NoLandlock)
            }
            (_, LandlockStatus::Available { effective_abi, .. }) => Ok(number(effective_abi)),
            _ => Err(SandboxError::NoLandlock),
        }
    }
}

fn number(abi: ABI) -> u32 {
    u32::try_from(abi as i32).unwrap_or(0)
}

/// The rule for `path`: of a file, what can be done with files.
fn beneath(path: &Path, access: BitFlags<AccessFs>) -> Result<PathBeneath<PathFd>, SandboxError> {
    let failed = |why: &dyn fmt::Display| SandboxError::Path(path.to_owned(), why.to_string());
    let metadata = path.metadata().map_err(|why| failed(&why))?;
    let access = if metadata.is_dir() { access } else { access & AccessFs::from_file(NEWEST) };
    let opened = PathFd::new(path).map_err(|why| failed(&why))?;
    Ok(PathBeneath::new(opened, access))
}
