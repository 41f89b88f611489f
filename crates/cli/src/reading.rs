//! A PROFILE argument read for a target: from what a user wrote on the command line to a meaning.
//!
//! Apart from the verbs, because most of them begin with it, and end with the same words where it has none.

use std::collections::HashSet;
use std::str::FromStr;

use callgate_engines::{Arguments, Engine, Resolved, Target, Version};
use callgate_policy::Decision;
use callgate_profile::{Parsed, Problem, Profile, Severity, codes};
use callgate_syscalls::{Arch, CapabilitySet, KERNEL, ParseReleaseError, Release};
use clap::Args;

use crate::failure::{Failure, Status};
use crate::input::{self, Document, InputOptions};
use crate::{output, render, words};

/// Who reads a profile, and where.
#[derive(Args, Clone, Debug)]
pub(crate) struct TargetOptions {
    /// Who reads the profile: callgate, docker@28, docker@20.10+runc@1.1.5, podman, crio, containerd, runc, crun, youki.
    /// Repeatable: a question is answered for each; what is made of a profile needs them to agree, by proof
    /// [default: callgate; of check, who reads such a document]
    #[arg(long, value_name = "ENGINE", help_heading = "Target options")]
    target: Vec<Engine>,
    /// The version of the runtime's libseccomp [default: one that knows every call]
    #[arg(long, value_name = "VERSION", help_heading = "Target options")]
    libseccomp: Option<Version>,
    /// The arch of the machine [default: this one's]
    #[arg(long, value_name = "ARCH", help_heading = "Target options")]
    native: Option<Arch>,
    /// The arches to give a meaning to, with commas between, or all (of a program, which has one byte order: all of the
    /// native one's) [default: what the profile lists, else the native one]
    #[arg(long, value_name = "ARCHES", help_heading = "Target options")]
    arch: Option<Arches>,
    /// The capabilities of the process: docker, none, all or CAP_A,CAP_B
    #[arg(
        long,
        value_name = "CAPS",
        default_value = "docker",
        help_heading = "Target options"
    )]
    caps: CapabilitySet,
    /// The kernel of the machine, such as 6.18 [default: the newest that the tables know]
    #[arg(long, value_name = "RELEASE", value_parser = release, help_heading = "Target options")]
    kernel: Option<Release>,
    /// Compare as many bits of an argument as the kernel takes, not the whole register: what a rule says of an `int` it then
    /// says of every register that holds the same `int`
    #[arg(long, help_heading = "Target options")]
    typed_args: bool,
}

/// What `--arch` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Arches {
    All,
    These(Vec<Arch>),
}

/// A document, and what it means for a target.
pub(crate) struct Reading {
    /// The document.
    pub(crate) document: Document,
    /// What it says.
    pub(crate) profile: Profile,
    /// What that means.
    pub(crate) resolved: Resolved,
    /// To whom.
    pub(crate) target: Target,
}

/// What became of a document, good or bad.
pub(crate) struct Examined {
    /// What it says and means, where it means something.
    pub(crate) meaning: Option<(Profile, Resolved)>,
    /// Everything that is wrong with it, by place.
    pub(crate) problems: Vec<Problem>,
}

impl FromStr for Arches {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "all" {
            return Ok(Self::All);
        }
        let mut arches = Vec::new();
        for name in text.split(',') {
            let arch = name
                .parse()
                .map_err(|error| format!("`{name}`: {error}, or all"))?;
            if !arches.contains(&arch) {
                arches.push(arch);
            }
        }
        Ok(Self::These(arches))
    }
}

impl Arches {
    fn list(&self) -> Vec<Arch> {
        match self {
            Self::All => Arch::ALL.to_vec(),
            Self::These(arches) => arches.clone(),
        }
    }
}

/// A release as people have it: also what `uname -r` prints, of which the first two numbers count.
fn release(text: &str) -> Result<Release, ParseReleaseError> {
    let is_part = |&(at, letter): &(usize, char)| {
        letter.is_ascii_digit() || letter == '.' && text[..at].bytes().all(|byte| byte != b'.')
    };
    let end = text.char_indices().find(|letter| !is_part(letter));
    match end {
        Some((end, '.' | '-' | '+')) if text[..end].contains('.') => text[..end].parse(),
        _ => text.parse(),
    }
}

impl TargetOptions {
    /// The target that they describe, where there can be but one.
    pub(crate) fn target(&self) -> Result<Target, Failure> {
        match self.target[..] {
            [] => self.target_of(Engine::Callgate),
            [engine] => self.target_of(engine),
            _ => Err(Failure::input(format_args!(
                "{} targets are named, and one is asked for",
                self.target.len()
            ))),
        }
    }

