//! The connections that are open, by peer: who may come in, and who goes to make room.
//!
//! Nothing here is touched by a request: a connection says what it is doing in its own [`Phase`],
//! which is looked at only when somebody has to go.

use crate::guarded::Phase;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// What part of the connections is asked to go at once: one in so many. Finding them costs a look
/// at all, which is so spread over as many newcomers. 64: some 150 of 10 000.
const PART: usize = 64;

/// Whom a limit for each peer counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Peer {
    /// Programs on this machine, a proxy among them: no limit of a peer holds for them.
    Loopback,
    /// An IPv4 address.
    V4(u32),
    /// The /64 network of an IPv6 address, of which one machine has every address it likes
    /// (RFC 4291 §2.5.1).
    V6(u64),
}

impl Peer {
    /// Who is at `address`.
    pub(crate) fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            address if address.is_loopback() => Self::Loopback,
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => {
                Self::V6(u64::try_from(address.to_bits() >> 64).unwrap_or(u64::MAX))
            }
        }
    }
}

/// Everybody who is connected and was not asked to go. Its size is bounded by the number of places.
pub(crate) struct Crowd {
    /// How many connections one peer may have.
    per_peer: usize,
    start: Instant,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    peers: HashMap<Peer, HashMap<u64, Phase>>,
    next: u64,
}

impl Crowd {
    pub(crate) fn new(per_peer: u32) -> Arc<Self> {
        let per_peer = usize::try_from(per_peer).unwrap_or(usize::MAX);
        Arc::new(Self { per_peer, start: Instant::now(), inside: Mutex::default() })
    }

    /// Lets a connection of `peer` in. If it has as many as it may, those that have waited longest
    /// for its next request go; `None` if none of them waits.
    pub(crate) fn enter(self: &Arc<Self>, peer: Peer) -> Option<Member> {
        let phase = Phase::new(self.start);
        let mut inside = self.inside();
        if peer != Peer::Loopback {
            let count = inside.peers.get(&peer).map_or(0, HashMap::len);
            if count >= self.per_peer && !inside.send_off(Some(peer), self.per_peer) {
                return None;
            }
        }
        let number = inside.next;
        inside.next = number.wrapping_add(1);
        inside.peers.entry(peer).or_default().insert(number, phase.clone());
        Some(Member { crowd: Arc::clone(self), peer, number, phase })
    }

    /// Asks some of those who wait for their next request to go; answers whether there were any.
    /// First go those of the peers with the most connections, by powers of two, and of these those
    /// that have waited longest.
    pub(crate) fn make_room(&self) -> bool {
        let mut inside = self.inside();
        let all = inside.peers.values().map(HashMap::len).sum();
        inside.send_off(None, all)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Asks one in [`PART`] of `all` to go, of `peer` or of everybody.
    fn send_off(&mut self, peer: Option<Peer>, all: usize) -> bool {
        let mut waiting: Vec<_> = match peer {
            Some(peer) => {
                self.peers.get(&peer).into_iter().flat_map(|them| waiting(peer, them)).collect()
            }
            None => self.peers.iter().flat_map(|(peer, them)| waiting(*peer, them)).collect(),
        };
        let wanted = all.div_ceil(PART).max(1);
        if wanted < waiting.len() {
            waiting.select_nth_unstable(wanted);
        }
        let gone = waiting.iter().take(wanted).filter_map(|(.., peer, number)| {
            let phase = self.remove(*peer, *number)?;
            phase.ask_to_go();
            Some(())
        });
        gone.count() > 0
    }

    fn remove(&mut self, peer: Peer, number: u64) -> Option<Phase> {
        let them = self.peers.get_mut(&peer)?;
        let phase = them.remove(&number);
        if them.is_empty() {
            self.peers.remove(&peer);
        }
        phase
    }
}

/// Those of one peer that wait, each with what orders them: who goes first is least.
fn waiting(
    peer: Peer,
    them: &HashMap<u64, Phase>,
) -> impl Iterator<Item = (Reverse<u32>, u64, Peer, u64)> {
    // Behind loopback there may be anybody, so it is not taken for one peer with many connections.
    let many = if peer == Peer::Loopback { 0 } else { them.len().checked_ilog2().unwrap_or(0) };
    them.iter().filter_map(move |(number, phase)| {
        Some((Reverse(many), phase.waiting_since()?, peer, *number))
    })
}

/// A connection's membership, until it is dropped.
pub(crate) struct Member {
    crowd: Arc<Crowd>,
    peer: Peer,
    number: u64,
    /// What the connection is doing.
    pub(crate) phase: Phase,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.crowd.inside().remove(self.peer, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer::at(text.parse().unwrap())
    }

