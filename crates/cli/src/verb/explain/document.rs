//! What a profile says to one call, as JSON.
//!
//! Apart from the words, because scripts rely on these names.

use callgate_analyze::{Answers, Verdict, comparisons};
use callgate_bpf::Action;
use callgate_engines::Refusal;
use callgate_syscalls::Syscall;
use serde::Serialize;

use super::RuleAnswer;
use super::call::{Page, circumstance};
use crate::render::Place;

impl Page<'_> {
    /// The verdict on the call.
    pub(super) fn verdict_as_json(
        &self,
        verdict: &Verdict,
        path: Option<Vec<usize>>,
    ) -> VerdictAnswer {
        let action = verdict.decision.action;
        VerdictAnswer {
            schema: "callgate/verdict/v1",
            target: self.reading.target.to_string(),
            arch: self.call.arch.name(),
            call: self.call.to_string(),
            name: self.call.syscall().map(Syscall::name),
            nr: self.call.nr,
            args: self.call.args,
            answer: ActionAnswer::of(action),
            because: self.because(verdict.decision),
            rule: verdict
                .decision
                .rule
                .map(|rule| RuleAnswer::of(self.reading, self.source, rule)),
            bystanders: verdict
                .bystanders
                .iter()
                .map(|bystander| BystanderAnswer {
                    file: self.source.file(bystander.name.start).to_owned(),
                    place: self.source.place(bystander.name.start),
                    words: self.bystander(bystander),
                })
                .collect(),
            changes: verdict
                .changes
                .iter()
                .map(|change| ChangeAnswer {
                    circumstance: circumstance(change.circumstance),
                    answer: change.answer.as_ref().ok().copied().map(ActionAnswer::of),
                    refusal: change.answer.as_ref().err().map(Refusal::to_string),
                })
                .collect(),
            path,
        }
    }

    /// Every answer that the call can get.
    pub(super) fn answers_as_json(&self, answers: &Answers<'_>) -> AnswersAnswer {
        let conditional = answers.rules.iter().map(|rule| ConditionalAnswer {
            condition: Some(comparisons(
                self.call.arch,
                self.call.syscall(),
                &rule.comparisons,
            )),
            answer: ActionAnswer::of(rule.action),
            rule: Some(RuleAnswer::of(self.reading, self.source, rule.id)),
        });
        let otherwise = ConditionalAnswer {
            condition: None,
            answer: ActionAnswer::of(answers.otherwise),
            rule: answers
                .last
                .map(|rule| RuleAnswer::of(self.reading, self.source, rule.id)),
        };
        AnswersAnswer {
            schema: "callgate/answers/v1",
            target: self.reading.target.to_string(),
            arch: self.call.arch.name(),
            name: self.call.syscall().map(Syscall::name),
            nr: self.call.nr,
            answers: conditional.chain([otherwise]).collect(),
        }
    }
}

/// An action as JSON, in the words of `sim`.
#[derive(Serialize)]
pub(in crate::verb) struct ActionAnswer {
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<u16>,
}

impl ActionAnswer {
    /// The action's name.
    pub(super) const fn name(&self) -> &'static str {
        self.action
    }

    pub(in crate::verb) const fn of(action: Action) -> Self {
        let (errno, data) = match action {
            Action::Errno(errno) => (Some(errno), None),
            other => (None, other.data()),
        };
        Self {
            action: action.name(),
            errno,
            data,
        }
    }
}

/// What becomes of one call.
#[derive(Serialize)]
pub(super) struct VerdictAnswer {
    schema: &'static str,
    target: String,
    arch: &'static str,
    call: String,
    name: Option<&'static str>,
    nr: u32,
    args: [u64; 6],
    #[serde(flatten)]
    answer: ActionAnswer,
    because: String,
    rule: Option<RuleAnswer>,
    bystanders: Vec<BystanderAnswer>,
    changes: Vec<ChangeAnswer>,
    /// The instructions of callgate's program that the call takes, by their places.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Vec<usize>>,
}

#[derive(Serialize)]
struct BystanderAnswer {
    file: String,
    #[serde(flatten)]
    place: Place,
    words: String,
}

#[derive(Serialize)]
struct ChangeAnswer {
    circumstance: String,
    #[serde(flatten)]
    answer: Option<ActionAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
}

/// What becomes of all calls of a number.
#[derive(Serialize)]
pub(super) struct AnswersAnswer {
    schema: &'static str,
    target: String,
    arch: &'static str,
    name: Option<&'static str>,
    nr: u32,
    answers: Vec<ConditionalAnswer>,
}

#[derive(Serialize)]
struct ConditionalAnswer {
    condition: Option<String>,
    #[serde(flatten)]
    answer: ActionAnswer,
    rule: Option<RuleAnswer>,
}
