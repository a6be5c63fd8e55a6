//! The root key: `init`, `unseal`, `root-key`.

use super::DataArgument;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct InitArguments {
    #[command(flatten)]
    pub(crate) provider: ProviderArguments,
    /// Region of the event that the first account is made by
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Make it for `serve --dev-clock`
    #[arg(long)]
    pub(crate) dev_clock: bool,
    #[command(flatten)]
    pub(crate) data: DataArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProviderName {
    /// The file root.key, mode 0600: whoever has it and the store has everything
    File,
    /// A passphrase that somebody types when the server starts
    Passphrase,
    /// An AES key in an HSM, which does not leave it
    Pkcs11,
    /// A key of another KMS: AWS's, or another Strongroom's
    Kms,
    /// Several people have a share each, and so many of them must come together
    Shares,
}

/// What keeps a root key.
#[derive(Args)]
pub(crate) struct ProviderArguments {
    /// What keeps the root key
    #[arg(long, value_name = "PROVIDER", default_value = "file")]
    pub(crate) root_key: ProviderName,
    /// passphrase, pkcs11: read the passphrase or the PIN from this descriptor, a line, and do not ask
    /// at the terminal
    #[arg(long, value_name = "FD")]
    pub(crate) secret_fd: Option<u32>,
    /// pkcs11: the PKCS #11 module, a shared library, which is loaded into the server
    #[arg(long, value_name = "FILE", help_heading = "HSM", required_if_eq("root_key", "pkcs11"))]
    pub(crate) module: Option<PathBuf>,
    /// The token's label
    #[arg(long, value_name = "LABEL", help_heading = "HSM", conflicts_with = "slot")]
    pub(crate) token: Option<String>,
    /// The token's slot
    #[arg(long, value_name = "N", help_heading = "HSM")]
    pub(crate) slot: Option<u64>,
    /// For modules that take `name:password` for a PIN, as CloudHSM's does
    #[arg(long, value_name = "NAME", help_heading = "HSM")]
    pub(crate) user: Option<String>,
    /// The key's label; it is made if it is not there
    #[arg(long, value_name = "LABEL", help_heading = "HSM", default_value = "strongroom-root")]
    pub(crate) hsm_key: String,
    /// File with the PIN, mode 0600, so that nobody need be asked when the server starts
    #[arg(long, value_name = "FILE", help_heading = "HSM", conflicts_with = "secret_fd")]
    pub(crate) pin_file: Option<PathBuf>,
    /// For modules that choose initialization vectors themselves, as CloudHSM's does
    #[arg(long, help_heading = "HSM")]
    pub(crate) hsm_chooses_iv: bool,
    /// kms: https://HOST[:PORT]
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Another KMS",
        required_if_eq("root_key", "kms")
    )]
    pub(crate) kms_endpoint: Option<String>,
    /// The key: id, ARN or alias
    #[arg(
        long,
        value_name = "KEY",
        help_heading = "Another KMS",
        required_if_eq("root_key", "kms")
    )]
    pub(crate) kms_key: Option<String>,
    /// The Region that requests are signed for
    #[arg(long, value_name = "REGION", help_heading = "Another KMS", default_value = "us-east-1")]
    pub(crate) kms_region: String,
    /// File with the access key, mode 0600, in the form of the AWS shared credentials file
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Another KMS",
        required_if_eq("root_key", "kms")
    )]
    pub(crate) kms_credentials: Option<PathBuf>,
    /// Authorities of the endpoint's certificate, PEM [default: the system's]
    #[arg(long, value_name = "FILE", help_heading = "Another KMS")]
    pub(crate) kms_ca_file: Option<PathBuf>,
    /// shares: how many there are
    #[arg(long, value_name = "N", help_heading = "Shares", default_value_t = 5)]
    pub(crate) shares: u8,
    /// How many of them open the root key
    #[arg(long, value_name = "T", help_heading = "Shares", default_value_t = 3)]
    pub(crate) threshold: u8,
    /// Write each share to a file of its own there, mode 0600, and do not print them
    #[arg(long, value_name = "DIR", help_heading = "Shares")]
    pub(crate) shares_dir: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct UnsealArguments {
    /// Read it from this descriptor, a line, and do not ask at the terminal; of shares, a line each
    #[arg(long, value_name = "FD")]
    pub(crate) secret_fd: Option<u32>,
    /// Forget the shares that were brought so far, and begin again
    #[arg(long, conflicts_with = "secret_fd")]
    pub(crate) reset: bool,
    #[command(flatten)]
    pub(crate) data: DataArgument,
}

#[derive(Args)]
pub(crate) struct RootKeyArguments {
    #[command(subcommand)]
    pub(crate) command: RootKeyCommand,
}

#[derive(Subcommand)]
pub(crate) enum RootKeyCommand {
    /// Say who keeps the root key, whether the server is sealed, and how far a rotation has come.
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        data: DataArgument,
    },
    /// Replace the root key and the domain keys under it. The provider stays the same; a running
    /// server goes on serving. Shares are dealt anew, and those from before open nothing any more.
    Rotate {
        /// Replace the root key alone
        #[arg(long)]
        keep_domain_keys: bool,
        /// Read the passphrase or the PIN from this descriptor, a line
        #[arg(long, value_name = "FD")]
        secret_fd: Option<u32>,
        /// Write each share to a file of its own there
        #[arg(long, value_name = "DIR")]
        shares_dir: Option<PathBuf>,
        #[command(flatten)]
        data: DataArgument,
    },
    /// Replace the root key, and have another provider keep the new one. A running server goes on
    /// serving.
    Migrate(Box<MigrateArguments>),
}

#[derive(Args)]
pub(crate) struct MigrateArguments {
    #[command(flatten)]
    pub(crate) provider: ProviderArguments,
    /// Replace the root key alone
    #[arg(long)]
    pub(crate) keep_domain_keys: bool,
    #[command(flatten)]
    pub(crate) data: DataArgument,
}