    /// The targets that they describe, each once: one at least.
    pub(crate) fn targets(&self) -> Result<Vec<Target>, Failure> {
        match self.names_engines() {
            true => self.targets_of(&self.target),
            false => self.targets_of(&[Engine::Callgate]),
        }
    }

    /// The first target that they describe: what of it is no engine's, all of them share.
    pub(crate) fn first(&self) -> Result<Target, Failure> {
        self.target_of(self.target.first().copied().unwrap_or(Engine::Callgate))
    }

    /// Whether engines are named, and not taken for want of a name.
    pub(crate) const fn names_engines(&self) -> bool {
        !self.target.is_empty()
    }

    /// These engines under the same circumstances, each once.
    pub(crate) fn targets_of(&self, engines: &[Engine]) -> Result<Vec<Target>, Failure> {
        let mut targets = Vec::new();
        for &engine in engines {
            let target = self.target_of(engine)?;
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        Ok(targets)
    }

    fn target_of(&self, engine: Engine) -> Result<Target, Failure> {
        Ok(Target {
            engine,
            libseccomp: self.libseccomp,
            native: self.native()?,
            arches: self.arch.as_ref().map(Arches::list),
            caps: self.caps,
            kernel: self.kernel.unwrap_or(KERNEL),
            arguments: match self.typed_args {
                true => Arguments::Typed,
                false => Arguments::Whole,
            },
        })
    }

    /// These options, read by another engine where one is named.
    pub(crate) fn read_by(&self, engine: Option<Engine>) -> Self {
        Self {
            target: engine.map_or_else(|| self.target.clone(), |engine| vec![engine]),
            ..self.clone()
        }
    }

    /// These options, on a machine of another arch.
    pub(crate) fn on_machine(&self, native: Arch) -> Self {
        Self {
            native: Some(native),
            ..self.clone()
        }
    }

    /// The arch of the machine.
    pub(crate) fn native(&self) -> Result<Arch, Failure> {
        match self.native {
            Some(native) => Ok(native),
            None => input::host(),
        }
    }

    /// The arches of a raw program, which states none: those of `--arch`, else the native one.
    pub(crate) fn arches_of_a_program(&self) -> Result<Vec<Arch>, Failure> {
        match &self.arch {
            Some(arches) => Ok(arches.list()),
            None => Ok(vec![self.native()?]),
        }
    }

    /// These options where a program is to be made: it reads words in one byte order, so that all arches are those of the
    /// native one's.
    pub(crate) fn for_a_program(&self) -> Result<Self, Failure> {
        let endian = self.native()?.endian();
        let all = Arch::ALL.iter().copied();
        let arch = match &self.arch {
            Some(Arches::All) => Some(Arches::These(
                all.filter(|arch| arch.endian() == endian).collect(),
            )),
            other => other.clone(),
        };
        Ok(Self {
            arch,
            ..self.clone()
        })
    }

    /// These options, with this libseccomp where none is stated.
    pub(crate) fn with_libseccomp(&self, built_in: Option<Version>) -> Self {
        Self {
            libseccomp: self.libseccomp.or(built_in),
            ..self.clone()
        }
    }

    /// These options, with this kernel where none is stated.
    pub(crate) fn on_kernel(&self, running: Option<Release>) -> Self {
        Self {
            kernel: self.kernel.or(running),
            ..self.clone()
        }
    }
}

impl Reading {
    /// Reads a document for a target.
    ///
    /// Where it means nothing, its faults go to standard error; otherwise they are mentioned there.
    pub(crate) fn of(
        document: Document,
        options: InputOptions,
        target: Target,
    ) -> Result<Self, Failure> {
        let Examined { meaning, problems } = examine(&document, options, &target);
        let Some((profile, resolved)) = meaning else {
            let told: Vec<Problem> = problems
                .into_iter()
                .filter(|problem| problem.severity >= Severity::Warning)
                .collect();
            output::tell(&render::problems(&render::Source::of(&document), &told));
            return Err(Failure::new(
                Status::Meaningless,
                format_args!("{}: {target} does not take this profile", document.name),
            ));
        };
        if !document.is_built_in() {
            mention(&document, &problems, &target);
        }
        Ok(Self {
            document,
            profile,
            resolved,
            target,
        })
    }

    /// The same document for another target.
    pub(crate) fn again(&self, target: Target) -> Result<Self, Failure> {
        let resolved = callgate_engines::read(&self.profile, &target).map_err(|refusal| {
            let name = &self.document.name;
            Failure::new(Status::Meaningless, format_args!("{name}: {refusal}"))
        })?;
        Ok(Self {
            document: self.document.clone(),
            profile: self.profile.clone(),
            resolved,
            target,
        })
    }

