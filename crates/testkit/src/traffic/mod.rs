//! Traffic made of bytes: a fuzzer's, or any others. They are taken for a short sequence of requests
//! in a world that is always the same ([`Stage`]): which operation of which service, who asks, what
//! its members are, and what is done to the request after it was signed. Values come from the shapes
//! of the fields, from what the world has, and from what was answered before, so that one request
//! builds on another.
//!
//! What must hold of every answer, and of the world after the last of them, is in `verdict`.

mod choices;
mod needle;
mod stage;
mod values;
mod verdict;
mod wire;
mod xml;

pub use stage::Stage;
pub use wire::{Service, Wire};

use crate::Kit;
use choices::Choices;
use std::sync::Arc;
use strongroom_engine::Engine;
use verdict::Verdict;

/// The most requests of a sequence. Our choice: a fuzzer's inputs stay short enough to be read.
const MOST: usize = 6;

/// What is answered to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The value of `x-amzn-RequestId`.
    pub request: String,
    /// Body.
    pub body: Vec<u8>,
}

/// Sends the requests that `bytes` stand for through `front`, which gets the engine and a request
/// and says what is answered; `None` if HTTP has no such request. Returns how many were served.
///
/// # Panics
/// When something does not hold that must: that is what it is for.
pub fn run(
    stage: &Stage,
    bytes: &[u8],
    front: impl AsyncFn(Arc<Engine>, Wire) -> Option<Reply>,
) -> usize {
    let kit: Kit = stage.open();
    let mut choices = Choices::new(bytes);
    let mut scene = stage.scene();
    let mut verdict = Verdict::new(stage);
    for _ in 0..MOST {
        if choices.is_empty() {
            break;
        }
        let wire = wire::next(&mut choices, &scene, &kit);
        let Some(reply) = kit.block_on(front(kit.engine().clone(), wire.clone())) else { continue };
        verdict.of_answer(&wire, &reply);
        scene.learn(&wire, &reply);
    }
    verdict.at_the_end(&kit)
}
