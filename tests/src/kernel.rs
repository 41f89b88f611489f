//! The running kernel, asked through a probe: a filter can't be undone, so children take it.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use callgate_bpf::{Program, RawInsn, SeccompData};
use callgate_syscalls::Arch;

use crate::relabel::Relabelled;
use crate::wire::{self, Answers, Ending, Job, Observation, Question, Reply, Scene};

/// The running kernel.
#[derive(Clone, Debug)]
pub struct Kernel {
    probe: PathBuf,
    arguments: Vec<String>,
}

/// What the kernel says to raw instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It would take them.
    Taken,
    /// `EINVAL`.
    Refused,
}

impl Kernel {
    /// The kernel by way of this probe: `env!("CARGO_BIN_EXE_callgate-probe")` in a test.
    #[must_use]
    pub fn by(probe: impl Into<PathBuf>) -> Self {
        Self {
            probe: probe.into(),
            arguments: Vec::new(),
        }
    }

    /// The same kernel by way of a program that is the probe when it gets this argument.
    #[must_use]
    pub fn with_argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Whether a call can be put to this kernel, and whether its filters see it.
    ///
    /// x86_64 runs three of the ABIs (x32 up to the filter, whether or not the kernel goes on from there).
    /// uretprobe and uprobe (335 and 336) pass every filter since Linux 6.11 and 6.18 (`seccomp_uprobe_exception`),
    /// and raise SIGILL where there is no probe.
    #[must_use]
    pub fn hears(call: &SeccompData) -> bool {
        match Arch::of_call(call.arch, call.nr) {
            Some(Arch::X86_64) => !matches!(call.nr, 335 | 336),
            Some(Arch::X32 | Arch::X86) => true,
            _ => false,
        }
    }

    /// Whether the kernel would take these instructions, each list by itself. Nothing is loaded.
    #[must_use]
    pub fn verdicts(&self, programs: &[Vec<RawInsn>]) -> Vec<Verdict> {
        let records = |program: &Vec<RawInsn>| program.iter().copied().map(wire::record).collect();
        let Reply::Verdicts(errnos) =
            self.ask(&Question::Verdicts(programs.iter().map(records).collect()))
        else {
            panic!("the probe replied to another question");
        };
        let verdict = |errno| match errno {
            libc::EMFILE => Verdict::Taken,
            libc::EINVAL => Verdict::Refused,
            _ => panic!("the kernel answered errno {errno} to a program"),
        };
        errnos.into_iter().map(verdict).collect()
    }

    /// The words that a program returns to these calls, all of which this kernel hears.
    ///
    /// Every answer is relabelled as an errno of its own, so no call is made.
    #[must_use]
    pub fn returns(&self, program: &Program, calls: &[SeccompData]) -> Vec<u32> {
        let relabelled = Relabelled::of(program);
        let answers = self.answers(&[(relabelled.program(), calls)]).remove(0);
        assert_eq!(
            answers.ending,
            Ending::Signalled(libc::SIGILL),
            "the child came to its end"
        );
        let word = |(call, (value, _)): (&SeccompData, (i64, u64))| {
            relabelled
                .word(value)
                .unwrap_or_else(|| panic!("{call:x?} returned {value}, which is no label"))
        };
        calls.iter().zip(answers.returned).map(word).collect()
    }

    /// What filters that answer with errnos only return to calls, one child a filter.
    #[must_use]
    pub fn answers(&self, jobs: &[(&Program, &[SeccompData])]) -> Vec<Answers> {
        let job = |&(program, calls): &(&Program, &[SeccompData])| {
            assert!(
                calls.iter().all(Self::hears),
                "a call that this kernel does not hear"
            );
            Job {
                filter: wire::records(program),
                calls: calls.iter().map(Into::into).collect(),
            }
        };
        match self.ask(&Question::Answers(jobs.iter().map(job).collect())) {
            Reply::Answers(answers) => answers,
            _ => panic!("the probe replied to another question"),
        }
    }

    /// What is seen of each scene.
    #[must_use]
    pub fn play(&self, scenes: Vec<Scene>) -> Vec<Observation> {
        match self.ask(&Question::Scenes(scenes)) {
            Reply::Scenes(observations) => observations,
            _ => panic!("the probe replied to another question"),
        }
    }

    fn ask(&self, question: &Question) -> Reply {
        let mut probe = Command::new(&self.probe)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.probe.display()));
        // The probe reads all before it writes, so the pipes can't block each other.
        let question = serde_json::to_vec(question).expect("plain data");
        let mut stdin = probe.stdin.take().expect("piped");
        stdin.write_all(&question).expect("the probe reads");
        drop(stdin);
        let mut reply = Vec::new();
        probe
            .stdout
            .take()
            .expect("piped")
            .read_to_end(&mut reply)
            .expect("the probe writes");
        let status = probe.wait().expect("a child");
        assert!(status.success(), "the probe ended with {status}");
        serde_json::from_slice(&reply).expect("a reply")
    }
}
