//! The IAM policy language: parse, match, and decide with the reason.
//!
//! A document is parsed once into a [`Policy`], in which everything is checked and compiled; what
//! the language does not know is refused, so that nothing stored is silently without effect.
//! [`decide`] answers one [`Question`] from the policies that apply, and hands out a [`Permit`]:
//! the proof that the engine demands before it touches a key.
//!
//! **Architecture invariant:** no storage, no clock, no HTTP. Time and everything else that is
//! known of a request are values behind [`Facts`], asked for only when a condition names them.
//!
//! Source: IAM User Guide, "IAM JSON policy element reference" and "Policy evaluation logic";
//! AWS KMS Developer Guide, "Key policies".

mod arn_pattern;
mod condition;
mod date;
mod decimal;
mod decision;
mod denial;
mod facts;
mod grant;
mod index;
mod json;
mod key_policy;
mod known;
mod malformed;
mod network;
mod operator;
mod place;
mod policy;
mod principal;
mod question;
mod statement;
mod template;
mod texts;
mod wildcard;

pub use decision::permit::{
    GrantPart, OperatorTask, Parts, Permit, PolicyKind, Reason, ScheduledTask, Site,
};
pub use decision::simulation::{Hypothesis, Opinion, Simulated, simulate};
pub use decision::{Undecided, Verdict, decide, decide_retirement, examine};
pub use denial::{Denial, Mention};
pub use facts::{Fact, Facts};
pub use grant::{
    ContextConstraint, Grant, GrantParty, SOURCE_ARN_FACT, context_fact, former_grantee_names,
    grantee_names,
};
pub use key_policy::{default_key_policy, locks_out};
pub use malformed::{Malformed, Problem, Step};
pub use place::{Place, Span, statement_spans};
pub use policy::Policy;
pub use principal::NamedPrincipal;
pub use question::{EntityResource, NewId, Question, Resource, Shown, Sources};
