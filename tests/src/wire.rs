//! What the tests ask the probe, and what it replies: JSON over its standard input and output.
//!
//! Apart because both sides speak it.

use callgate_bpf::{Program, RawInsn, SeccompData};
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Question {
    /// Would the kernel take these programs?
    Verdicts(Vec<Vec<Record>>),
    /// What do these filters answer to these calls?
    Answers(Vec<Job>),
    /// What does the process live through?
    Scenes(Vec<Scene>),
}

/// What is replied, a line for each thing asked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    Verdicts(Vec<i32>),
    Answers(Vec<Answers>),
    Scenes(Vec<Observation>),
}

/// An instruction: code, both skips and the constant.
pub(crate) type Record = (u16, u8, u8, u32);

pub(crate) fn records(program: &Program) -> Vec<Record> {
    program
        .insns()
        .iter()
        .map(|insn| record(insn.to_raw()))
        .collect()
}

pub(crate) const fn record(raw: RawInsn) -> Record {
    (raw.code, raw.jt, raw.jf, raw.k)
}

pub(crate) const fn raw((code, jt, jf, k): Record) -> RawInsn {
    RawInsn { code, jt, jf, k }
}

/// A call: its number, the token of its arch, its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call(pub u32, pub u32, pub [u64; 6]);

impl From<&SeccompData> for Call {
    fn from(data: &SeccompData) -> Self {
        Self(data.nr, data.arch, data.args)
    }
}

/// A filter of which every answer is an errno, and the calls that one child makes under it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) filter: Vec<Record>,
    pub(crate) calls: Vec<Call>,
}

/// What the calls of a job returned, and from where each was made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answers {
    /// The returned value and the instruction pointer of each call that was answered.
    pub returned: Vec<(i64, u64)>,
    /// How the child ended: by SIGILL where it came to its end.
    pub ending: Ending,
}

/// A call under filters that act, and what stands ready for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scene {
    /// The filters, oldest first; all let through what a process needs to live.
    pub(crate) filters: Vec<Vec<Record>>,
    /// The call.
    pub call: Call,
    /// Who stands ready.
    pub props: Props,
}

impl Scene {
    /// A call under these filters, oldest first, with nobody ready.
    #[must_use]
    pub fn new(filters: &[&Program], call: &SeccompData) -> Self {
        Self {
            filters: filters.iter().map(|program| records(program)).collect(),
            call: call.into(),
            props: Props::default(),
        }
    }

    /// The same with others ready.
    #[must_use]
    pub fn with(self, props: Props) -> Self {
        Self { props, ..self }
    }
}

/// Who stands ready when the call is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Props {
    /// Whether the caller has a thread beside it that could outlive it.
    pub second_thread: bool,
    /// Whether SIGSYS is handled; the call then returns [`BY_HANDLER`](crate::scene::BY_HANDLER).
    pub handler: bool,
    /// Whether a tracer answers; the call then returns [`BY_TRACER`](crate::scene::BY_TRACER).
    pub tracer: bool,
    /// Which filter has a listener, from zero; the call then returns [`BY_LISTENER`](crate::scene::BY_LISTENER).
    pub listener: Option<usize>,
}

impl Props {
    /// Everybody, the listener at this filter.
    #[must_use]
    pub const fn all(listener: usize) -> Self {
        Self {
            second_thread: true,
            handler: true,
            tracer: true,
            listener: Some(listener),
        }
    }
}

/// What was seen of a scene.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// What the call returned; none where it did not return.
    pub returned: Option<i64>,
    /// What the handler of SIGSYS was told.
    pub trap: Option<Trap>,
    /// What the listener was told.
    pub notification: Option<Call>,
    /// The message that the tracer got.
    pub event: Option<u64>,
    /// How the process ended.
    pub ending: Ending,
}

/// What the handler of SIGSYS is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trap {
    /// `si_code`: 1, `SYS_SECCOMP`.
    pub code: i64,
    /// `si_errno`: the filter's data.
    pub errno: i64,
    /// `si_syscall`.
    pub nr: i64,
    /// `si_arch`.
    pub arch: i64,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// With this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
}
