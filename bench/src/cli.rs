//! The command line.

use crate::operation::Workload;
use crate::targets::Part;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Measures strongroom against a bare server and other key services.
#[derive(Parser)]
#[command(name = "strongroom-bench", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start strongroom and the floor servers, measure them in turn, print a table
    Compare(Box<CompareArguments>),
    /// Measure every target of performance in one run, and print the table
    Targets(Box<TargetsArguments>),
    /// Fill a data directory through the API, for measurements on much data
    Populate(PopulateArguments),
    /// Measure one server that runs already: it is found as AWS clients find it, by
    /// AWS_ENDPOINT_URL and its companions
    Load(LoadArguments),
    /// Count the instructions that requests take, by Valgrind, and compare them with those counted
    /// before
    Instructions(InstructionsArguments),
    /// Run a floor server, until standard input ends
    Floor(FloorArguments),
    /// Measure what a decision costs with long policies and many grants, in this process
    Decisions(DecisionsArguments),
    /// Measure a day of the delivered trail: its size, verifying it, looking events up
    Trail(TrailArguments),
    /// Measure messages of the AWS Encryption SDK's format, in this process
    Envelope(EnvelopeArguments),
}

#[derive(Args)]
pub(crate) struct EnvelopeArguments {
    /// Length of the long messages, MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024,
          value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub(crate) mebibytes: u32,
    /// Lengths of frames, bytes
    #[arg(long, value_name = "LIST", value_delimiter = ',',
          default_value = "4096,16384,65536,262144,1048576",
          value_parser = clap::value_parser!(u32).range(1..=16_777_216))]
    pub(crate) frames: Vec<u32>,
    /// Short messages of 1 KiB
    #[arg(long, value_name = "N", default_value_t = 20_000,
          value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) messages: u32,
    /// From file to file in this directory [default: from memory to nowhere]
    #[arg(long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TrailArguments {
    /// Events of the day
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
          value_parser = clap::value_parser!(u64).range(1440..=100_000_000))]
    pub(crate) events: u64,
    /// Look-ups by each attribute
    #[arg(long, value_name = "N", default_value_t = 500,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) look_ups: u32,
    /// Where the day is put [default: a directory that is removed afterwards]
    #[arg(long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

/// What is measured, and for how long.
#[derive(Args)]
pub(crate) struct Cells {
    /// Operations: encrypt, decrypt, generate-data-key, re-encrypt, generate-mac, sign-ecc-p256,
    /// sign-rsa-2048, sign-rsa-4096, verify-ecc-p256, verify-rsa-2048, describe-key,
    /// describe-alias, list-keys, list-aliases, list-grants, list-users, create-key,
    /// create-rsa-4096-key, generate-random; mix and rsa-4096, which are several
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "encrypt")]
    pub(crate) operations: Vec<Workload>,
    /// Numbers of connections, each with one request in flight
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,8,64",
          value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) connections: Vec<u32>,
    /// Seconds that are measured in each cell and round
    #[arg(long, value_name = "N", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: u32,
    /// Seconds of load before each measurement
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(0..=3600))]
    pub(crate) warm_up: u32,
    /// Keys that the requests go round
    #[arg(long, value_name = "N", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) keys: u32,
}

#[derive(Args)]
pub(crate) struct CompareArguments {
    #[command(flatten)]
    pub(crate) cells: Cells,
    /// How often each cell is measured, the servers taking turns
    #[arg(long, value_name = "N", default_value_t = 3,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// The strongroom program
    #[arg(long, value_name = "PATH", default_value = "target/release/strongroom")]
    pub(crate) strongroom: PathBuf,
    /// Where strongroom's data goes, in a directory that is removed afterwards: this disk is part
    /// of what is measured
    #[arg(long, value_name = "DIR", default_value = "target")]
    pub(crate) data: PathBuf,
    /// Plain HTTP instead of TLS 1.3
    #[arg(long)]
    pub(crate) plain: bool,
    /// Also write the report to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) rival: RivalArguments,
}

