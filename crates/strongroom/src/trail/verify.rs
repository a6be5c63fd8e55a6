//! `strongroom trail verify`.

use super::block_on;
use super::shelf::{Shelf, time};
use crate::cli::{BucketArguments, VerifyArguments};
use crate::operator::{KnownHead, Request, have_done};
use crate::terminal::{self, Failure};
use crate::why::plain;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use strongroom_trail::anchor::Anchor;
use strongroom_trail::public_key::PublicKeys;
use strongroom_trail::verify::{Chain, Head, Report, Window, chains, verify};

/// Findings of a chain that are printed; JSON has all.
const SHOWN: usize = 20;

/// What chains are compared with, each with its head.
type Heads = BTreeMap<Chain, Vec<Head>>;

/// Returns whether all chains are sound.
pub(super) fn run(arguments: &VerifyArguments) -> Result<bool, Failure> {
    let shelf = Shelf::of(&arguments.bucket)?;
    let keys = keys(arguments)?;
    // Before the objects: what is delivered meanwhile comes after what the store knows.
    let mut heads = Heads::new();
    if arguments.bucket.directory.is_none() {
        store_heads(&arguments.bucket.data, &mut heads)?;
    }
    if let Some(path) = &arguments.anchor {
        anchors(path, &keys, &mut heads)?;
    }
    let BucketArguments { bucket, prefix, from, to, .. } = &arguments.bucket;
    let from = from.as_deref().map(time).transpose()?;
    let window = Window { from, to: to.as_deref().map(time).transpose()? };
    let failed =
        |why: strongroom_engine::ports::archive::ArchiveError| Failure::new(why.to_string());
    let mut all = block_on(chains(&shelf, bucket, prefix.as_deref()))?.map_err(failed)?;
    all.extend(heads.keys().filter(|chain| !all.contains(chain)).cloned().collect::<Vec<_>>());
    all.retain(|chain| is_asked_for(chain, arguments));
    if all.is_empty() {
        return Err(Failure::new("there is no such trail"));
    }
    let mut reports = Vec::new();
    for chain in &all {
        let heads = heads.get(chain).map(Vec::as_slice).unwrap_or_default();
        let report = block_on(verify(&shelf, chain, &keys, heads, window))?.map_err(failed)?;
        if !arguments.json {
            show(&report);
        }
        reports.push(report);
    }
    let is_sound = reports.iter().all(Report::is_sound);
    if arguments.json {
        terminal::line(json!({ "sound": is_sound, "trails": reports }));
    } else {
        conclude(&reports);
    }
    Ok(is_sound)
}

fn is_asked_for(chain: &Chain, arguments: &VerifyArguments) -> bool {
    let BucketArguments { bucket, prefix, account, region, .. } = &arguments.bucket;
    chain.bucket == *bucket
        && chain.prefix == *prefix
        && account.as_ref().is_none_or(|account| *account == chain.account.to_string())
        && region.as_ref().is_none_or(|region| region == chain.region.as_str())
        && arguments.trail.as_ref().is_none_or(|trail| *trail == chain.trail)
}

fn keys(arguments: &VerifyArguments) -> Result<PublicKeys, Failure> {
    let text = match (&arguments.keys, &arguments.bucket.directory) {
        (Some(path), _) => std::fs::read(path).map_err(|why| Failure::of(path.display(), why))?,
        (None, None) => {
            have_done(&arguments.bucket.data, &Request::TrailKeys)?.to_string().into_bytes()
        }
        (None, Some(_)) => {
            return Err(Failure::new(
                "the public keys are missing: `strongroom trail keys` prints them where the server \
                 is; name their file with --keys",
            ));
        }
    };
    let keys = PublicKeys::parse(&text).map_err(|why| Failure::of("the public keys", why))?;
    if keys.is_empty() {
        return Err(Failure::new("there are no public keys: nothing was signed yet"));
    }
    Ok(keys)
}

/// What the store of the data directory knows.
fn store_heads(data: &Path, heads: &mut Heads) -> Result<(), Failure> {
    let known = have_done(data, &Request::TrailHeads)?;
    let known: Vec<KnownHead> = serde_json::from_value(known)
        .map_err(|why| Failure::of("what the server knows of its trails", why))?;
    for head in known {
        let KnownHead { account, region, home, trail, .. } = &head;
        let place = [account.as_str(), region, home, trail];
        let Some(chain) = chain(place, &head.bucket, &head.key) else { continue };
        let source = "the server's store".to_owned();
        let head = Head { source, key: head.key, hash: head.hash, files: head.files };
        heads.entry(chain).or_default().push(head);
    }
    Ok(())
}

/// The anchors in a file, one a line.
fn anchors(path: &Path, keys: &PublicKeys, heads: &mut Heads) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path).map_err(|why| Failure::of(path.display(), why))?;
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{}, line {number}", path.display());
        // Loggers put things before it.
        let from = line.find('{').unwrap_or(0);
        let anchor = Anchor::parse(line.get(from..).unwrap_or_default(), keys);
        let anchor = anchor.map_err(|why| Failure::of(place(), why))?;
        let Anchor { account, region, home_region, trail, .. } = &anchor;
        let of = [account.as_str(), region, home_region, trail];
        let chain = chain(of, &anchor.bucket, &anchor.key)
            .ok_or_else(|| Failure::of(place(), "it is about no account and Region"))?;
        let source = format!("the anchor in {}", place());
        let head = Head { source, key: anchor.key, hash: anchor.hash, files: Vec::new() };
        heads.entry(chain).or_default().push(head);
    }
    Ok(())
}

fn chain([account, region, home, trail]: [&str; 4], bucket: &str, key: &str) -> Option<Chain> {
    let prefix = key.split_once("AWSLogs/")?.0.strip_suffix('/').map(str::to_owned);
    Some(Chain {
        bucket: bucket.to_owned(),
        prefix,
        account: account.parse().ok()?,
        region: region.parse().ok()?,
        trail: trail.to_owned(),
        home: home.parse().ok()?,
    })
}

fn show(report: &Report) {
    let Report { account, region, trail, digests, log_files, records, .. } = report;
    terminal::line(format_args!("account {account}, {region}, trail {}", plain(trail)));
    let span = match (&report.from, &report.to) {
        (Some(from), Some(to)) => format!(", from {} to {}", plain(from), plain(to)),
        _ => String::new(),
    };
    terminal::line(format_args!(
        "  {digests} digests, {log_files} log files, {records} records{span}"
    ));
    if !report.pending.is_empty() {
        terminal::line(format_args!(
            "  {} log files wait for the next digest",
            report.pending.len()
        ));
    }
    for note in &report.notes {
        terminal::line(format_args!("  note: {}", plain(note)));
    }
    for (number, finding) in report.findings.iter().enumerate().take(SHOWN) {
        let title = if number == 0 { "  FIRST: " } else { "  then:  " };
        terminal::line(format_args!("{title}{}", plain(&finding.object)));
        terminal::line(format_args!("         {}", plain(&finding.what)));
    }
    if let Some(more) = report.findings.len().checked_sub(SHOWN + 1) {
        terminal::line(format_args!("  and {} more", more + 1));
    }
}

fn conclude(reports: &[Report]) {
    let findings: usize = reports.iter().map(|report| report.findings.len()).sum();
    let records: u64 = reports.iter().map(|report| report.records).sum();
    terminal::line(if findings == 0 {
        format!("sound: {records} records are as they were signed")
    } else {
        format!("NOT SOUND: {findings} findings")
    });
}
