//! A stream that gives up on a peer which keeps it waiting.
//!
//! hyper has one timer for headers and idle connections together, and none for writing; here each
//! wait has its own bound. A connection that never waits never touches a timer.

use crate::Limits;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep_until};

/// The longest wait, ten years: whatever is configured, adding it to the present is no overflow.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// How long a peer may keep a response waiting before it makes room for others. Our choice: nearly
/// every response goes into the kernel's buffers at once, and who reads at all takes a large one in
/// this time. Microseconds.
const PATIENCE: u64 = 2_000_000;

/// What a connection is doing, shared by its stream, its service and the crowd.
#[derive(Clone)]
pub(crate) struct Phase(Arc<Doing>);

struct Doing {
    start: Instant,
    /// The phase in the lowest byte; above it, of those in which the peer is waited for, when it
    /// began, in microseconds from `start`.
    state: AtomicU64,
    /// Told when the connection is to make room.
    go: Notify,
}

impl Phase {
    /// Between two requests.
    const IDLE: u8 = 0;
    /// A request's headers are coming in.
    const HEAD: u8 = 1;
    /// A request is served; no peer is waited for.
    const SERVING: u8 = 2;
    /// A response is being written.
    const ANSWERING: u8 = 3;
    /// A request's body is coming in, which the service waits for.
    const BODY: u8 = 4;
    /// A response is being written, and the peer does not take it.
    const STALLED: u8 = 5;

    /// A new connection, of which a request is expected at once. Its times count from `start`.
    pub(crate) fn new(start: Instant) -> Self {
        let phase = Self(Arc::new(Doing { start, state: AtomicU64::new(0), go: Notify::new() }));
        phase.head();
        phase
    }

    /// The headers are complete. Answers when the request's first byte came; now, if it was sent in
    /// advance and has not waited for the network.
    pub(crate) fn body(&self) -> Instant {
        let (state, now) = (self.0.state.load(Ordering::Relaxed), self.micros());
        self.set(Self::BODY, now);
        let began = if Self::of(state) == Self::HEAD { state >> 8 } else { now };
        self.0.start + Duration::from_micros(began)
    }

    /// The request is complete.
    pub(crate) fn serving(&self) {
        self.set(Self::SERVING, 0);
    }

    /// The response is ready to be written.
    pub(crate) fn answered(&self) {
        self.set(Self::ANSWERING, 0);
    }

    /// The response is written.
    pub(crate) fn idle(&self) {
        self.set(Self::IDLE, self.micros());
    }

    /// A request is expected at once, or its first byte came.
    pub(crate) fn head(&self) {
        self.set(Self::HEAD, self.micros());
    }

    /// The peer does not take the response, since a time in microseconds from the start.
    fn stalled(&self, since: u64) {
        if matches!(self.load(), Self::ANSWERING | Self::STALLED) {
            self.set(Self::STALLED, since);
        }
    }

    /// Since when the peer has been waited for, in microseconds from the start; `None` while a
    /// whole request of its own is served, or answered without keeping the answer waiting.
    pub(crate) fn waiting_since(&self) -> Option<u64> {
        let state = self.0.state.load(Ordering::Relaxed);
        let since = state >> 8;
        let waiting = match Self::of(state) {
            Self::IDLE | Self::HEAD | Self::BODY => true,
            Self::STALLED => self.micros().saturating_sub(since) >= PATIENCE,
            _ => false,
        };
        waiting.then_some(since)
    }

    /// Whether the peer is between two requests.
    pub(crate) fn is_idle(&self) -> bool {
        self.load() == Self::IDLE
    }

    /// Tells the connection to make room.
    pub(crate) fn ask_to_go(&self) {
        self.0.go.notify_one();
    }

    /// Ready once the connection is to make room. There is one who waits for it.
    pub(crate) async fn asked_to_go(&self) {
        self.0.go.notified().await;
    }

