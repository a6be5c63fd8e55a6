//! `strongroom check`: every record of a stopped server's data directory.

use crate::backup;
use crate::cli::StoreCheckArguments;
use crate::data::DataDir;
use crate::progress::Progress;
use crate::terminal::{self, Failure};
use serde_json::json;
use strongroom_engine::check::{Checked, Finding, Told};
use strongroom_engine::still::Still;
use strongroom_server::hardening;
use tokio::runtime::Runtime;

/// Findings that are printed; a terminal is not filled with more.
const SHOWN: usize = 20;
/// Findings that are kept, for JSON.
const KEPT: usize = 10_000;

/// What was found, as much of it as is kept.
#[derive(Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// Prints the first of `all` that were found, and `hint` if there are more.
    pub(crate) fn print(&self, all: u64, hint: &str) {
        for Finding { place, what } in self.0.iter().take(SHOWN) {
            terminal::line(format_args!("{place}: {what}"));
        }
        let shown = u64::try_from(self.0.len().min(SHOWN)).unwrap_or(u64::MAX);
        if all > shown {
            terminal::line(format_args!("… and {} more{hint}", all - shown));
        }
    }
}

/// Returns whether nothing was found.
pub(crate) fn run(arguments: &StoreCheckArguments) -> Result<bool, Failure> {
    let _ = hardening::harden();
    let data = DataDir::existing(&arguments.data)?;
    let runtime = backup::runtime()?;
    let mut still = backup::open_still(&runtime, &data)?;
    let mut findings = Findings::default();
    let checked = look(&runtime, &mut still, "check", &mut findings)?;
    if arguments.json {
        terminal::line(to_json(&checked, &findings));
    } else {
        findings.print(checked.findings, "; --json lists them");
        summary(&checked);
    }
    Ok(checked.findings == 0)
}

/// Checks what is open.
pub(crate) fn look(
    runtime: &Runtime,
    still: &mut Still,
    what: &'static str,
    findings: &mut Findings,
) -> Result<Checked, Failure> {
    let mut progress = Progress::begin(what);
    let told = Told {
        finding: &mut |finding| {
            if findings.0.len() < KEPT {
                findings.0.push(finding);
            }
        },
        progress: &mut |done, total| progress.at(done, total),
    };
    runtime.block_on(still.check(told)).map_err(|why| Failure::new(why.to_string()))
}

fn summary(checked: &Checked) {
    let Checked { records, accounts, keys, materials, aliases, grants, .. } = checked;
    let Checked { identities, changes, uses, segments, findings, .. } = checked;
    terminal::line(format_args!("{records} records, {segments} segments of the journal"));
    terminal::line(format_args!("  accounts       {accounts}"));
    terminal::line(format_args!("  keys           {keys}, with {materials} backing keys"));
    terminal::line(format_args!("  aliases        {aliases}"));
    terminal::line(format_args!("  grants         {grants}"));
    terminal::line(format_args!("  IAM            {identities} users, groups, roles, policies"));
    terminal::line(format_args!(
        "  audit records  {changes} of changes, {uses} of requests, to be delivered"
    ));
    match findings {
        0 => terminal::line("nothing is wrong with them"),
        1 => terminal::line("1 finding"),
        _ => terminal::line(format_args!("{findings} findings")),
    };
}

fn to_json(checked: &Checked, Findings(findings): &Findings) -> serde_json::Value {
    let one = |Finding { place, what }: &Finding| json!({ "Place": place, "What": what });
    json!({
        "Records": checked.records,
        "Segments": checked.segments,
        "Accounts": checked.accounts,
        "Keys": checked.keys,
        "BackingKeys": checked.materials,
        "Aliases": checked.aliases,
        "Grants": checked.grants,
        "Identities": checked.identities,
        "UndeliveredChanges": checked.changes,
        "UndeliveredRequests": checked.uses,
        "FindingCount": checked.findings,
        "Findings": findings.iter().map(one).collect::<Vec<_>>(),
    })
}
