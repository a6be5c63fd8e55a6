//! `strongroom trail usage`: how often a key was used.

use super::shelf::time;
use crate::cli::UsageArguments;
use crate::terminal::{self, Failure};
use crate::why::plain;
use serde_json::json;
use std::collections::BTreeMap;
use strongroom_trail::index::{Count, Index};

/// Counts by key, day and operation.
type Counts = BTreeMap<(String, String, String), Count>;

pub(super) fn run(arguments: &UsageArguments) -> Result<(), Failure> {
    let path = arguments.data.join("trail-index");
    if !path.is_dir() {
        let what = format!("{}: nothing has been delivered yet", path.display());
        return Err(Failure::new(what));
    }
    let counts =
        counts(arguments, &Index::open(&path).map_err(|why| Failure::of(path.display(), why))?)?;
    if arguments.json {
        for ((key, day, operation), count) in &counts {
            let (served, refused) = (count.served, count.refused);
            terminal::line(json!({
                "key": key, "day": day, "operation": operation, "served": served, "refused": refused,
            }));
        }
        return Ok(());
    }
    let mut shown = "";
    for ((key, day, operation), Count { served, refused }) in &counts {
        if shown != key {
            terminal::line(plain(key));
            terminal::line(format_args!(
                "  {:<10}  {:<36}  {:>12}  {:>12}",
                "DAY", "OPERATION", "SERVED", "REFUSED"
            ));
            shown = key;
        }
        let operation = plain(operation);
        terminal::line(format_args!("  {day:<10}  {operation:<36}  {served:>12}  {refused:>12}"));
    }
    if counts.is_empty() {
        terminal::line("no event tells of that key");
    }
    Ok(())
}

fn counts(arguments: &UsageArguments, index: &Index) -> Result<Counts, Failure> {
    let day = |text: &Option<String>, or: &str| match text {
        Some(text) => time(text).map(|time| time.civil().basic_date()),
        None => Ok(or.to_owned()),
    };
    let (from, to) = (day(&arguments.from, "00000000")?, day(&arguments.to, "99999999")?);
    let failed = |why: std::io::Error| Failure::of("the index of the trail", why);
    let id = arguments.key.as_str();
    let is_it =
        |arn: &str| arn == id || arn.rsplit_once(":key/").is_some_and(|(_, found)| found == id);
    let mut counts = Counts::new();
    for (account, region) in index.places().map_err(failed)? {
        for (day, usage) in index.usage(account, region, (&from, &to)).map_err(failed)? {
            for (key, operations) in usage.keys.iter().filter(|(arn, _)| is_it(arn)) {
                // A use across accounts is in both accounts' trails; it is one use.
                if key.split(':').nth(4) != Some(&account.to_string()) {
                    continue;
                }
                for (operation, count) in operations {
                    let place = (key.clone(), dashed(&day), operation.clone());
                    let sum = counts.entry(place).or_default();
                    sum.served += count.served;
                    sum.refused += count.refused;
                }
            }
        }
    }
    Ok(counts)
}

/// `YYYY-MM-DD` of `YYYYMMDD`.
fn dashed(day: &str) -> String {
    let part = |from: usize, to: usize| day.get(from..to).unwrap_or_default();
    format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8))
}
