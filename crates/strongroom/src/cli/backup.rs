//! Arguments of `strongroom backup`, `restore` and `check`.

use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct BackupArguments {
    /// Where it is written to, `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Also take what is delivered of the audit trail to the directory `trail`
    #[arg(long)]
    pub(crate) with_trail: bool,
    /// Data directory of the server, which may be running
    #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
    pub(crate) data: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreArguments {
    /// The backup, `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Data directory to make of it: one that is not there yet, or is empty
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// The root key that it was made under, as in `root.key` [default: that of the data directory, or
    /// what the backup says of where it is]
    #[arg(long, value_name = "FILE")]
    pub(crate) root_key_file: Option<PathBuf>,
    /// Have the HSM or the other KMS that the backup names open the root key; without it, restoring
    /// says which one that is
    #[arg(long, conflicts_with = "root_key_file")]
    pub(crate) provider_of_backup: bool,
    /// Replace store and journal of a data directory that is there and whose server does not run;
    /// they are kept in it under another name
    #[arg(long)]
    pub(crate) replace: bool,
    /// Restore a backup that is older than what it replaces: changes and audit records are lost
    #[arg(long, requires = "replace")]
    pub(crate) roll_back: bool,
    /// Restore a backup in which records were damaged before it was made
    #[arg(long)]
    pub(crate) accept_findings: bool,
}

#[derive(Args)]
pub(crate) struct StoreCheckArguments {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Data directory; its server must not be running
    #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
    pub(crate) data: PathBuf,
}
