//! The sandbox of this very process; alone in its file because there is no way out of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and starts its own threads"
)]

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, socket};
use rustix::process::{
    DumpableBehavior, PidfdFlags, Signal, chroot, getpid, pidfd_open, pidfd_send_signal,
    set_dumpable_behavior,
};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use strongroom_server::sandbox::{Sandbox, SandboxError};

#[test]
fn the_process_has_what_it_names_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let [data, certificates, other] = ["data", "certificates", "other"].map(|name| {
        let path = place.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("file"), "before").unwrap();
        path
    });
    let single = other.join("single");
    fs::write(&single, "before").unwrap();
    let (open, probe) = (File::open(other.join("file")).unwrap(), free_port());
    let sandbox = Sandbox {
        read: vec![certificates.clone(), single.clone()],
        write: vec![data.clone()],
        listen: vec![probe],
    };
    let missing = Sandbox { read: vec![other.join("missing")], ..Sandbox::default() };
    assert!(matches!(missing.enter(), Err(SandboxError::Path(..))));
    assert!(Command::new("/bin/true").status().is_ok(), "nothing is given up yet");
    let version = match sandbox.enter() {
        Ok(version) => version,
        // There is nothing to be tested with.
        Err(SandboxError::NoLandlock) => return,
        Err(why) => panic!("{why}"),
    };
    inside_a_thread();
    // Files: what is named, and what was open.
    fs::write(data.join("file"), "after").unwrap();
    fs::create_dir(data.join("new")).unwrap();
    fs::rename(data.join("file"), data.join("new/file")).unwrap();
    fs::remove_file(data.join("new/file")).unwrap();
    assert_eq!(fs::read_to_string(certificates.join("file")).unwrap(), "before");
    assert_eq!(fs::read_to_string(&single).unwrap(), "before");
    assert!(open.metadata().is_ok());
    assert!(denied(fs::write(certificates.join("file"), "after")));
    assert!(denied(fs::write(&single, "after")));
    assert!(denied(fs::write(certificates.join("new"), "after")));
    assert!(denied(fs::read(other.join("file"))));
    assert!(denied(fs::read_dir(&other)));
    assert!(denied(fs::read("/etc/passwd")));
    assert!(denied(fs::read("/proc/self/mem")));
    OpenOptions::new().write(true).open("/dev/null").unwrap().write_all(b"x").unwrap();
    // Programs and other processes.
    assert!(denied(Command::new("/bin/true").status()));
    let own = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    assert_eq!(pidfd_send_signal(own, Signal::WINCH).unwrap_err(), Errno::PERM);
    // Sockets: this port and no other; any address may be connected to.
    let listener = TcpListener::bind(("127.0.0.1", probe)).unwrap();
    assert!(TcpStream::connect(listener.local_addr().unwrap()).is_ok());
    // Ports are known to Landlock from its version 4 on.
    assert_eq!(denied(TcpListener::bind("127.0.0.1:0")), version >= 4);
    assert!(UdpSocket::bind("127.0.0.1:0").is_ok());
    assert!(socket(AddressFamily::NETLINK, SocketType::RAW, None).is_ok());
    for (family, kind) in [
        (AddressFamily::PACKET, SocketType::RAW),
        (AddressFamily::VSOCK, SocketType::STREAM),
        (AddressFamily::INET, SocketType::RAW),
    ] {
        assert_eq!(socket(family, kind, None).unwrap_err(), Errno::PERM);
    }
    // What hardening did stays done.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).unwrap();
    let undone = set_dumpable_behavior(DumpableBehavior::Dumpable);
    assert_eq!(undone.unwrap_err(), Errno::PERM);
    assert_eq!(chroot("/").unwrap_err(), Errno::PERM);
}

fn inside_a_thread() {
    let thread = std::thread::spawn(|| {
        assert!(denied(fs::read("/etc/passwd")));
        assert!(denied(Command::new("/bin/true").status()));
    });
    thread.join().unwrap();
}

fn denied<T>(outcome: std::io::Result<T>) -> bool {
    outcome.is_err_and(|why| why.kind() == ErrorKind::PermissionDenied)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