#[derive(Args)]
pub(crate) struct TargetsArguments {
    /// Short and coarse: one short round, and a fiftieth of the data
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure these parts alone
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_enum)]
    pub(crate) only: Vec<Part>,
    /// The strongroom program
    #[arg(long, value_name = "PATH", default_value = "target/release/strongroom")]
    pub(crate) strongroom: PathBuf,
    /// Where strongroom's data goes, in directories that are removed afterwards: this disk is part
    /// of what is measured
    #[arg(long, value_name = "DIR", default_value = "target")]
    pub(crate) data: PathBuf,
    /// A data directory of `populate`, with as much as is measured; made there if it is missing, and
    /// kept
    #[arg(long, value_name = "DIR")]
    pub(crate) population: Option<PathBuf>,
    /// Keys of the store that has many, and as many aliases
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
          value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    pub(crate) keys: u64,
    /// Also write the table into this document, and the plots beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct InstructionsArguments {
    /// The strongroom program
    #[arg(long, value_name = "PATH", default_value = "target/release/strongroom")]
    pub(crate) strongroom: PathBuf,
    /// Where its data goes, in a directory that is removed afterwards
    #[arg(long, value_name = "DIR", default_value = "target")]
    pub(crate) data: PathBuf,
    /// What was counted before
    #[arg(long, value_name = "FILE", default_value = "bench/instructions.toml")]
    pub(crate) baseline: PathBuf,
    /// Requests of each operation, three times
    #[arg(long, value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) requests: u32,
    /// Write what is counted to that file
    #[arg(long)]
    pub(crate) update: bool,
}

#[derive(Args)]
pub(crate) struct PopulateArguments {
    /// Keys of the first account
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(crate) keys: u64,
    /// Aliases of these keys
    #[arg(long, value_name = "N", default_value_t = 1_000_000,
          value_parser = clap::value_parser!(u64).range(0..=10_000_000))]
    pub(crate) aliases: u64,
    /// Users of all accounts
    #[arg(long, value_name = "N", default_value_t = 100_000,
          value_parser = clap::value_parser!(u64).range(0..=10_000_000))]
    pub(crate) principals: u64,
    /// Grants on the first key
    #[arg(long, value_name = "N", default_value_t = 50_000,
          value_parser = clap::value_parser!(u64).range(0..=50_000))]
    pub(crate) grants: u64,
    /// Accounts beside the first
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u64).range(0..=100_000))]
    pub(crate) accounts: u64,
    /// The strongroom program
    #[arg(long, value_name = "PATH", default_value = "target/release/strongroom")]
    pub(crate) strongroom: PathBuf,
    /// The data directory, new or made by this command before
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

/// Another server of the KMS API, running already.
#[derive(Args)]
pub(crate) struct RivalArguments {
    /// URL of another server of the KMS API, to be measured in turn with the rest
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// What the table calls it
    #[arg(long, value_name = "NAME", default_value = "rival")]
    pub(crate) endpoint_name: String,
    /// The certificates to trust for it, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) endpoint_ca: Option<PathBuf>,
    /// Its process, for CPU time and memory
    #[arg(long, value_name = "PID")]
    pub(crate) endpoint_pid: Option<u32>,
    /// Its access key, if it looks at signatures
    #[arg(long, value_name = "ID", default_value = "test")]
    pub(crate) endpoint_access_key_id: String,
    /// The secret of its access key
    #[arg(long, value_name = "SECRET", default_value = "test", hide_default_value = true)]
    pub(crate) endpoint_secret_access_key: String,
    /// Its Region
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub(crate) endpoint_region: String,
}

#[derive(Args)]
pub(crate) struct LoadArguments {
    #[command(flatten)]
    pub(crate) cells: Cells,
    /// The server's process, for CPU time and memory
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Option<u32>,
}

#[derive(Args)]
pub(crate) struct FloorArguments {
    /// What it answers
    #[arg(value_enum)]
    pub(crate) mode: FloorMode,
    /// Plain HTTP instead of TLS 1.3
    #[arg(long)]
    pub(crate) plain: bool,
    /// Where the certificate that clients are to trust is written, PEM
    #[arg(long, value_name = "FILE", required_unless_present = "plain")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct DecisionsArguments {
    /// Grants on the key that has many
    #[arg(long, value_name = "N", default_value_t = 50_000,
          value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub(crate) grants: u32,
}

/// How little a server can do.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FloorMode {
    /// 200 with no body, whatever is asked.
    Empty,
    /// Signature, JSON and AES-256-GCM; no policy, key state, quota, audit or disk.
    Kms,
}

impl FloorMode {
    /// As the command line has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Kms => "kms",
        }
    }
}