    /// Where the document says what a decision about a call of an arch says: `profile.json:7:36`.
    pub(crate) fn located(&self, decision: Decision, arch: Arch) -> String {
        let profile = &self.profile;
        let default = profile.default_action.as_ref().map(|action| action.span);
        let arches = profile.architectures.as_ref().map(|arches| arches.span);
        let arches = arches.or(profile.arch_map.as_ref().map(|arches| arches.span));
        let span = match decision.rule {
            Some(rule) => Some(self.resolved.origin(rule).name),
            None if self.resolved.policy.section(arch).is_none() => arches.or(default),
            None => default,
        };
        let span = span.unwrap_or(profile.span);
        render::Source::of(&self.document).located(span.start)
    }
}

/// Says that a document has problems, and how they are seen.
fn mention(document: &Document, problems: &[Problem], target: &Target) {
    let counts = words::problem_counts(
        problems
            .iter()
            .map(|problem| problem.severity)
            .filter(|&severity| severity >= Severity::Warning),
    );
    if let Some(counts) = counts {
        let name = &document.name;
        crate::say!("{name}: {counts}; `callgate check --target {target} {name}` shows them");
    }
}

/// Reads a document for a target, and keeps everything that is wrong with it.
pub(crate) fn examine(document: &Document, options: InputOptions, target: &Target) -> Examined {
    let parsed = parse(document, options);
    let (resolved, problems) = judge(&parsed, target);
    Examined {
        meaning: parsed.profile.zip(resolved),
        problems,
    }
}

/// Reads the text of a document, together with its bases.
pub(crate) fn parse(document: &Document, options: InputOptions) -> Parsed {
    callgate_profile::parse_with(&document.text, &options.limits(), &document.bases)
}

/// What a document means to a target, where it means something, and everything that is wrong with it, by place.
pub(crate) fn judge(parsed: &Parsed, target: &Target) -> (Option<Resolved>, Vec<Problem>) {
    let problems = parsed.problems.clone();
    let Some(profile) = &parsed.profile else {
        return (None, problems);
    };
    match callgate_engines::read(profile, target) {
        Ok(resolved) => {
            let problems = by_place(problems, resolved.problems.clone());
            let is_refused = is_refused(target, &problems);
            (Some(resolved).filter(|_| !is_refused), problems)
        }
        Err(refusal) => {
            let mut reasons = refusal.problems;
            // callgate's own reasons may repeat what is known; another engine's are its words, and stay.
            if target.engine == Engine::Callgate {
                reasons.retain(|reason| !is_told(&problems, reason));
            }
            (None, by_place(problems, reasons))
        }
    }
}

/// Whether an error about the same place, or of the same kind inside of it, is among problems that are sorted by place.
fn is_told(problems: &[Problem], reason: &Problem) -> bool {
    let first = problems.partition_point(|problem| problem.span.start < reason.span.start);
    problems[first..]
        .iter()
        .take_while(|problem| problem.span.start < reason.span.end)
        .filter(|problem| problem.severity == Severity::Error)
        .any(|problem| problem.span == reason.span || problem.code == reason.code)
}

/// Whether errors alone keep a reader from taking a document.
///
/// What is no strict JSON is read by nobody.
/// callgate does not guess where a part has no meaning; what other engines tolerate is modelled with them.
fn is_refused(target: &Target, problems: &[Problem]) -> bool {
    problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .any(|problem| {
            target.engine == Engine::Callgate
                || matches!(problem.code, codes::SYNTAX | codes::UNREADABLE)
        })
}

/// Problems of two sources by place, each once.
pub(crate) fn by_place(problems: Vec<Problem>, more: Vec<Problem>) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let mut all: Vec<Problem> = problems.into_iter().chain(more).collect();
    all.retain(|problem| seen.insert((problem.code, problem.span, problem.message.clone())));
    all.sort_by_key(|problem| problem.span.start);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_a_release_or_what_uname_prints() {
        for text in ["6.18", "6.18.44", "6.18.44-fc-v669", "6.18-rc1", "6.18+"] {
            assert_eq!(release(text), Ok(Release::new(6, 18)), "{text}");
        }
        for text in ["", "6", "6.", "6-18", "six", "6.18x", ".18.1"] {
            assert!(release(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arches_are_names_with_commas_or_all() {
        let read = |text: &str| text.parse::<Arches>();
        let these = Arches::These(vec![Arch::X86_64, Arch::X32]);
        assert_eq!(read("x86_64,x32,x86_64"), Ok(these));
        assert_eq!(read("all"), Ok(Arches::All));
        for text in ["", "x86_64,", "amd64", "x86_64 x86"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
