//! The probe: the process that asks the kernel, in children of its own.
//!
//! Apart from the tests because a filter stays, and because a process with one thread may fork and go on.

mod scene;
#[allow(unsafe_code)]
mod sys;

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicI64, Ordering};

use callgate_bpf::{Insn, Program};
use callgate_load::{Flags, NoNewPrivileges, load};
use callgate_syscalls::Arch;

use crate::sys::{Event, Returned, Shared};
use crate::wire::{self, Answers, Call, Ending, Job, Question, Record, Reply};

/// The most that one question may take, in seconds.
const PATIENCE: u32 = 120;

/// Reads a question from standard input and replies on standard output.
///
/// # Panics
/// The question can't be read, or the machine gives no process for it.
pub fn main() {
    crate::sys::end_after(PATIENCE);
    crate::sys::forbid_cores().expect("a limit may be lowered");
    let mut question = Vec::new();
    io::stdin().read_to_end(&mut question).expect("a question");
    let question: Question = serde_json::from_slice(&question).expect("a question");
    let reply = match question {
        Question::Verdicts(programs) => Reply::Verdicts(verdicts(&programs)),
        Question::Answers(jobs) => Reply::Answers(jobs.iter().map(answers).collect()),
        Question::Scenes(scenes) => Reply::Scenes(scenes.iter().map(scene::play).collect()),
    };
    let reply = serde_json::to_vec(&reply).expect("plain data");
    io::stdout().write_all(&reply).expect("somebody reads");
}

fn verdicts(programs: &[Vec<Record>]) -> Vec<i32> {
    NoNewPrivileges::set().expect("prctl(2) is there");
    crate::sys::forbid_descriptors().expect("a limit may be lowered");
    let verdict = |program: &Vec<Record>| {
        let insns: Vec<_> = program.iter().copied().map(wire::raw).collect();
        crate::sys::verdict(&insns)
    };
    programs.iter().map(verdict).collect()
}

/// The first word counts the answered calls; each then has two.
fn answers(job: &Job) -> Answers {
    let shared = Shared::new(1 + 2 * job.calls.len()).expect("memory");
    let words = shared.words();
    let filter = program(&job.filter);
    let child = crate::sys::fork(|| {
        load_now(&filter, Flags::NONE);
        // From here on every system call is answered by the filter.
        for (call, place) in job.calls.iter().zip(words[1..].chunks_exact(2)) {
            let Returned { value, address } = make(call);
            place[0].store(value, Ordering::Relaxed);
            place[1].store(address.cast_signed(), Ordering::Relaxed);
            words[0].fetch_add(1, Ordering::Relaxed);
        }
    });
    let ending = ending_of(child.expect("a child"));
    let answered = words[0].load(Ordering::Relaxed).cast_unsigned() as usize;
    let load = |word: &AtomicI64| word.load(Ordering::Relaxed);
    Answers {
        returned: words[1..]
            .chunks_exact(2)
            .take(answered)
            .map(|place| (load(&place[0]), load(&place[1]).cast_unsigned()))
            .collect(),
        ending,
    }
}

fn make(Call(nr, arch, args): &Call) -> Returned {
    if *arch == Arch::X86.audit() {
        crate::sys::call_by_interrupt(*nr, args)
    } else {
        crate::sys::call_by_syscall(*nr, args)
    }
}

fn load_now(program: &Program, flags: Flags) -> Option<OwnedFd> {
    let token = NoNewPrivileges::set().expect("prctl(2) is there");
    load(program, flags, &token)
        .expect("a checked program")
        .listener
}

fn program(records: &[Record]) -> Program {
    let insn = |&record| Insn::from_raw(wire::raw(record)).expect("an instruction");
    Program::new(records.iter().map(insn).collect()).expect("a program")
}

fn ending_of(child: i32) -> Ending {
    loop {
        match crate::sys::wait(Some(child)).expect("a child") {
            (_, Event::Exited(status)) => return Ending::Exited(status),
            (_, Event::Signalled(signal)) => return Ending::Signalled(signal),
            (_, Event::Stopped(_) | Event::Traced(_)) => {}
        }
    }
}
