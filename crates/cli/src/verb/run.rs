//! `callgate run`: a command under a profile, without a container.
//!
//! Apart from `compile`, because here the kernel and the command have a say, too.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use callgate_bpf::{Action, Insn, Program, SeccompData};
use callgate_load::elf::{Executable, InspectError};
use callgate_load::{Feature, Flags, Layer, Privileges, Support};
use callgate_policy::Decision;
use callgate_syscalls::{Arch, Syscall};
use clap::Args;

use crate::ask::{Answers, Ask};
use crate::command::{self, Prepared};
use crate::failure::{Ended, Failure, Status};
use crate::input::InputOptions;
use crate::meaning::Meaning;
use crate::reading::{Reading, TargetOptions};
use crate::supervisor::{Named, Supervisor};
use crate::verb::compile;
use crate::{output, words};

/// Run a command under a profile; no container, no root
///
/// Sets no-new-privileges, loads the filter and executes the command.
/// Says beforehand on standard error what can't be enforced here, and refuses to start what the profile would kill at once.
/// Where rules of the profile name actions with plugins, callgate answers those calls while the command runs (`callgate actions`).
/// The exit status is the command's; 125 ours, 126 and 127 it can't start, 128+n signal n (159: SIGSYS, a filter's kill or trap).
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate run -- whoami
  callgate run -p no-net.json -- curl https://example.org
  callgate run --ask --save mine.json -- sh -c 'unshare -r id'")]
pub(crate) struct Run {
    /// A profile: a path, `-`, docker:default, or a raw program FILE.bpf
    #[arg(short, long, value_name = "PROFILE", default_value = "docker:default")]
    profile: String,
    /// Let the command gain privileges by set-user-ID programs; needs CAP_SYS_ADMIN
    #[arg(long)]
    keep_privileges: bool,
    /// The executable of an external plugin that the profile names [default: callgate-action-NAME on PATH]; repeatable
    #[arg(long, value_name = "NAME=FILE")]
    plugin: Vec<Named>,
    /// Ask at the terminal about each call that the profile denies; without an answer, or by Ctrl-C, it is denied
    #[arg(long)]
    ask: bool,
    /// How many seconds a question waits for its answer
    #[arg(long, value_name = "SECONDS", requires = "ask", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    answer_within: u64,
    /// Where to write the profile that also lets through what was answered with `always`
    #[arg(long, value_name = "FILE", requires = "ask")]
    save: Option<PathBuf>,
    #[command(flatten)]
    target: TargetOptions,
    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

/// Runs the command, and ends with its status.
pub(crate) fn run(arguments: &Run, options: InputOptions) -> Ended {
    if let Some(path) = &arguments.save {
        output::expect_writable(path)?;
    }
    let support = Support::probe();
    let mut filter = Filter::read(arguments, options, &support)?;
    let Prepared {
        mut launch,
        executable,
    } = command::prepare(&arguments.command)?;
    filter.permits(&launch.path, &executable)?;
    filter.say_what_is_not_enforced(&support);
    if arguments.keep_privileges {
        launch.privileges = Privileges::Kept;
    }
    let layer = Layer {
        program: &filter.program,
        flags: filter.flags,
    };
    let ending = match filter.supervisor.take() {
        Some(supervisor) => supervisor.run(&launch, layer)?,
        None => launch
            .run(&[layer])
            .map_err(|error| command::not_started(&error))?,
    };
    if let (Some(path), Some(answers), Some(reading)) =
        (&arguments.save, &filter.answers, &filter.reading)
    {
        answers.save(reading, path)?;
    }
    if ending.is_by_seccomp() {
        crate::say!(
            "{}: {ending}, as a filter's kill and trap do",
            launch.path.display()
        );
    }
    Ok(Status::OfCommand(ending.status()))
}

/// What the command is put under.
struct Filter {
    program: Program,
    flags: Flags,
    /// The profile that the program comes from; none for a raw program.
    reading: Option<Arc<Reading>>,
    /// Who answers, where rules of the profile ask plugins.
    supervisor: Option<Supervisor>,
    /// What is answered to questions about what the profile refuses, where they are asked.
    answers: Option<Answers>,
}

impl Filter {
    /// Reads the profile for this machine: its kernel is the one that runs here.
    fn read(arguments: &Run, options: InputOptions, support: &Support) -> Result<Self, Failure> {
        let target = arguments
            .target
            .for_a_program()?
            .on_kernel(support.release_numbers());
        Ok(match Meaning::read(&arguments.profile, options, &target)? {
            Meaning::Program(_) | Meaning::Stack(_) if arguments.ask => {
                return Err(Failure::input(format_args!(
                    "{}: --ask needs a profile, which says what is denied and why",
                    arguments.profile
                )));
            }
            Meaning::Program(program) => Self {
                program,
                flags: Flags::NONE,
                reading: None,
                supervisor: None,
                answers: None,
            },
            Meaning::Stack(layers) => Self {
                program: compile::program_of_stack(&layers, &target)?,
                flags: Flags::NONE,
                reading: None,
                supervisor: None,
                answers: None,
            },
            Meaning::Policy(reading) => {
                let reading = Arc::from(reading);
                let patience = Duration::from_secs(arguments.answer_within);
                let ask = arguments.ask.then(|| Ask::new(&reading, patience));
                let ask = ask.transpose()?;
                Self {
                    program: match &ask {
                        Some(_) => compile::asking_program(&reading)?,
                        None => compile::program(&reading)?,
                    },
                    flags: flags(&reading),
                    answers: ask.as_ref().map(Ask::answers),
                    supervisor: Supervisor::of(&reading, &arguments.plugin, ask)?,
                    reading: Some(reading),
                }
            }
        })
    }