    fn set(&self, phase: u8, micros: u64) {
        self.0.state.store((micros << 8) | u64::from(phase), Ordering::Relaxed);
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn load(&self) -> u8 {
        Self::of(self.0.state.load(Ordering::Relaxed))
    }

    fn of(state: u64) -> u8 {
        state.to_le_bytes()[0]
    }
}

/// `T` with bounded waiting: a wait that lasts too long becomes [`io::ErrorKind::TimedOut`], or
/// the end of the stream between two requests.
pub(crate) struct Guarded<T> {
    inner: T,
    phase: Phase,
    idle: Duration,
    head: Duration,
    write: Duration,
    reading: Alarm,
    /// The phase that `reading` was set for; `None` if it is not set.
    reading_in: Option<u8>,
    writing: Alarm,
    /// Since when the peer has not taken what is written, in microseconds as [`Phase`] counts them;
    /// `writing` was set then.
    stalled: Option<u64>,
    /// Whether all that was written has been taken since.
    flushed: bool,
    /// Whether anything was read yet.
    begun: bool,
}

impl<T> Guarded<T> {
    /// Guards `inner`, whose service tells `phase` what it is doing.
    pub(crate) fn new(inner: T, phase: Phase, limits: &Limits) -> Self {
        Self {
            inner,
            phase,
            idle: limits.idle,
            head: limits.head,
            write: limits.write,
            reading: Alarm::default(),
            reading_in: None,
            writing: Alarm::default(),
            stalled: None,
            flushed: false,
            begun: false,
        }
    }

    /// Called when bytes, an end or an error came in.
    fn was_read(&mut self) {
        if std::mem::take(&mut self.flushed) {
            self.stalled = None;
        }
        let is_first = !std::mem::replace(&mut self.begun, true);
        match self.phase.load() {
            Phase::IDLE => {
                self.phase.head();
                self.reading_in = None;
            }
            // The time for it runs from the start of the connection; it began only now.
            Phase::HEAD if is_first => self.phase.head(),
            _ => {}
        }
    }

    /// Called when there is nothing to read: whether that has lasted too long.
    fn waits_for_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let phase = self.phase.load();
        if !matches!(phase, Phase::IDLE | Phase::HEAD) {
            self.reading_in = None;
            return Poll::Pending;
        }
        if self.reading_in != Some(phase) {
            self.reading_in = Some(phase);
            self.reading.set(if phase == Phase::IDLE { self.idle } else { self.head });
        }
        self.reading.poll(cx)
    }

    /// Passes on the outcome of a write, or gives up if the peer has not taken it in time.
    fn written<R>(
        &mut self,
        cx: &mut Context<'_>,
        poll: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if poll.is_ready() {
            return poll;
        }
        self.flushed = false;
        let since = match self.stalled {
            Some(since) => since,
            None => {
                self.writing.set(self.write);
                *self.stalled.insert(self.phase.micros())
            }
        };
        self.phase.stalled(since);
        self.writing.poll(cx).map(|()| Err(timed_out("the peer does not read")))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.inner).poll_read(cx, buffer) {
            Poll::Ready(outcome) => {
                this.was_read();
                Poll::Ready(outcome)
            }
            Poll::Pending => {
                // An idle peer is treated as if it had closed, so that TLS is closed in form.
                let idle = this.phase.load() == Phase::IDLE;
                let late = this.waits_for_read(cx);
                late.map(|()| if idle { Ok(()) } else { Err(timed_out("no request in time")) })
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.written(cx, poll)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.inner).poll_write_vectored(cx, slices);
        this.written(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// What is read after a completed flush ends the stall. A partial write does not, or a peer could
    /// hold a response for ever by taking a byte now and then; nor does the flush alone, or it could
    /// do the same by requests sent in advance, of whose answers it takes one now and then. Flushed,
    /// a response is written; that begins the wait for the next request, since hyper does not read
    /// again before there is something to read.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.inner).poll_flush(cx);
        if poll.is_ready() {
            this.flushed = true;
            if matches!(this.phase.load(), Phase::ANSWERING | Phase::STALLED) {
                this.phase.idle();
            }
            // If it is over at once, the read that follows finds it so.
            let _ = this.waits_for_read(cx);
        }
        this.written(cx, poll)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.inner).poll_shutdown(cx);
        this.written(cx, poll)
    }
}

/// A timer made at its first use and then used again. Each request sets it a little later than the one
/// before: the runtime's timer is left as it was, and set anew only when it has rung too early.
#[derive(Default)]
struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    /// When it is to ring; `None` before its first use.
    due: Option<Instant>,
}

impl Alarm {
    /// Rings after `delay`.
    fn set(&mut self, delay: Duration) {
        let due = Instant::now() + delay.min(LONGEST);
        self.due = Some(due);
        match &mut self.sleep {
            Some(sleep) if sleep.deadline() <= due && !sleep.is_elapsed() => {}
            Some(sleep) => sleep.as_mut().reset(due),
            none => *none = Some(Box::pin(sleep_until(due))),
        }
    }

