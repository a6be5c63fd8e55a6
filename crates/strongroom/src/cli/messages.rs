//! Arguments of `strongroom encrypt`, `decrypt`, `rewrap`, `inspect` and `exec`.

use clap::{Args, ValueEnum, value_parser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use strongroom_envelope::DEFAULT_MAX_FRAME_LEN;

/// The longest frame that is made: what is longer others do not open without being told to.
const MAX_FRAME_LENGTH: i64 = DEFAULT_MAX_FRAME_LEN.cast_signed();

/// What the exit codes mean, below the options of each command.
const EXIT_CODES: &str = "Exit codes: 0 done, 1 other failures, 2 wrong command line, 3 input cannot be \
    read, 4 output cannot be written, 5 the message is altered, cut off or none, 6 no key opens it or \
    the KMS refuses, 7 no KMS can be asked, 8 the encryption context is another.";
const EXEC_CODES: &str = "Exit codes: those of the program; 125 it was not started, as of a wrong \
    command line, 126 it cannot be run, \
    127 it is not there.";

/// How the KMS is found. What is not given is looked for where AWS's tools look for it.
#[derive(Args)]
#[command(next_help_heading = "KMS")]
pub(crate) struct KmsArguments {
    /// Region [default: AWS_REGION, AWS_DEFAULT_REGION, the profile's]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Endpoint [default: AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, the profile's, AWS's]
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Profile of ~/.aws/config and ~/.aws/credentials [default: AWS_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// PEM file of the authorities that the endpoint's certificate comes from [default: AWS_CA_BUNDLE,
    /// the profile's, the system's]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,
    /// Ask an endpoint on a network without TLS: data keys go in the clear
    #[arg(long)]
    pub(crate) insecure_plain_http: bool,
    /// A grant token; may be repeated
    #[arg(long, value_name = "TOKEN")]
    pub(crate) grant_token: Vec<String>,
}

/// A key of one's own in a file: `NAMESPACE/NAME=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawKey {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) file: PathBuf,
}

impl FromStr for RawKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let split = text.split_once('=').and_then(|(names, file)| {
            let (namespace, name) = names.split_once('/')?;
            let is_whole = !namespace.is_empty() && !name.is_empty() && !file.is_empty();
            is_whole.then(|| (namespace.to_owned(), name.to_owned(), PathBuf::from(file)))
        });
        let (namespace, name, file) = split.ok_or("not NAMESPACE/NAME=FILE")?;
        Ok(Self { namespace, name, file })
    }
}

/// A pair of the encryption context, or its key alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) value: Option<String>,
}

impl FromStr for Pair {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text, None),
        };
        if key.is_empty() {
            return Err("a key must not be empty");
        }
        Ok(Self { key: key.to_owned(), value })
    }
}

/// How an RSA key wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RsaPaddingName {
    OaepSha256,
    OaepSha384,
    OaepSha512,
    OaepSha1,
    Pkcs1,
}

/// The keys that a message is encrypted under: any of them opens it.
#[derive(Args)]
#[command(next_help_heading = "Keys")]
pub(crate) struct WrappingArguments {
    /// KMS key: its id, ARN, alias or alias ARN; repeated, each of the keys opens the message
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<String>,
    /// AES key of 16, 24 or 32 bytes in a file: bytes, `hex:…` or `base64:…`; may be repeated
    #[arg(long, value_name = "NAMESPACE/NAME=FILE")]
    pub(crate) raw_aes: Vec<RawKey>,
    /// RSA key in PEM, of which the public half encrypts; may be repeated
    #[arg(long, value_name = "NAMESPACE/NAME=FILE")]
    pub(crate) raw_rsa: Vec<RawKey>,
    /// How RSA keys wrap
    #[arg(long, value_enum, value_name = "PADDING", default_value = "oaep-sha256")]
    pub(crate) rsa_padding: RsaPaddingName,
}

/// The keys that may open a message.
#[derive(Args)]
#[command(next_help_heading = "Keys")]
pub(crate) struct OpeningArguments {
    /// Open with this KMS key and no other: its ARN, or an id or alias; may be repeated
    /// [default: the KMS keys that the message names]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<String>,
    /// Open with the KMS keys that the message names, beside the raw keys that are given
    #[arg(long, conflicts_with = "key")]
    pub(crate) discovery: bool,
    /// Of the KMS keys that the message names only those of this account; may be repeated
    #[arg(long, value_name = "ID", conflicts_with = "key")]
    pub(crate) account: Vec<String>,
    /// Ask this Region only, also for multi-Region keys of others
    #[arg(long, value_name = "REGION", conflicts_with = "key")]
    pub(crate) discovery_region: Option<String>,
    /// AES key in a file; may be repeated
    #[arg(long, value_name = "NAMESPACE/NAME=FILE")]
    pub(crate) raw_aes: Vec<RawKey>,
    /// RSA private key in PEM (PKCS#8); may be repeated
    #[arg(long, value_name = "NAMESPACE/NAME=FILE")]
    pub(crate) raw_rsa: Vec<RawKey>,
    /// How RSA keys wrap
    #[arg(long, value_enum, value_name = "PADDING", default_value = "oaep-sha256")]
    pub(crate) rsa_padding: RsaPaddingName,
}

