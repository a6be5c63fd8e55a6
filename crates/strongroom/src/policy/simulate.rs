//! `strongroom policy simulate`: what policies and grants make of a request.

use super::asker::{On, action, given, principal};
use super::document::policy;
use super::grants::{self, Read};
use crate::cli::SimulateArguments;
use crate::terminal::{self, Failure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use strongroom_engine::hypothesis::Given;
use strongroom_engine::{Fact, constraint_fact};
use strongroom_keys::GrantTerms;
use strongroom_policy::{
    Denial, Facts, Grant, Mention, Permit, Policy, PolicyKind, Question, Reason, Site, Sources,
    decide, decide_retirement,
};

/// What is read of the files.
struct Documents {
    key: Option<Policy>,
    identity: Vec<Policy>,
    boundary: Option<Policy>,
    session: Vec<Policy>,
    levels: Vec<Vec<Policy>>,
    grants: Vec<Read>,
}

pub(super) fn run(arguments: &SimulateArguments) -> Result<bool, Failure> {
    let (who, on) = (principal(&arguments.principal)?, On::parse(&arguments.resource)?);
    let (action, cross_account_allowed) = action(&arguments.action, &on)?;
    let documents = Documents::load(arguments, &on)?;
    let facts = given(&arguments.context, &who, action, &on)?;
    let question = Question {
        principal: &who,
        partition: on.partition(),
        action,
        resource: on.resource(),
        cross_account_allowed,
    };
    let answer = documents.answer(&question, &facts);
    let message = answer.as_ref().err().map(|denial| denial.message(&question, Mention::Arn));
    let told = Told { arguments, answer: &answer, message, missed: facts.missed() };
    if arguments.json {
        terminal::line(told.in_json());
    } else {
        terminal::line(told.in_words().join("\n"));
    }
    Ok(answer.is_ok())
}

impl Documents {
    fn load(arguments: &SimulateArguments, on: &On) -> Result<Self, Failure> {
        let identity = |path: &Path| policy(path, Policy::identity_policy);
        let all = |paths: &[PathBuf]| -> Result<Vec<Policy>, Failure> {
            paths.iter().map(|path| identity(path)).collect()
        };
        let level = |files: &String| files.split(',').map(|file| identity(file.as_ref())).collect();
        let key = arguments.policy.as_deref().map(|path| policy(path, Policy::key_policy));
        let grants = match on {
            On::Key(key) => grants::load(&arguments.grant, key)?,
            On::Alias(_) | On::Account => Vec::new(),
        };
        Ok(Self {
            key: key.transpose()?,
            identity: all(&arguments.identity)?,
            boundary: arguments.boundary.as_deref().map(identity).transpose()?,
            session: all(&arguments.session)?,
            levels: arguments.scp.iter().map(level).collect::<Result<_, _>>()?,
            grants,
        })
    }

    fn answer(&self, question: &Question<'_>, facts: &Given) -> Result<Permit, Denial> {
        let grants: Vec<Grant<'_>> = self.grants.iter().map(Read::view).collect();
        let levels: Vec<Vec<&Policy>> =
            self.levels.iter().map(|level| level.iter().collect()).collect();
        let sources = Sources {
            key_policy: self.key.as_ref(),
            identity: &self.identity.iter().collect::<Vec<_>>(),
            boundary: self.boundary.as_ref(),
            session: &self.session.iter().collect::<Vec<_>>(),
            service_control: &levels.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            grants: &grants,
        };
        if question.action.as_str() != "kms:RetireGrant" {
            return decide(question, &sources, facts);
        }
        // Each grant says itself who retires it.
        let mut denial = Denial::Hidden { explicit: None };
        for (read, grant) in self.grants.iter().zip(&grants) {
            let facts = OfGrant { given: facts, terms: read.terms() };
            match decide_retirement(question, &sources, &facts, grant) {
                Ok(permit) => return Ok(permit),
                Err(why) => denial = why,
            }
        }
        Err(denial)
    }
}

/// What is known when a grant is retired: its constraint stands in the place of an encryption
/// context.
struct OfGrant<'a> {
    given: &'a Given,
    terms: &'a GrantTerms,
}

