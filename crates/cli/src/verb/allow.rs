//! `callgate allow` and `callgate deny`: the smallest edit of a profile that does it, proved to open nothing else.
//!
//! Both are here, because one is the other with another answer.

use callgate_analyze::amend::Answer;
use callgate_engines::Target;
use callgate_syscalls::{Arch, errno_by_name};
use clap::Args;

use crate::edited::{Edited, amended, tell_also};
use crate::failure::{Ended, Failure, Status};
use crate::input::{Document, InputOptions};
use crate::reading::{Reading, TargetOptions};
use crate::subjects;

/// Let calls through: the smallest edit that does it, proved to open nothing else
///
/// A SPEC is a call, @GROUP, or a call with arguments: `personality(0x40000)`, `unshare(CLONE_NEWNS)`.
/// @runtime/runc is what runc calls before the program begins, in the newest version that was measured, @runtime/runc@1.1.5 in that one.
/// An argument is compared in as many bits as the kernel takes of it; `*` leaves one open.
/// The edit is proved under every --target; where each that is tried opens more, a call shows what, and nothing is written.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 done, or nothing to do; 1 no edit does it; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate allow profile.json 'personality(0x40000)'
  callgate allow profile.json @runtime/runc --write
  callgate allow profile.json ptrace --target docker@28 --target containerd"
)]
pub(crate) struct Allow {
    #[command(flatten)]
    what: What,
}

/// Refuse calls with an errno: the smallest edit that does it, proved to open nothing else
///
/// A SPEC is as for `allow`; but of an argument that is flags, calls are refused that have all of those named, whatever else they have.
/// What is refused already, in whichever way, stays as it is.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit status: 0 done, or nothing to do; 1 no edit does it; 2 not readable or undecided; 3 not possible here.

Examples:
  callgate deny profile.json chmod fchmod fchmodat fchmodat2
  callgate deny profile.json 'unshare(CLONE_NEWUSER)' --write
  callgate deny profile.json io_uring_setup --errno ENOSYS"
)]
pub(crate) struct Deny {
    #[command(flatten)]
    what: What,
    /// What the caller sees: a name such as EPERM, or a number
    #[arg(long, value_name = "ERRNO", default_value = "EPERM")]
    errno: String,
}

/// Which calls of which profile, and for whom.
#[derive(Args, Debug)]
struct What {
    /// The profile: a path, `-`, or docker:default
    profile: String,
    /// The calls: a name, @GROUP, or a call with arguments
    #[arg(value_name = "SPEC", required = true)]
    specs: Vec<String>,
    #[command(flatten)]
    edited: Edited,
    #[command(flatten)]
    target: TargetOptions,
}

/// Lets calls through.
pub(crate) fn allow(arguments: &Allow, options: InputOptions) -> Ended {
    run(&arguments.what, Answer::Allow, options)
}

/// Refuses calls.
pub(crate) fn deny(arguments: &Deny, options: InputOptions) -> Ended {
    let native = arguments.what.target.native()?;
    let answer = refusal(&arguments.errno, native)?;
    run(&arguments.what, answer, options)
}

/// The answer that an errno is.
pub(super) fn refusal(errno: &str, native: Arch) -> Result<Answer, Failure> {
    let number = errno_by_name(native, errno).or_else(|| errno.parse().ok());
    let number = number.filter(|number| (1..=callgate_bpf::MAX_ERRNO).contains(number));
    number.map(Answer::Deny).ok_or_else(|| {
        Failure::input(format_args!(
            "`{errno}` is no errno of {native}: a name such as EPERM, or a number from 1 to {}",
            callgate_bpf::MAX_ERRNO
        ))
    })
}

fn run(what: &What, answer: Answer, options: InputOptions) -> Ended {
    let document = Document::read(&what.profile, options)?;
    let targets = what.target.targets()?;
    for target in &targets {
        // What a target does not take is said with its places.
        Reading::of(document.clone(), options, target.clone())?;
    }
    let subjects = subjects::of(&what.specs, answer, what.target.native()?)?;
    let amended = amended(&document, &subjects, answer, &targets)?;
    what.edited.put(&what.profile, &document, &amended.text)?;
    if amended.text.as_bytes() == document.text {
        crate::say!("{}: nothing to do, it is so already", document.name);
        return Ok(Status::Yes);
    }
    let names: Vec<String> = targets.iter().map(Target::to_string).collect();
    crate::say!(
        "{}: proved for {}: the calls get {}, and no other is answered less strictly",
        document.name,
        names.join(", "),
        crate::words::action(answer.action(), what.target.native()?)
    );
    for (target, also) in targets.iter().zip(amended.also) {
        tell_also(&document, &amended.text, target, also, options)?;
    }
    Ok(Status::Yes)
}