/// What is demanded of a message before it is opened.
#[derive(Args)]
#[command(next_help_heading = "Demands")]
pub(crate) struct DemandArguments {
    /// A pair that the message's encryption context must have, or a key that must be in it; may be
    /// repeated
    #[arg(long, value_name = "KEY[=VALUE]")]
    pub(crate) context: Vec<Pair>,
    /// Refuse signed messages, whose signature is known only at their end
    #[arg(long)]
    pub(crate) unsigned_only: bool,
    /// Also read messages that do not commit to their key, as SDKs before version 2 made them
    #[arg(long)]
    pub(crate) allow_no_commitment: bool,
    /// Most wrapping keys of a message
    #[arg(long, value_name = "COUNT", default_value_t = 128)]
    pub(crate) max_keys: usize,
    /// Longest frame, or message that has none; several of them are in memory at a time
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_MAX_FRAME_LEN)]
    pub(crate) max_frame_length: u64,
}

/// Where it is written.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArguments {
    /// File or directory to write, `-` for standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
    /// What names of encrypted files end in
    #[arg(long, value_name = "SUFFIX", default_value = ".enc")]
    pub(crate) suffix: String,
    /// In a directory, leave out links, sockets and devices; without it they stop the command before
    /// anything is written
    #[arg(long)]
    pub(crate) skip_special: bool,
    /// Leave out files whose outputs are there already, as a command that was interrupted has left them
    #[arg(long, conflicts_with = "force")]
    pub(crate) skip_existing: bool,
    /// In a directory, go on after a failure; the command ends with the code of the first
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Print JSON, a line for each file
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct EncryptArguments {
    /// File, directory (each of its files is a message of its own), or `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) keys: WrappingArguments,
    /// A pair of the encryption context: it is stored in the clear, bound to the message, and in the
    /// KMS's audit trail; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<Pair>,
    /// Leave out the signature: faster, and every frame of a pipe is final once it is verified
    #[arg(long)]
    pub(crate) unsigned: bool,
    /// Bytes of plaintext in a frame, 16 MiB at most [default: 65536]
    #[arg(long, value_name = "BYTES", value_parser = value_parser!(u32).range(1..=MAX_FRAME_LENGTH))]
    pub(crate) frame_length: Option<u32>,
    /// Hide the message in this PNG picture or WAV sound; --output is the picture or sound with it
    #[arg(long, value_name = "FILE", requires = "output")]
    pub(crate) hide_in: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) kms: KmsArguments,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DecryptArguments {
    /// File, picture or sound with a message in it, directory, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) keys: OpeningArguments,
    #[command(flatten)]
    pub(crate) demands: DemandArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) kms: KmsArguments,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct RewrapArguments {
    /// File with a message, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) keys: WrappingArguments,
    /// Open with this KMS key and no other; may be repeated [default: those that the message names]
    #[arg(long, value_name = "KEY", help_heading = "Keys")]
    pub(crate) from_key: Vec<String>,
    /// Of the KMS keys that the message names open only with those of this account; may be repeated
    #[arg(long, value_name = "ID", conflicts_with = "from_key", help_heading = "Keys")]
    pub(crate) from_account: Vec<String>,
    /// Open with this AES key; may be repeated
    #[arg(long, value_name = "NAMESPACE/NAME=FILE", help_heading = "Keys")]
    pub(crate) from_raw_aes: Vec<RawKey>,
    /// Open with this RSA private key; may be repeated
    #[arg(long, value_name = "NAMESPACE/NAME=FILE", help_heading = "Keys")]
    pub(crate) from_raw_rsa: Vec<RawKey>,
    /// How the RSA keys that open it wrap
    #[arg(
        long,
        value_enum,
        value_name = "PADDING",
        default_value = "oaep-sha256",
        help_heading = "Keys"
    )]
    pub(crate) from_rsa_padding: RsaPaddingName,
    /// Replace the message by the one under the new keys
    #[arg(long, conflicts_with = "output")]
    pub(crate) in_place: bool,
    /// Keep the body of messages of format 2, too: whoever has the old and the new message can forge
    /// parts of it, as two headers under one key give its authentication key away
    #[arg(long)]
    pub(crate) keep_body_dangerously: bool,
    #[command(flatten)]
    pub(crate) demands: DemandArguments,
    /// File to write, `-` for standard output
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,
    /// Print JSON
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) kms: KmsArguments,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct InspectArguments {
    /// File, picture or sound with a message in it, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = EXEC_CODES)]
pub(crate) struct ExecArguments {
    /// Encrypted file of lines NAME=VALUE; may be repeated, and a later one counts before an earlier
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) env_file: Vec<PathBuf>,
    /// Give the program these variables only, and none of this environment
    #[arg(long)]
    pub(crate) clean: bool,
    #[command(flatten)]
    pub(crate) keys: OpeningArguments,
    #[command(flatten)]
    pub(crate) demands: DemandArguments,
    #[command(flatten)]
    pub(crate) kms: KmsArguments,
    /// The program and its arguments, after `--`
    #[arg(value_name = "COMMAND", last = true, required = true)]
    pub(crate) command: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn names_of_raw_keys_have_two_parts_and_a_file() {
        let key: RawKey = "mine/a/b=dir/file=1".parse().unwrap();
        assert_eq!((key.namespace.as_str(), key.name.as_str()), ("mine", "a/b"));
        assert_eq!(key.file, PathBuf::from("dir/file=1"));
        for bad in ["", "a", "a/b", "a=b", "/b=c", "a/=c", "a/b="] {
            assert!(bad.parse::<RawKey>().is_err(), "{bad}");
        }
    }

    #[test]
    fn pairs_are_split_at_the_first_equal_sign() {
        let pair: Pair = "k=v=w".parse().unwrap();
        assert_eq!((pair.key.as_str(), pair.value.as_deref()), ("k", Some("v=w")));
        assert_eq!("k".parse::<Pair>().unwrap().value, None);
        assert_eq!("k=".parse::<Pair>().unwrap().value.as_deref(), Some(""));
        assert!("=v".parse::<Pair>().is_err() && "".parse::<Pair>().is_err());
    }
}
