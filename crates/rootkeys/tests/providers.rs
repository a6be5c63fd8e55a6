//! What each provider wraps, it opens again; what is not its own, and what was altered, it does not.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use strongroom_crypto::{SecretBytes, SecretKey, SystemEntropy};
use strongroom_rootkeys::{
    Hsm, KeyFile, Needs, NotOpened, Opener, Passphrase, Provider, Share, Shares,
};

fn root() -> SecretKey {
    SecretKey::from_slice(&[7; 32]).unwrap()
}

fn secret(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

fn by_passphrase() -> Provider {
    Provider::Passphrase(Passphrase::new(&SystemEntropy).unwrap())
}

fn in_shares(shares: u8, threshold: u8) -> Provider {
    Provider::Shares(Shares::new(shares, threshold, &SystemEntropy).unwrap())
}

/// The file as whoever starts the server reads it.
fn again(file: &KeyFile) -> KeyFile {
    let read = KeyFile::parse(&file.to_text().unwrap()).unwrap();
    assert_eq!(&read, file);
    read
}

/// Every line of the file's text that says something, each altered alone.
fn altered(file: &KeyFile) -> Vec<KeyFile> {
    let text = file.to_text().unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut all = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((name, value)) = line.split_once(" = ") else { continue };
        if name == "version" {
            continue;
        }
        let other = match value.strip_prefix('"') {
            // Another digit or letter of the same alphabet, in the middle.
            Some(text) => {
                let (head, tail) = text.split_at(3);
                let changed = if tail.starts_with('5') { "6" } else { "5" };
                format!("{name} = \"{head}{changed}{}", &tail[1..])
            }
            None => format!("{name} = {}", value.parse::<u32>().unwrap() + 1),
        };
        let mut lines = lines.clone();
        lines[at] = &other;
        all.extend(KeyFile::parse(&lines.join("\n")).ok());
    }
    assert!(all.len() >= 3, "{text}");
    all
}

#[tokio::test]
async fn a_passphrase_opens_what_it_wrapped() {
    let (right, wrong) = (secret("correct horse battery"), secret("correct horse batterz"));
    let wrapped = by_passphrase().wrap(&root(), Opener::Secret(&right), &SystemEntropy).await;
    let (file, shares) = wrapped.unwrap();
    assert!(shares.is_empty());
    let file = again(&file);
    assert_eq!(file.provider.needs(), Needs::Passphrase);
    assert!(file.open(Opener::Secret(&right)).await.unwrap().same_as(&root()));
    let refused = file.open(Opener::Secret(&wrong)).await.err();
    assert!(matches!(refused, Some(NotOpened::Wrong(_))), "{refused:?}");
    assert!(file.open(Opener::Shares(&[])).await.is_err());
    for altered in altered(&file) {
        assert!(altered.open(Opener::Secret(&right)).await.is_err(), "{altered:?}");
    }
    // The same passphrase wraps otherwise each time.
    let twice = by_passphrase().wrap(&root(), Opener::Secret(&right), &SystemEntropy).await;
    assert_ne!(twice.unwrap().0.to_text(), file.to_text());
}

