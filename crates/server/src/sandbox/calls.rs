//! System calls that are refused.
//!
//! A list of what is refused, not of what is allowed: which calls a program makes follows from its C
//! library and its kernel, and a server that fails after their next update protects nobody. They are
//! refused with an error and do not end the process: a library that asks in vain goes on.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;

/// Never made by a server: other programs and other processes' memory, mounts and namespaces,
/// modules and the machine's clock, other users, and parts of the kernel in which weaknesses have
/// been found again and again.
const NEVER: &[i64] = &[
    // Other programs, and what is in other processes.
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_process_madvise,
    // Memory that can be run, or that other processes see.
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_shmat,
    // File systems and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_mknodat,
    libc::SYS_quotactl,
    // Parts of the kernel with much to attack.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_vmsplice,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    // The machine.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    KEXEC_FILE_LOAD,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_personality,
    // Other users.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mknod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
];

/// Of which the C library's table lacks some architectures. Source: Linux,
/// `include/uapi/asm-generic/unistd.h`, `arch/x86/entry/syscalls/syscall_64.tbl`.
const KEXEC_FILE_LOAD: i64 = if cfg!(target_arch = "x86_64") { 320 } else { 294 };

/// What pushes bytes into a terminal as if they had been typed there: TIOCSTI and TIOCLINUX.
/// Source: Linux, `include/uapi/asm-generic/ioctls.h`.
const TYPING: [u64; 2] = [0x5412, 0x541c];

/// Families of sockets that are used; netlink tells the C library which addresses can be reached.
const FAMILIES: [i32; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
/// The bits of a socket's type that are not flags. Source: `SOCK_TYPE_MASK` of Linux.
const SOCKET_TYPE: u64 = 0xf;

/// Refuses them from now on, in this thread and those that it starts.
pub(super) fn refuse() -> Result<(), String> {
    let failed = |why: &dyn std::fmt::Display| why.to_string();
    let install = |rules, error: i32| {
        let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|why| failed(&why))?;
        let refused = SeccompAction::Errno(error.unsigned_abs());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch);
        let program = filter.and_then(BpfProgram::try_from).map_err(|why| failed(&why))?;
        apply_filter(&program).map_err(|why| failed(&why))
    };
    install(not_permitted().map_err(|why| failed(&why))?, libc::EPERM)?;
    // Its flags are in memory, where no filter sees them. As if the kernel did not have it, it is
    // followed by `clone`, whose flags are looked at.
    install(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)
}

fn not_permitted() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut rules: BTreeMap<_, _> = NEVER.iter().map(|call| (*call, Vec::new())).collect();
    // Threads are started, processes are not.
    let _ = rules.insert(libc::SYS_clone, vec![all([without(0, flag(libc::CLONE_THREAD))?])?]);
    // No memory is written and then run. A file that was written may still be mapped to be run, as
    // libraries are; a file system mounted `noexec` ends that.
    let write_and_run = flag(libc::PROT_WRITE | libc::PROT_EXEC);
    let _ = rules.insert(libc::SYS_mmap, vec![all([with(2, write_and_run)?])?]);
    let run = || all([with(2, flag(libc::PROT_EXEC))?]);
    let _ = rules.insert(libc::SYS_mprotect, vec![run()?]);
    let _ = rules.insert(libc::SYS_pkey_mprotect, vec![run()?]);
    let other = FAMILIES.map(|family| compared(0, SeccompCmpOp::Ne, flag(family)));
    let raw = SeccompCmpOp::MaskedEq(SOCKET_TYPE);
    let raw = all([compared(1, raw, flag(libc::SOCK_RAW))?, not(0, libc::AF_NETLINK)?])?;
    let other = SeccompRule::new(other.into_iter().collect::<Result<_, _>>()?)?;
    let _ = rules.insert(libc::SYS_socket, vec![other, raw]);
    // Whoever started the server from a terminal does not find typed there what they did not type.
    let typing = TYPING.map(|request| all([compared(1, SeccompCmpOp::Eq, request)?]));
    let _ = rules.insert(libc::SYS_ioctl, typing.into_iter().collect::<Result<_, _>>()?);
    // What keeps memory out of core dumps and debuggers stays as it is.
    let dumpable = all([is(0, libc::PR_SET_DUMPABLE)?, not(1, 0)?])?;
    let _ = rules.insert(libc::SYS_prctl, vec![dumpable]);
    Ok(rules)
}

type Condition = Result<SeccompCondition, seccompiler::BackendError>;

/// A rule that holds where all of `conditions` do.
fn all<const N: usize>(
    conditions: [SeccompCondition; N],
) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(conditions.into())
}

/// The argument has all of these bits.
fn with(argument: u8, bits: u64) -> Condition {
    compared(argument, SeccompCmpOp::MaskedEq(bits), bits)
}

/// The argument has none of these bits.
fn without(argument: u8, bits: u64) -> Condition {
    compared(argument, SeccompCmpOp::MaskedEq(bits), 0)
}

fn is(argument: u8, value: i32) -> Condition {
    compared(argument, SeccompCmpOp::Eq, flag(value))
}

fn not(argument: u8, value: i32) -> Condition {
    compared(argument, SeccompCmpOp::Ne, flag(value))
}

/// Arguments that the kernel takes for integers of 32 bits: what stands above them does not count.
fn compared(argument: u8, operator: SeccompCmpOp, value: u64) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

/// A constant of the C library; none that is used here is negative.
fn flag(constant: i32) -> u64 {
    u64::from(constant.unsigned_abs())
}
