//! The thread that writes lines, and what waits for it.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tokio::time::Instant;

/// The most lines that wait.
const MOST_LINES: usize = 8192;
/// The most bytes of them.
const MOST_BYTES: usize = 4 << 20;
/// The most bytes written at once.
const TOGETHER: usize = 64 << 10;
/// How long the end of the process waits for what is left.
const LAST: Duration = Duration::from_secs(1);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(5);

/// Hands lines to the thread.
pub(super) struct Writer {
    lines: SyncSender<String>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Bytes that wait.
    waiting: AtomicUsize,
    /// Lines that were left out.
    lost: AtomicU64,
}

impl Writer {
    /// Nobody joins the thread, since it may wait for a reader for ever.
    pub(super) fn start(out: Box<dyn Write + Send>) -> io::Result<Self> {
        let (lines, waiting) = sync_channel(MOST_LINES);
        let counts = Arc::<Counts>::default();
        let shared = Arc::clone(&counts);
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write(out, &waiting, &shared))?;
        Ok(Self { lines, counts })
    }

    /// Takes a line; waits for nobody.
    pub(super) fn take(&self, line: String) {
        let length = line.len();
        let before = self.counts.waiting.fetch_add(length, Ordering::AcqRel);
        let fits = before.saturating_add(length) <= MOST_BYTES;
        if !fits || self.lines.try_send(line).is_err() {
            self.counts.waiting.fetch_sub(length, Ordering::AcqRel);
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.counts.lost.load(Ordering::Relaxed)
    }

    pub(super) fn finish(&self) {
        let end = Instant::now() + LAST;
        while self.counts.waiting.load(Ordering::Acquire) > 0 && Instant::now() < end {
            std::thread::sleep(LOOK);
        }
    }
}

/// Writes lines until no more can come, as many at once as are there.
fn write(mut out: Box<dyn Write + Send>, lines: &Receiver<String>, counts: &Counts) {
    let mut told = 0;
    while let Ok(mut text) = lines.recv() {
        while text.len() < TOGETHER {
            let Ok(line) = lines.try_recv() else { break };
            text.push_str(&line);
        }
        // What cannot be written is lost: there is nobody to tell.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        let lost = counts.lost.load(Ordering::Relaxed);
        if lost > told {
            let _ = out.write_all(super::loss(lost - told).as_bytes());
            told = lost;
        }
        counts.waiting.fetch_sub(text.len(), Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// A medium that takes nothing before it is let.
    struct Stuck(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            self.1.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_does_not_read_holds_nobody_up_and_is_told_what_was_left_out() {
        let (go, stuck) = sync_channel::<()>(0);
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let writer = Writer::start(Box::new(Stuck(stuck, written.clone()))).unwrap();
        let begun = Instant::now();
        for number in 0..MOST_LINES * 3 {
            writer.take(format!("line {number}\n"));
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
        let lost = writer.lost();
        assert!(lost >= u64::try_from(MOST_LINES).unwrap(), "{lost}");
        drop(go);
        writer.finish();
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert!(text.starts_with("line 0\nline 1\n"));
        assert!(text.contains(&format!("count={lost}\n")), "{lost}");
        let lines = text.lines().filter(|line| line.starts_with("line ")).count();
        assert_eq!(u64::try_from(lines).unwrap() + lost, u64::try_from(MOST_LINES * 3).unwrap());
    }

    #[test]
    fn the_bytes_that_wait_are_bounded() {
        let (go, stuck) = sync_channel::<()>(0);
        let writer = Writer::start(Box::new(Stuck(stuck, Arc::default()))).unwrap();
        for _ in 0..9 {
            writer.take("x".repeat(1 << 20));
        }
        assert_eq!(writer.lost(), 5);
        drop(go);
    }
}
