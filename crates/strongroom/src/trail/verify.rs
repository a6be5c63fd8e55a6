//! `strongroom trail verify`.

use super::block_on;
use super::shelf::{Shelf, time};
use crate::cli::{BucketArguments, VerifyArguments};
use crate::operator::{
    HeadsPage, KnownDigest, KnownFile, KnownHead, Request, ask_if_running, have_done,
};
use crate::terminal::{self, Failure};
use crate::why::plain;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use strongroom_engine::ports::archive::ArchiveError;
use strongroom_engine::work::BUILT_IN_TRAIL;
use strongroom_trail::anchor::Anchor;
use strongroom_trail::public_key::PublicKeys;
use strongroom_trail::verify::{Chain, Head, Report, Window, chains, verify};

/// Findings of a chain that are printed; JSON has all.
const SHOWN: usize = 20;
/// What the store is called in reports.
const STORE: &str = "the server's store";

/// What chains are compared with.
#[derive(Default)]
struct Known {
    /// Chains, each with its heads.
    heads: BTreeMap<Chain, Vec<Head>>,
    /// The log files of the bucket that the store knows to wait for a digest, whosoever they are.
    files: BTreeSet<String>,
    /// Whether the server's own trail is in the bucket.
    has_own: bool,
}

impl Known {
    fn of(&self, chain: &Chain) -> &[Head] {
        self.heads.get(chain).map(Vec::as_slice).unwrap_or_default()
    }

    /// The log files that seem to wait, and that the store, which knows of all that do, does not know.
    fn strangers(&self, chain: &Chain, report: &Report) -> BTreeSet<String> {
        // A trail of an account's own may have none but files that no digest is ever about.
        let is_judged = match chain.trail == BUILT_IN_TRAIL {
            true => self.has_own,
            false => self.of(chain).iter().any(|head| head.source == STORE),
        };
        let unknown = report.unknown(&self.files);
        if is_judged { unknown.cloned().collect() } else { BTreeSet::new() }
    }
}