    /// Refuses what could not even start: a program of an arch that is answered with death, and any where execve is refused.
    fn permits(
        &self,
        path: &Path,
        executable: &Result<Executable, InspectError>,
    ) -> Result<(), Failure> {
        let Some(native) = Arch::of_this_build() else {
            return Ok(());
        };
        let executable = match executable {
            Ok(executable) => executable,
            Err(error) => {
                crate::say!("{error}; so its arch is not known beforehand");
                return self.permits_execve(path, native);
            }
        };
        for arch in executable.arches() {
            if let Some(decision) = self.of_foreign(arch) {
                let subject = format!("every call of {}", of_arch(executable, arch));
                return Err(self.refusal(path, arch, &subject, decision));
            }
        }
        self.permits_execve(path, native)
    }

    /// Refuses where the call that starts a program would be refused; callgate makes it, so it is one of the native arch.
    fn permits_execve(&self, path: &Path, native: Arch) -> Result<(), Failure> {
        let execve = self.answer(native, "execve");
        let is_asked = |decision: &Decision| {
            let asks = self.supervisor.is_some() && decision.action == Action::Notify;
            asks || self.answers.is_some()
        };
        match execve.filter(|decision| refuses(decision.action) && !is_asked(decision)) {
            Some(decision) => Err(self.refusal(path, native, "execve itself", decision)),
            None => Ok(()),
        }
    }

    /// What a call gets with arguments that nobody knows yet.
    fn answer(&self, arch: Arch, name: &str) -> Option<Decision> {
        let nr = Syscall::by_name(name)?.number(arch)?;
        let call = SeccompData {
            nr,
            arch: arch.audit(),
            ..SeccompData::default()
        };
        Some(self.decide(&call))
    }

    /// What an arch's every call gets, where that is a refusal since the profile does not name the arch.
    ///
    /// Of a raw program nobody knows which arches it names.
    fn of_foreign(&self, arch: Arch) -> Option<Decision> {
        let policy = &self.reading.as_ref()?.resolved.policy;
        let decision = Decision {
            action: policy.bad_arch(),
            rule: None,
        };
        (policy.section(arch).is_none() && refuses(decision.action)).then_some(decision)
    }

    fn decide(&self, call: &SeccompData) -> Decision {
        match &self.reading {
            Some(reading) => reading.resolved.policy.decide(call),
            None => Decision {
                action: callgate_bpf::run(&self.program, call).action,
                rule: None,
            },
        }
    }

