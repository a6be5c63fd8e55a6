//! The command line. Other tools rely on these names.

mod backup;
mod messages;
mod root_key;

pub(crate) use backup::{BackupArguments, RestoreArguments, StoreCheckArguments};
pub(crate) use messages::{
    DecryptArguments, DemandArguments, EncryptArguments, ExecArguments, InspectArguments,
    KmsArguments, OpeningArguments, OutputArguments, Pair, RawKey, RewrapArguments, RsaPaddingName,
    WrappingArguments,
};
pub(crate) use root_key::{
    InitArguments, ProviderArguments, ProviderName, RootKeyArguments, RootKeyCommand,
    UnsealArguments,
};

use crate::config::{Durability, LogFormat};
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A self-hosted key management service that speaks the AWS KMS API.
#[derive(Parser)]
#[command(name = "strongroom", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server. An empty data directory is initialised first.
    Serve(ServeArguments),
    /// Print shell commands that point AWS clients at the server:
    /// eval "$(strongroom env)"
    Env(DataArgument),
    /// Encrypt a file, directory or pipe of any size, so that AWS's own SDKs can open it.
    Encrypt(Box<EncryptArguments>),
    /// Decrypt what `encrypt`, or the AWS Encryption SDK in any language, has made.
    Decrypt(Box<DecryptArguments>),
    /// Change the keys that a message is encrypted under.
    Rewrap(Box<RewrapArguments>),
    /// Show what a message says of itself, without a key.
    Inspect(InspectArguments),
    /// Run a program with variables from an encrypted file, of which no plaintext is written.
    Exec(Box<ExecArguments>),
    /// Look at the audit trail.
    Trail(TrailArguments),
    /// Find out why a request was allowed or refused. The server must not be running.
    Why(WhyArguments),
    /// Try policies before they are put. Nothing is read but the files, and nothing is sent.
    Policy(PolicyArguments),
    /// Manage accounts.
    Account(AccountArguments),
    /// Write store and journal to a file, encrypted, also while the server runs.
    Backup(BackupArguments),
    /// Make a data directory of a backup, once everything in it is verified.
    Restore(RestoreArguments),
    /// Verify every record of a data directory. The server must not be running. Ends with 1 if
    /// something is not as it should be.
    Check(StoreCheckArguments),
    /// Make keys of given key material.
    Key(KeyArguments),
    /// Make a data directory, and choose what keeps its root key. `serve` makes one with a root key in
    /// a file by itself.
    Init(Box<InitArguments>),
    /// Open a server that is sealed: a passphrase, a PIN, or one share of the root key.
    Unseal(UnsealArguments),
    /// Seal a running server: it lets go of every key and refuses all requests until it is unsealed.
    Seal(DataArgument),
    /// Look at the root key, replace it, or have another provider keep it.
    RootKey(RootKeyArguments),
    /// Set the clock of a server forward that was started with --dev-clock.
    Clock(ClockArguments),
}

#[derive(Args)]
pub(crate) struct WhyArguments {
    /// The request's id, which every answer carries (`x-amzn-RequestId`), or an event's id, which is
    /// found faster
    pub(crate) request: String,
    /// Print the whole record as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) bucket: BucketArguments,
}

#[derive(Args)]
pub(crate) struct PolicyArguments {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say whether a document is a policy, and where not. Ends with 1 if it is none.
    Check(CheckArguments),
    /// Say what policies and grants make of a request, and which statement decides. Ends with 1 if
    /// they deny it.
    Simulate(Box<SimulateArguments>),
}

#[derive(Args)]
pub(crate) struct CheckArguments {
    /// File with the policy, `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// A policy of users, groups and roles: it names no principals
    #[arg(long, conflicts_with = "principal")]
    pub(crate) identity: bool,
    /// Who would put it: also say whether it locks them out
    #[arg(long, value_name = "ARN", requires = "key")]
    pub(crate) principal: Option<String>,
    /// The key that it would be put on
    #[arg(long, value_name = "ARN", requires = "principal")]
    pub(crate) key: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct SimulateArguments {
    /// The key policy
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// A policy of the user and its groups, or of the role; may be repeated
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) identity: Vec<PathBuf>,
    /// The permissions boundary
    #[arg(long, value_name = "FILE")]
    pub(crate) boundary: Option<PathBuf>,
    /// A session policy; may be repeated
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) session: Vec<PathBuf>,
    /// The service control policies of one level of the organization; each level has its own --scp
    #[arg(long, value_name = "FILE[,FILE…]", num_args = 1..)]
    pub(crate) scp: Vec<String>,
    /// Grants on the key, as `aws kms list-grants` prints them; may be repeated
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) grant: Vec<PathBuf>,
    /// Who asks: ARN of a root user, user, role session or federated user, or a service's name.
    /// A role's ARN stands for a session of it
    #[arg(long, value_name = "ARN")]
    pub(crate) principal: String,
    /// What for: kms:Decrypt
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: String,
    /// Of what: ARN of a key or an alias, or `*`
    #[arg(long, value_name = "ARN")]
    pub(crate) resource: String,
    /// A condition key and its value; a key that is repeated has several
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    pub(crate) context: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ClockArguments {
    #[command(subcommand)]
    pub(crate) command: ClockCommand,
}