/// Returns whether all chains are sound.
pub(super) fn run(arguments: &VerifyArguments) -> Result<bool, Failure> {
    let shelf = Shelf::of(&arguments.bucket)?;
    let keys = keys(arguments)?;
    // Before the objects: what is delivered meanwhile comes after what the store knows.
    let known = known(arguments, &keys)?;
    let BucketArguments { bucket, prefix, from, to, .. } = &arguments.bucket;
    let from = from.as_deref().map(time).transpose()?;
    let window = Window { from, to: to.as_deref().map(time).transpose()? };
    let mut all = block_on(chains(&shelf, bucket, prefix.as_deref()))?.map_err(failed)?;
    let others = known.heads.keys().filter(|chain| !all.contains(chain));
    all.extend(others.cloned().collect::<Vec<_>>());
    all.retain(|chain| is_asked_for(chain, arguments));
    if all.is_empty() {
        return Err(Failure::new("there is no such trail"));
    }
    let mut reports = Vec::new();
    for chain in &all {
        let look = |known: &Known| {
            block_on(verify(&shelf, chain, &keys, known.of(chain), window))?.map_err(failed)
        };
        let report = judged(chain, &known, look, || known_later(arguments, &keys))?;
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

fn failed(why: ArchiveError) -> Failure {
    Failure::new(why.to_string())
}

/// The report on a chain. Objects that nobody is known to have delivered may have been delivered while
/// they were listed: it is looked at them once more, with what is known then.
fn judged(
    chain: &Chain,
    known: &Known,
    look: impl Fn(&Known) -> Result<Report, Failure>,
    later: impl FnOnce() -> Result<Known, Failure>,
) -> Result<Report, Failure> {
    let report = look(known)?;
    let strangers = known.strangers(chain, &report);
    if strangers.is_empty() && !report.has_extra() {
        return Ok(report);
    }
    let known = later()?;
    let mut report = look(&known)?;
    // Files that came in between are not in the first look.
    let still = known.strangers(chain, &report).intersection(&strangers).cloned().collect();
    report.disown(&still);
    Ok(report)
}

/// What is known of the chains.
fn known(arguments: &VerifyArguments, keys: &PublicKeys) -> Result<Known, Failure> {
    let mut known = Known::default();
    if arguments.bucket.directory.is_none() {
        store_heads(&arguments.bucket, &mut known)?;
    }
    if let Some(path) = &arguments.anchor {
        anchors(path, keys, &mut known.heads)?;
    }
    Ok(known)
}

/// What is known of them once what is being delivered has been.
fn known_later(arguments: &VerifyArguments, keys: &PublicKeys) -> Result<Known, Failure> {
    if arguments.bucket.directory.is_none() {
        // Where it cannot be delivered, what the store knows has to do.
        let _ = ask_if_running(&arguments.bucket.data, &Request::FlushTrail);
    }
    known(arguments, keys)
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
fn store_heads(arguments: &BucketArguments, known: &mut Known) -> Result<(), Failure> {
    let mut from = None;
    loop {
        let page = have_done(&arguments.data, &Request::TrailHeads(from))?;
        let page: HeadsPage = serde_json::from_value(page)
            .map_err(|why| Failure::of("what the server knows of its trails", why))?;
        page.heads.into_iter().for_each(|head| known.take(head, &arguments.bucket));
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}

impl Known {
    /// Takes up what the store knows of a delivery to the bucket `bucket`.
    fn take(&mut self, head: KnownHead, bucket: &str) {
        let KnownHead { account, region, trail, home, digest, files } = head;
        let files = files.into_iter().filter(|file| file.bucket == bucket);
        let files: Vec<_> = files.map(|KnownFile { key, hash, .. }| (key, hash)).collect();
        let digest = digest.filter(|digest| digest.bucket == bucket);
        self.has_own |= trail == BUILT_IN_TRAIL && (digest.is_some() || !files.is_empty());
        self.files.extend(files.iter().map(|(key, _)| key.clone()));
        let Some(KnownDigest { bucket, key, hash }) = digest else { return };
        let Some(chain) = chain([&account, &region, &home, &trail], &bucket, &key) else { return };
        let heads = self.heads.entry(chain).or_default();
        // The rest of its files.
        if let Some(head) = heads.iter_mut().find(|head| head.key == key && head.hash == hash) {
            return head.files.extend(files);
        }
        heads.push(Head { source: STORE.to_owned(), key, hash, files });
    }
}

/// The anchors in a file, one a line.
fn anchors(
    path: &Path,
    keys: &PublicKeys,
    heads: &mut BTreeMap<Chain, Vec<Head>>,
) -> Result<(), Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::KnownHead;
    use std::cell::RefCell;

    const BUCKET: &str = "bucket";
    const KEY: &str = "AWSLogs/111122223333/CloudTrail/eu-west-2/2026/11/22/\
                       111122223333_CloudTrail_eu-west-2_20261122T0610Z_AAAAAAAAAAAAAAAA.json.gz";

    fn built_in() -> Chain {
        let of = ["111122223333", "eu-west-2", "eu-west-2", BUILT_IN_TRAIL];
        chain(of, BUCKET, KEY).unwrap()
    }

    /// What a store knows whose trail has not had its first digest, with these log files.
    fn known_files(keys: &[&str]) -> Known {
        let file = |key: &&str| KnownFile {
            bucket: BUCKET.to_owned(),
            key: (*key).to_owned(),
            hash: String::new(),
        };
        let mut known = Known::default();
        let head = KnownHead {
            account: "111122223333".to_owned(),
            region: "eu-west-2".to_owned(),
            trail: BUILT_IN_TRAIL.to_owned(),
            home: "eu-west-2".to_owned(),
            digest: None,
            files: keys.iter().map(file).collect(),
        };
        known.take(head, BUCKET);
        known
    }

    /// A bucket's directory with one log file, which nobody has named.
    fn shelf() -> (tempfile::TempDir, Shelf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
        let arguments = BucketArguments {
            directory: Some(folder.path().to_owned()),
            bucket: BUCKET.to_owned(),
            data: folder.path().to_owned(),
            prefix: None,
            account: None,
            region: None,
            from: None,
            to: None,
        };
        (folder, Shelf::of(&arguments).unwrap())
    }

    fn judge(first: &Known, then: Known) -> (usize, bool) {
        let (_folder, shelf) = shelf();
        let chain = built_in();
        let (then, looks) = (RefCell::new(Some(then)), RefCell::new(0));
        let look = |known: &Known| {
            *looks.borrow_mut() += 1;
            let keys = PublicKeys::default();
            let looked = verify(&shelf, &chain, &keys, known.of(&chain), Window::default());
            Ok(block_on(looked).unwrap().unwrap())
        };
        let report = judged(&chain, first, look, || Ok(then.take().unwrap())).unwrap();
        (looks.into_inner(), report.is_sound())
    }

    #[test]
    fn a_file_that_the_store_never_comes_to_know_is_found() {
        let other = "other";
        assert_eq!(judge(&known_files(&[KEY]), known_files(&[])), (1, true));
        // It was being delivered.
        assert_eq!(judge(&known_files(&[other]), known_files(&[KEY])), (2, true));
        assert_eq!(judge(&known_files(&[other]), known_files(&[other])), (2, false));
        // Nothing is known of a copy.
        assert_eq!(judge(&Known::default(), Known::default()), (1, true));
    }
}