    /// Who was asked to go: it is counted no more.
    fn asked(members: &[Member]) -> Vec<bool> {
        let inside = |member: &Member| {
            let crowd = member.crowd.inside();
            crowd.peers.get(&member.peer).is_some_and(|them| them.contains_key(&member.number))
        };
        members.iter().map(|member| !inside(member)).collect()
    }

    #[test]
    fn a_peer_is_an_address_or_a_network() {
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
        assert_ne!(peer("192.0.2.2"), peer("192.0.2.1"));
        assert_eq!(peer("2001:db8::1"), peer("2001:db8::ffff:0:0:1"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        for text in ["127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(peer(text), Peer::Loopback);
        }
    }

    #[test]
    fn at_its_limit_a_peer_loses_what_waits_longest_and_else_is_refused() {
        let crowd = Crowd::new(2);
        let (one, other) = (peer("192.0.2.1"), peer("192.0.2.2"));
        let mut members = vec![crowd.enter(one).unwrap(), crowd.enter(one).unwrap()];
        members[0].phase.serving();
        members.push(crowd.enter(one).unwrap());
        assert_eq!(asked(&members), [false, true, false]);
        members[2].phase.serving();
        assert!(crowd.enter(one).is_none());
        assert!(crowd.enter(other).is_some());
        // One that was asked to go counts no more, and its end frees nothing twice.
        members.remove(1);
        assert!(crowd.enter(one).is_none());
        members.pop();
        assert!(crowd.enter(one).is_some());
        assert!(Crowd::new(1).enter(Peer::Loopback).is_some());
    }

    #[test]
    fn loopback_has_no_limit_of_a_peer() {
        let crowd = Crowd::new(1);
        let members: Vec<_> = (0..5).map(|_| crowd.enter(Peer::Loopback).unwrap()).collect();
        assert_eq!(asked(&members), [false; 5]);
    }

    #[test]
    fn room_is_made_by_the_peer_with_most_and_then_by_who_waits_longest() {
        let crowd = Crowd::new(100);
        let many = (0..8).map(|_| crowd.enter(peer("192.0.2.1")).unwrap());
        let mut members = vec![crowd.enter(peer("192.0.2.2")).unwrap()];
        members.extend(many);
        for member in &members {
            std::thread::sleep(std::time::Duration::from_millis(2));
            member.phase.answered();
            member.phase.idle();
        }
        members[1].phase.serving();
        members[2].phase.answered();
        let mut expected = vec![false; 9];
        for at in [3, 4, 5, 6, 7, 8] {
            assert!(crowd.make_room());
            expected[at] = true;
            assert_eq!(asked(&members), expected, "neither who is served nor who is answered");
        }
        assert!(crowd.make_room());
        assert!(asked(&members)[0], "the only one that waits");
        assert!(!crowd.make_room());
    }

    #[test]
    fn of_peers_with_as_many_who_waits_longest_goes_first() {
        let crowd = Crowd::new(100);
        let members: Vec<_> = (0..4).map(|n| crowd.enter(Peer::V4(n / 2)).unwrap()).collect();
        for at in [2, 0, 3, 1] {
            std::thread::sleep(std::time::Duration::from_millis(2));
            members[at].phase.idle();
        }
        assert!(crowd.make_room());
        assert_eq!(asked(&members), [false, false, true, false]);
        assert!(crowd.make_room(), "now the first peer has more");
        assert_eq!(asked(&members), [true, false, true, false]);
    }

    #[test]
    fn one_in_64_goes_at_a_time() {
        let crowd = Crowd::new(1000);
        let members: Vec<_> = (0..640).map(|_| crowd.enter(Peer::V4(1)).unwrap()).collect();
        assert!(crowd.make_room());
        assert_eq!(asked(&members).iter().filter(|&&gone| gone).count(), 10);
    }

    #[test]
    fn nothing_is_kept_of_who_is_gone() {
        let crowd = Crowd::new(3);
        for n in 0..1000_u32 {
            let _ = crowd.enter(Peer::V4(n));
        }
        assert!(crowd.inside().peers.is_empty());
    }
}