#[derive(Subcommand)]
pub(crate) enum ClockCommand {
    /// Set it forward: what is due by then (rotation, expiry, deletion) is done when this returns.
    Advance {
        /// Days, hours, minutes, seconds: 30d, 12h, 1d12h
        by: String,
        /// Data directory of the running server
        #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
        data: PathBuf,
    },
    /// Print the server's time.
    Show {
        /// Data directory of the running server
        #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
        data: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct KeyArguments {
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key of a given id and key material, so that it is the same in every installation: for
    /// tests. The same command again changes nothing. The server must not be running; a new data
    /// directory is initialised first.
    ImportMaterial(ImportArguments),
}

#[derive(Args)]
pub(crate) struct ImportArguments {
    /// The key's id: a UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key
    #[arg(long, value_name = "ID")]
    pub(crate) key_id: String,
    /// File with the key material, `-` for standard input: bytes, `hex:…` or `base64:…`, for key
    /// pairs also PKCS#8 in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) material: PathBuf,
    /// Key spec
    #[arg(long, value_name = "SPEC", default_value = "SYMMETRIC_DEFAULT")]
    pub(crate) spec: String,
    /// Key usage [default: the only one that keys of the spec have]
    #[arg(long, value_name = "USAGE")]
    pub(crate) usage: Option<String>,
    /// An alias for it: alias/NAME
    #[arg(long, value_name = "ALIAS")]
    pub(crate) alias: Option<String>,
    /// Region [default: the one that the server had last, or us-east-1]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Account [default: the first one]
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,
    /// Initialise a new data directory for `serve --dev-clock`
    #[arg(long)]
    pub(crate) dev_clock: bool,
    /// Data directory
    #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
    pub(crate) data: PathBuf,
}

#[derive(Args)]
pub(crate) struct AccountArguments {
    #[command(subcommand)]
    pub(crate) command: AccountCommand,
}

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Make another account, and show its root user's access key, this once.
    Create {
        /// Its number, twelve digits [default: a random one]
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// A name for it
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Data directory
        #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
        data: PathBuf,
    },
    /// List the accounts.
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Data directory
        #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
        data: PathBuf,
    },
    /// Give an account's root user another access key; the one it had is good no more. That of the
    /// first account is written to the credentials file.
    ResetAccessKey {
        /// The account [default: the first one]
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Data directory
        #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
        data: PathBuf,
    },
    /// Service control policies: what an account, its root user included, may at most. Those of all
    /// accounts and those of the one must allow.
    #[command(subcommand)]
    Scp(ControlCommand),
}