    fn refusal(&self, path: &Path, arch: Arch, what: &str, decision: Decision) -> Failure {
        let place = match &self.reading {
            Some(reading) => format!("{}: ", reading.located(decision, arch)),
            None => String::new(),
        };
        let failure = Failure::new(
            Status::OfCommand(126),
            format_args!(
                "{place}the profile refuses {what} ({}), so {} can't start",
                words::action(decision.action, arch),
                path.display()
            ),
        );
        match &self.reading {
            Some(reading) if reading.resolved.policy.section(arch).is_none() => failure.help(
                format_args!("name {} among the profile's arches", arch.scmp_name()),
            ),
            _ => failure,
        }
    }

    fn say_what_is_not_enforced(&self, support: &Support) {
        let asked_by = self.supervisor.as_ref().map(Supervisor::asked_by);
        let asked_by = asked_by.unwrap_or_default();
        for action in self.actions() {
            let name = action.scmp_name();
            let lacking = Feature::of_action(action)
                .filter(|&feature| !support.feature(feature).is_present());
            match (action, lacking) {
                (_, Some(feature)) => crate::say!(
                    "this kernel has no {name} (Linux {}): the filter kills where the profile says it",
                    feature.since()
                ),
                (Action::Notify, None) if !asked_by.listener => crate::say!(
                    "{name}: no supervisor answers, so the calls that it is for get ENOSYS"
                ),
                (Action::Trace(_), None) if !asked_by.tracer => {
                    crate::say!("{name}: without a tracer the calls that it is for get ENOSYS")
                }
                (Action::Log, None) if !is_logged(support, "log") => crate::say!(
                    "{name}: kernel.seccomp.actions_logged leaves it out, so the calls are made and not logged"
                ),
                _ => {}
            }
        }
        if let Ok(grant) = callgate_load::grant(self.flags)
            && !grant.lacking.is_empty()
        {
            crate::say!("this kernel does not have these flags: {}", grant.lacking);
        }
        if let Some(listener) = self
            .reading
            .as_ref()
            .and_then(|reading| reading.profile.listener_path.as_ref())
        {
            crate::say!(
                "listenerPath {:?} is for a container runtime: nothing is sent there",
                listener.value
            );
        }
    }

    /// The actions that some call can get, each once whatever its data.
    fn actions(&self) -> Vec<Action> {
        let mut actions: Vec<Action> = Vec::new();
        let answers = self.program.insns().iter().filter_map(|insn| match insn {
            Insn::RetK(ret) => Some(Action::from_ret(*ret)),
            _ => None,
        });
        for action in answers {
            if !actions.iter().any(|known| known.name() == action.name()) {
                actions.push(action);
            }
        }
        actions.sort_unstable();
        actions
    }
}

/// Whether a call is never made, whoever listens: a tracer alone could still let it through.
fn refuses(action: Action) -> bool {
    !action.makes_the_call() && !matches!(action, Action::Trace(_))
}

fn is_logged(support: &Support, action: &str) -> bool {
    support
        .actions_logged
        .as_ref()
        .is_none_or(|names| names.iter().any(|name| name == action))
}

/// The flags that the profile asks for; what is no flag was a problem already.
fn flags(reading: &Reading) -> Flags {
    let named = reading.profile.flags.iter().flat_map(|flags| &flags.value);
    named
        .filter_map(|flag| Flags::by_kernel_name(flag.as_str()))
        // Without a supervisor there is nobody to hold a listener, and the command is a single thread yet.
        .filter(|&flag| flag != Flags::NEW_LISTENER && flag != Flags::WAIT_KILLABLE_RECV)
        .fold(Flags::NONE, |flags, flag| flags | flag)
}

/// The file of a command that makes calls of an arch, in words.
fn of_arch(executable: &Executable, arch: Arch) -> String {
    let program = &executable.program;
    let bits = format!("{}-bit {arch}", arch.bits());
    match (executable.scripts.first(), program.arch == Some(arch)) {
        (Some(script), true) => format!(
            "{}, a {bits} program that {} names",
            program.path.display(),
            script.path.display()
        ),
        (None, true) => format!("{}, a {bits} program", program.path.display()),
        (_, false) => format!("the {bits} loader of {}", program.path.display()),
    }
}