impl Facts for OfGrant<'_> {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        let of_grant = key.starts_with("kms:encryptioncontext") || key == "kms:grantconstrainttype";
        if of_grant { constraint_fact(self.terms, key) } else { self.given.fact(key) }
    }
}

/// What is told.
struct Told<'a> {
    arguments: &'a SimulateArguments,
    answer: &'a Result<Permit, Denial>,
    message: Option<String>,
    missed: Vec<String>,
}

impl Told<'_> {
    fn in_words(&self) -> Vec<String> {
        let mut lines = match self.answer {
            Ok(permit) => vec!["allowed".to_owned(), format!("because   {}", permit.reason())],
            Err(denial) => vec!["denied".to_owned(), format!("because   {denial}")],
        };
        for site in self.sites() {
            let id = site.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
            lines.push(format!("see       {} statement {}{id}", self.file(site), site.statement));
        }
        let message = self.message.iter();
        lines.extend(message.map(|text| format!("answer    AccessDeniedException: {text}")));
        if !self.missed.is_empty() {
            lines.push(format!("not given {}", self.missed.join(", ")));
        }
        lines
    }

    fn in_json(&self) -> Value {
        let reason = match self.answer {
            Ok(permit) => permit.reason().to_string(),
            Err(denial) => denial.to_string(),
        };
        let site = |site: &&Site| {
            json!({"policy": site.kind.name(), "file": self.file(site),
                   "statement": site.statement, "sid": site.sid.as_deref()})
        };
        json!({
            "allowed": self.answer.is_ok(),
            "reason": reason,
            "grant": self.answer.as_ref().ok().and_then(|permit| match permit.reason() {
                Reason::Grant { grant, .. } | Reason::Retirement { grant, .. } => Some(&**grant),
                _ => None,
            }),
            "statements": self.sites().iter().map(site).collect::<Vec<_>>(),
            "message": self.message,
            "missingContext": self.missed,
        })
    }

    /// The statements that decided.
    fn sites(&self) -> Vec<&Site> {
        match self.answer {
            Ok(permit) => match permit.reason() {
                Reason::KeyPolicy(site) | Reason::Identity(site) => vec![site],
                Reason::Delegated { key_policy, identity } => vec![key_policy, identity],
                Reason::Grant { identity, .. } | Reason::Retirement { identity, .. } => {
                    identity.iter().collect()
                }
                Reason::RootUser | Reason::Scheduled(_) | Reason::Operator(_) => Vec::new(),
            },
            Err(Denial::Explicit(site) | Denial::Hidden { explicit: Some(site) }) => vec![site],
            Err(Denial::Implicit(_) | Denial::Hidden { explicit: None }) => Vec::new(),
        }
    }

    /// The file that a statement is in.
    fn file(&self, site: &Site) -> String {
        let SimulateArguments { policy, identity, boundary, session, scp, .. } = self.arguments;
        let shown = |path: Option<&PathBuf>| path.map(|path| path.display().to_string());
        let file = match site.kind {
            PolicyKind::Key | PolicyKind::Trust => shown(policy.as_ref()),
            PolicyKind::Identity => shown(identity.get(site.policy)),
            PolicyKind::Boundary => shown(boundary.as_ref()),
            PolicyKind::Session => shown(session.get(site.policy)),
            // The index is that within its level, which is not told.
            PolicyKind::ServiceControl if scp.len() == 1 => {
                scp.first().and_then(|files| files.split(',').nth(site.policy)).map(str::to_owned)
            }
            PolicyKind::ServiceControl => Some("a service control policy".to_owned()),
        };
        file.unwrap_or_default()
    }
}