#[tokio::test]
async fn so_many_shares_open_it_and_others_do_not() {
    let wrapped = in_shares(5, 3).wrap(&root(), Opener::Shares(&[]), &SystemEntropy).await;
    let (file, shares) = wrapped.unwrap();
    let file = again(&file);
    assert_eq!((shares.len(), file.provider.needs()), (5, Needs::Shares(3)));
    // As their holders bring them.
    let read = |share: &Share| Share::parse(&share.to_text()).unwrap();
    let some = |numbers: [usize; 3]| numbers.map(|number| read(&shares[number]));
    for numbers in [[0, 1, 2], [4, 2, 0], [3, 4, 1]] {
        let opened = file.open(Opener::Shares(&some(numbers))).await.unwrap();
        assert!(opened.same_as(&root()));
    }
    for few in [&some([0, 1, 2])[..2], &some([0, 0, 1])] {
        assert!(matches!(file.open(Opener::Shares(few)).await.err(), Some(NotOpened::Wrong(_))));
    }
    // Those of another set are no use, though their numbers fit.
    let wrapped = in_shares(5, 3).wrap(&root(), Opener::Shares(&[]), &SystemEntropy).await;
    let (_, strangers) = wrapped.unwrap();
    let mixed = [read(&shares[0]), read(&shares[1]), read(&strangers[2])];
    assert!(file.open(Opener::Shares(&mixed)).await.is_err());
    for altered in altered(&file) {
        assert!(altered.open(Opener::Shares(&some([0, 1, 2]))).await.is_err(), "{altered:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    for (shares, threshold) in [(1, 1), (3, 4), (3, 0)] {
        let provider = in_shares(shares, threshold);
        let wrapped = provider.wrap(&root(), Opener::Shares(&[]), &SystemEntropy).await;
        assert!(matches!(wrapped.err(), Some(NotOpened::Refused(_))));
    }
    let nowhere = Hsm {
        module: "/nowhere.so".into(),
        token: Some("token".to_owned()),
        slot: None,
        user: None,
        key: "root".to_owned(),
        hsm_chooses_iv: false,
        pin_file: None,
    };
    let pin = secret("1234");
    let wrapped = Provider::Hsm(nowhere).wrap(&root(), Opener::Secret(&pin), &SystemEntropy).await;
    assert!(matches!(wrapped.err(), Some(NotOpened::Unavailable(_))));
}

#[test]
fn a_file_that_is_none_is_refused() {
    let good = "version = 1\nfingerprint = \"0123456789abcdef\"\nwrapped = \"AAAA\"\n";
    let shares = "[shares]\nset = \"0123abcd\"\nshares = 3\nthreshold = 2\n";
    assert!(KeyFile::parse(&format!("{good}{shares}")).is_ok());
    let kms =
        "[kms]\nendpoint = \"https://a\"\nregion = \"b\"\nkey = \"c\"\ncredentials_file = \"d\"\n";
    for bad in [
        String::new(),
        good.to_owned(),
        format!("{good}{shares}{kms}"),
        format!("{good}unknown = 1\n{shares}"),
        format!("{good}{shares}unknown = 1\n"),
        format!("{good}{shares}").replace("version = 1", "version = 2"),
        format!("{good}{shares}").replace("0123456789abcdef", "0123"),
        format!("{good}{shares}").replace("AAAA", "****"),
        format!("{good}{shares}").replace("threshold = 2", "threshold = 4"),
        format!("{good}{shares}#{}", "x".repeat(20_000)),
    ] {
        assert!(KeyFile::parse(&bad).is_err(), "{bad}");
    }
}

/// Files of before open for ever: `root` and the shares are what they were made with.
#[tokio::test]
async fn frozen_files_open() {
    let passphrase = KeyFile::parse(include_str!("vectors/v1/passphrase.toml")).unwrap();
    let right = secret("correct horse battery");
    assert!(passphrase.open(Opener::Secret(&right)).await.unwrap().same_as(&root()));
    let file = KeyFile::parse(include_str!("vectors/v1/shares.toml")).unwrap();
    let lines = include_str!("vectors/v1/shares.txt").lines();
    let shares: Vec<Share> = lines.map(|line| Share::parse(&secret(line)).unwrap()).collect();
    assert_eq!(shares.len(), 3);
    for pair in [[0, 1], [1, 2], [2, 0]] {
        let two = pair.map(|at| Share::parse(&shares[at].to_text()).unwrap());
        assert!(file.open(Opener::Shares(&two)).await.unwrap().same_as(&root()));
    }
    assert_eq!(passphrase.to_text().unwrap(), include_str!("vectors/v1/passphrase.toml"));
    assert_eq!(file.to_text().unwrap(), include_str!("vectors/v1/shares.toml"));
}