#[derive(Subcommand)]
pub(crate) enum ControlCommand {
    /// Put a policy, in the place of the one of its name. Every level begins with FullAWSAccess.
    Put {
        /// Its name
        name: String,
        /// File with the document
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// The account [default: all]
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// Data directory
        #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
        data: PathBuf,
    },
    /// List the policies.
    List {
        /// The account [default: all]
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// Print JSON, with the documents
        #[arg(long)]
        json: bool,
        /// Data directory
        #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
        data: PathBuf,
    },
    /// Take a policy away.
    Delete {
        /// Its name
        name: String,
        /// The account [default: all]
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// Data directory
        #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
        data: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct ServeArguments {
    /// Data directory [default: ./strongroom-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address and port to listen on [default: 127.0.0.1:4599]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// `self-signed`, or the PEM files of a certificate (with its chain) and its key
    #[arg(long, value_names = ["self-signed|CERT", "KEY"], num_args = 1..=2)]
    pub(crate) tls: Option<Vec<String>>,
    /// Another name or address for the self-signed certificate; may be repeated
    #[arg(long, value_name = "NAME", requires = "tls")]
    pub(crate) tls_name: Vec<String>,
    /// Serve plain HTTP on other addresses than loopback, behind a proxy that ends TLS
    #[arg(long)]
    pub(crate) insecure_plain_http: bool,
    /// Configuration file (TOML); options on the command line win
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// For tests: a clock that `strongroom clock advance 30d` sets forward. It takes a data
    /// directory of its own
    #[arg(long)]
    pub(crate) dev_clock: bool,
    /// Read what opens the root key from this descriptor: a passphrase, a PIN, or shares, a line each.
    /// Without it, whoever starts the server at a terminal is asked for a passphrase or PIN; else the
    /// server starts sealed
    #[arg(long, value_name = "FD")]
    pub(crate) root_key_fd: Option<u32>,
    /// The form of log lines [default: text]
    #[arg(long, value_name = "text|json")]
    pub(crate) log_format: Option<LogFormat>,
    /// Address and port to serve metrics on, for Prometheus: plain HTTP, /metrics [default: nowhere]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Send traces of requests to an OpenTelemetry collector, as the variables OTEL_* say
    #[arg(long)]
    pub(crate) traces: bool,
    /// When a request that changes nothing is answered: once its audit record is on the disk, or
    /// earlier, when a crash may lose the records of the last 100 ms [default: durable]
    #[arg(long, value_name = "durable|buffered")]
    pub(crate) audit_durability: Option<Durability>,
    /// Give up what a server does not need: files but its own, other programs, rare system calls
    #[arg(long)]
    pub(crate) sandbox: bool,
}

#[derive(Args)]
pub(crate) struct DataArgument {
    /// Data directory
    #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
    pub(crate) data: PathBuf,
}

#[derive(Args)]
pub(crate) struct TrailArguments {
    #[command(subcommand)]
    pub(crate) command: TrailCommand,
}

#[derive(Subcommand)]
pub(crate) enum TrailCommand {
    /// Verify that nothing delivered was changed, removed or added: digests, their signatures and
    /// their chain, log files and what is in them. Ends with 1 if something was.
    Verify(VerifyArguments),
    /// Find delivered events, newest first.
    Search(SearchArguments),
    /// Print the newest delivered events, and with -f those that follow.
    Tail(TailArguments),
    /// Say how often a key was used, and what for, by day.
    Usage(UsageArguments),
    /// Print the public keys that verify digests, as JSON.
    Keys(DataArgument),
    /// Have a running server deliver at once what waits.
    Flush(DataArgument),
    /// Let another key sign digests from now on; the public keys before it are kept.
    RotateKey {
        /// The Region whose digests it shall sign; without it the server's.
        #[arg(long)]
        region: Option<String>,
        #[command(flatten)]
        data: DataArgument,
    },
    /// Print every audit record that is not delivered yet as a line of JSON. The server must not be
    /// running.
    Dump(DataArgument),
}

/// Where delivered objects are read.
#[derive(Args, Clone)]
pub(crate) struct BucketArguments {
    /// Data directory of the server, which may be running
    #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
    pub(crate) data: PathBuf,
    /// A copy of the bucket's directory instead: it has `AWSLogs` in it
    #[arg(long, value_name = "DIR", conflicts_with = "data")]
    pub(crate) directory: Option<PathBuf>,
    /// The bucket
    #[arg(long, value_name = "BUCKET", default_value = "strongroom-trail")]
    pub(crate) bucket: String,
    /// What the objects' keys begin with before `AWSLogs/`
    #[arg(long, value_name = "PREFIX")]
    pub(crate) prefix: Option<String>,
    /// Account [default: all]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// Region [default: all]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Not before: 2026-11-22, or 2026-11-22T06:37:05Z
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Before
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
}

#[derive(Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    pub(crate) bucket: BucketArguments,
    /// Public keys, as `strongroom trail keys` or `aws cloudtrail list-public-keys` printed them
    /// [default: those of the data directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// Trail [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) trail: Option<String>,
    /// Anchors that were kept elsewhere: that what they tell of is there still
    #[arg(long, value_name = "FILE")]
    pub(crate) anchor: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which events.
#[derive(Args, Default)]
pub(crate) struct FilterArguments {
    /// The key they are about: its ARN, or the id of a key of the account
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Who asked: ARN, name of a user or session, or access key
    #[arg(long, value_name = "WHO")]
    pub(crate) principal: Option<String>,
    /// The operation: Decrypt
    #[arg(long, value_name = "NAME")]
    pub(crate) operation: Option<String>,
    /// How they ended
    #[arg(long, value_name = "ok|denied|error", value_parser = ["ok", "denied", "error"])]
    pub(crate) outcome: Option<String>,
    /// The request's id, or an event's
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
}

#[derive(Args)]
pub(crate) struct SearchArguments {
    #[command(flatten)]
    pub(crate) bucket: BucketArguments,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Print the records, each a line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct TailArguments {
    #[command(flatten)]
    pub(crate) bucket: BucketArguments,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
    /// Wait for those that follow
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// So many of those that are there
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 10)]
    pub(crate) lines: usize,
    /// Print the records, each a line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct UsageArguments {
    /// The key: its ARN, or its id
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// From this day on: 2026-11-22
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
    /// To this day
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Data directory of the server, which may be running
    #[arg(long, value_name = "DIR", default_value = "./strongroom-data")]
    pub(crate) data: PathBuf,
}