    /// Ready once it has rung.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (Some(sleep), Some(due)) = (&mut self.sleep, self.due) else { return Poll::Pending };
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= due {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(due);
        }
    }
}

fn timed_out(text: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    fn limits(idle: u64, head: u64, write: u64) -> Limits {
        let [idle, head, write] = [idle, head, write].map(Duration::from_millis);
        Limits { idle, head, write, ..Limits::default() }
    }

    #[tokio::test]
    async fn the_end_of_a_flush_begins_the_wait_for_the_next_request() {
        let (near, _far) = duplex(64);
        let phase = Phase::new(Instant::now());
        let mut guarded = Guarded::new(near, phase.clone(), &limits(50, 60_000, 60_000));
        phase.serving();
        guarded.flush().await.unwrap();
        assert!(phase.waiting_since().is_none(), "nothing was answered");
        phase.answered();
        guarded.flush().await.unwrap();
        assert!(phase.is_idle());
        assert_eq!(guarded.reading_in, Some(Phase::IDLE));
        assert_eq!(guarded.read(&mut [0; 1]).await.unwrap(), 0, "as if the peer had closed");
    }

    #[tokio::test]
    async fn a_peer_that_takes_a_byte_now_and_then_is_not_waited_for() {
        let (near, mut far) = duplex(16);
        let mut guarded =
            Guarded::new(near, Phase::new(Instant::now()), &limits(60_000, 60_000, 100));
        let reader = async {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let _ = far.read(&mut [0; 1]).await;
            }
        };
        let outcome = tokio::select! {
            outcome = guarded.write_all(&[0; 1000]) => outcome,
            () = reader => Ok(()),
        };
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    /// Requests that were sent in advance are answered without anything being read between.
    #[tokio::test]
    async fn a_peer_that_takes_an_answer_now_and_then_is_not_waited_for() {
        let (near, mut far) = duplex(16);
        let phase = Phase::new(Instant::now());
        let mut guarded = Guarded::new(near, phase.clone(), &limits(60_000, 60_000, 100));
        let reader = async {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let _ = far.read(&mut [0; 16]).await;
            }
        };
        let writer = async {
            for _ in 0..100 {
                phase.answered();
                guarded.write_all(&[0; 32]).await?;
                guarded.flush().await?;
            }
            Ok(())
        };
        let outcome: io::Result<()> = tokio::select! {
            outcome = writer => outcome,
            () = reader => Ok(()),
        };
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_reads_what_is_answered_and_asks_again_has_the_time_again() {
        let (near, mut far) = duplex(16);
        let phase = Phase::new(Instant::now());
        let mut guarded = Guarded::new(near, phase.clone(), &limits(60_000, 60_000, 1000));
        for _ in 0..3 {
            phase.answered();
            let client = async {
                tokio::time::sleep(Duration::from_millis(400)).await;
                far.read_exact(&mut [0; 32]).await?;
                far.write_all(b"x").await
            };
            let server = async {
                guarded.write_all(&[0; 32]).await?;
                guarded.flush().await?;
                guarded.read_exact(&mut [0; 1]).await
            };
            let (asked, answered) = tokio::join!(client, server);
            asked.unwrap();
            assert_eq!(answered.unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn who_keeps_an_answer_waiting_is_waited_for() {
        let (near, mut far) = duplex(16);
        let phase = Phase::new(Instant::now());
        let mut guarded = Guarded::new(near, phase.clone(), &limits(60_000, 60_000, 60_000));
        phase.answered();
        let pause = Duration::from_micros(PATIENCE + 100_000);
        let _ = tokio::time::timeout(pause, guarded.write_all(&[0; 20])).await.unwrap_err();
        assert!(phase.waiting_since().is_some() && !phase.is_idle());
        // What the write had taken before it was given up is not written twice here.
        far.read_exact(&mut [0; 16]).await.unwrap();
        guarded.flush().await.unwrap();
        assert!(phase.is_idle());
    }

    #[tokio::test]
    async fn a_head_is_not_given_more_time_for_its_progress() {
        let (near, mut far) = duplex(64);
        let mut guarded =
            Guarded::new(near, Phase::new(Instant::now()), &limits(60_000, 100, 60_000));
        let writer = async {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let _ = far.write_all(b"x").await;
            }
        };
        let mut all = Vec::new();
        let outcome = tokio::select! {
            outcome = guarded.read_to_end(&mut all) => outcome,
            () = writer => Ok(0),
        };
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!((2..=5).contains(&all.len()), "{}", all.len());
    }
}
