//! The supervisor of a command whose profile has plugin actions: it answers the calls that the filter asks about.
//!
//! Apart from `run`, which knows what a command is started under; here it is who speaks for the plugins.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use callgate_actions::plugins::{self, SHIPPED, Surroundings};
use callgate_actions::{Call, Listener, Registry, Tracer, guard, serve};
use callgate_bpf::Program;
use callgate_compile::Options;
use callgate_load::{Ending, Flags, Forwarding, Held, Launch, LaunchError, Layer, Privileges};
use callgate_policy::Action;
use callgate_profile::{CustomAction, Profile};
use callgate_syscalls::{Arch, Syscall};

use crate::ask::Ask;
use crate::command;
use crate::compiler;
use crate::failure::{Failure, Status};
use crate::reading::Reading;
use crate::{output, render, words};

/// An executable for a plugin: `NAME=FILE`.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    name: String,
    file: PathBuf,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Self {
                name: name.to_owned(),
                file: file.into(),
            }),
            _ => Err("a plugin is named as NAME=FILE".to_owned()),
        }
    }
}

/// A profile whose calls are answered in user space.
pub(crate) struct Supervisor {
    reading: Arc<Reading>,
    registry: Arc<Registry>,
    asked_by: AskedBy,
}

/// By which of the kernel's answers a supervisor is asked.
#[derive(Clone, Copy, Default)]
pub(crate) struct AskedBy {
    pub(crate) listener: bool,
    pub(crate) tracer: bool,
}

impl AskedBy {
    /// The answers of the rules that name a plugin; none where no rule does.
    fn rules_of(reading: &Reading) -> Option<Self> {
        let asks = |rule: &&callgate_policy::Rule| {
            let custom = reading.resolved.origin(rule.id).custom.as_deref();
            let declared = custom.and_then(|name| reading.profile.x_actions.get(name));
            declared.is_some_and(|action| action.plugin.is_some())
        };
        let sections = reading.resolved.policy.sections();
        let rules = sections.iter().flat_map(|section| &section.rules);
        let asking: Vec<Action> = rules.filter(asks).map(|rule| rule.action).collect();
        (!asking.is_empty()).then(|| Self {
            listener: asking.contains(&Action::Notify),
            tracer: asking
                .iter()
                .any(|action| matches!(action, Action::Trace(_))),
        })
    }
}

impl Supervisor {
    /// The supervisor of a profile; none where no rule asks a plugin, and nobody wants to be asked.
    pub(crate) fn of(
        reading: &Arc<Reading>,
        external: &[Named],
        ask: Option<Ask>,
    ) -> Result<Option<Self>, Failure> {
        let by_rules = AskedBy::rules_of(reading);
        if ask.is_none() && by_rules.is_none() {
            return Ok(None);
        }
        let mut asked_by = by_rules.unwrap_or_default();
        asked_by.listener |= ask.is_some();
        permits_no_way_around(reading)?;
        let told = reading.clone();
        names_some_plugin(&reading.profile, external)?;
        let surroundings = surroundings(&reading.profile, external, move |call| {
            explanation(&told, call)
        })
        .map_err(|error| {
            let error = words::system_error(&error);
            Failure::new(
                Status::NotPossible,
                format_args!("callgate itself: {error}"),
            )
        })?;
        let mut registry =
            plugins::registry(&reading.profile, &surroundings).map_err(|problems| {
                let document = &reading.document;
                output::tell(&render::problems(&render::Source::of(document), &problems));
                Failure::new(
                    Status::Meaningless,
                    format_args!("{}: these actions can't be served", document.name),
                )
            })?;
        if let Some(ask) = ask {
            registry.ask_about_refusals(ask);
        }
        Ok(Some(Self {
            reading: reading.clone(),
            registry: Arc::new(registry),
            asked_by,
        }))
    }

    /// By which answers it is asked.
    pub(crate) const fn asked_by(&self) -> AskedBy {
        self.asked_by
    }

    /// The filter that keeps the command from setting this process's limits.
    fn guard(&self) -> Result<Program, Failure> {
        let sections = self.reading.resolved.policy.sections();
        let arches: Vec<Arch> = sections.iter().map(|section| section.arch).collect();
        let policy = guard::policy(&arches).expect("no policy has an arch twice");
        let options = Options {
            kernel: self.reading.target.kernel,
            ..Options::default()
        };
        callgate_compile::compile(&policy, &options)
            .map_err(|error| compiler::not_compiled(&self.reading.document.name, error))
    }

    /// Runs a command under a filter that asks, and answers until the command has ended.
    ///
    /// What the command left running after itself gets `ENOSYS` to calls that it would be asked about.
    pub(crate) fn run(self, launch: &Launch, layer: Layer<'_>) -> Result<Ending, Failure> {
        let flags = match self.asked_by.listener {
            true => layer.flags | Flags::NEW_LISTENER | Flags::WAIT_KILLABLE_RECV,
            false => layer.flags,
        };
        let asking = Layer { flags, ..layer };
        let failure = |error: &LaunchError| command::not_started(error);
        let guard = self.guard()?;
        let layers = [
            Layer {
                program: &guard,
                flags: Flags::NONE,
            },
            asking,
        ];
        let held = hold_apart(launch, &layers).map_err(|error| failure(&error))?;
        let forwarding = Forwarding::to(held.id());
        let forwarding = forwarding.map_err(|error| failure(&LaunchError::Process(error)))?;
        let traced = self.asked_by.tracer.then(|| self.trace(held.id()));
        let traced = traced.transpose()?;
        let child = match self.asked_by.listener {
            true => {
                let (child, listener) =
                    held.release_listening().map_err(|error| failure(&error))?;
                self.listen(listener)?;
                child
            }
            false => held.release().map_err(|error| failure(&error))?,
        };
        if let Some(left) = traced {
            // Either it left, or it is gone, and the command with it.
            let _gone = left.recv();
        }
        let settled = child.settle();
        self.registry.close();
        settled.map_err(|error| failure(&error))?;
        drop(forwarding);
        child.wait().map_err(|error| failure(&error))
    }
}

impl Supervisor {
    /// Answers notifications in another thread from now on.
    fn listen(&self, listener: OwnedFd) -> Result<(), Failure> {
        let listener = Listener::new(listener).map_err(|error| {
            Failure::new(Status::NotPossible, format_args!("notifications: {error}"))
        })?;
        let (reading, registry) = (self.reading.clone(), self.registry.clone());
        thread::spawn(move || {
            if let Err(error) = serve(&listener, &reading.resolved, &registry) {
                crate::say!("notifications: {}", words::system_error(&error));
            }
        });
        Ok(())
    }

    /// Traces the command in another thread from now on; its word comes when the command has ended and nothing is traced any more.
    fn trace(&self, process: u32) -> Result<Receiver<io::Result<()>>, Failure> {
        let (tell, told) = mpsc::channel();
        let (reading, registry) = (self.reading.clone(), self.registry.clone());
        thread::spawn(move || {
            let tracer = match Tracer::seize(process) {
                Ok(tracer) => tracer,
                Err(error) => return tell.send(Err(error)),
            };
            tell.send(Ok(()))?;
            thread::scope(|scope| {
                let answered = tracer.answer(scope, &reading.resolved, &registry);
                if let Err(error) = answered {
                    crate::say!("tracing: {}", words::system_error(&error));
                }
                // Handlers that still think are waited for by nobody.
                tell.send(Ok(()))
            })
        });
        let seized = told
            .recv()
            .unwrap_or_else(|gone| Err(io::Error::other(gone)));
        seized.map_err(|error| {
            let error = words::system_error(&error);
            Failure::new(
                Status::NotPossible,
                format_args!("the command can't be traced, as SCMP_ACT_TRACE needs: {error}"),
            )
        })?;
        Ok(told)
    }
}

/// Makes the child of a command, which can neither signal nor trace this process where the kernel has the means.
fn hold_apart(launch: &Launch, layers: &[Layer<'_>]) -> Result<Held, LaunchError> {
    let unguarded = match launch.privileges {
        // The means takes them away.
        Privileges::Kept => "it keeps its privileges".to_owned(),
        Privileges::Renounced => match guard::start_apart(|| launch.hold(layers)) {
            Ok(held) => return held,
            Err(error) => error.to_string(),
        },
    };
    crate::say!("the command could stop or trace callgate, and so answer for it: {unguarded}");
    launch.hold(layers)
}

/// Refuses an executable for a plugin that no action of the profile names.
fn names_some_plugin(profile: &Profile, external: &[Named]) -> Result<(), Failure> {
    let is_named = |given: &&Named| {
        let mut actions = profile.x_actions.values();
        actions.any(|action| {
            action
                .plugin
                .as_ref()
                .is_some_and(|plugin| plugin.value == given.name)
        })
    };
    match external.iter().find(|given| !is_named(given)) {
        None => Ok(()),
        Some(given) => Err(Failure::input(format_args!(
            "--plugin {}={}: no action of the profile names this plugin",
            given.name,
            given.file.display()
        ))),
    }
}

/// What plugins are given here: a place to speak at, words about a denied call, and the commands of external ones.
pub(crate) fn surroundings(
    profile: &Profile,
    external: &[Named],
    explain: impl Fn(&Call<'_>) -> String + Send + Sync + 'static,
) -> io::Result<Surroundings> {
    Ok(Surroundings {
        say: Arc::new(|line| crate::say!("{line}")),
        explain: Arc::new(explain),
        external: commands(profile.x_actions.values(), external)?,
    })
}

/// Refuses a profile whose plugins can be gone around, by calls that do the same and that it permits.
fn permits_no_way_around(reading: &Reading) -> Result<(), Failure> {
    let declared = reading.profile.x_actions.values();
    for plugin in declared.filter_map(|action| action.plugin.as_ref()) {
        let shipped = SHIPPED.iter().find(|shipped| shipped.name == plugin.value);
        let around = shipped.map_or(&[][..], |shipped| shipped.around);
        if let Some(call) = around.iter().find(|call| permits(reading, call)) {
            let place = render::Source::of(&reading.document).located(plugin.span.start);
            let plugin = &plugin.value;
            let failure = Failure::new(
                Status::Meaningless,
                format_args!(
                    "{place}: plugin {plugin} is of no use while {call} is permitted, which goes around it"
                ),
            );
            return Err(failure.help(format_args!("let a rule refuse {call}")));
        }
    }
    Ok(())
}

/// Whether some call of this name is made on some arch without anybody being asked.
fn permits(reading: &Reading, call: &str) -> bool {
    let policy = &reading.resolved.policy;
    policy.sections().iter().any(|section| {
        let number = Syscall::by_name(call).and_then(|call| call.number(section.arch));
        number.is_some_and(|nr| {
            callgate_analyze::answers(policy, section.arch, nr).may_make_the_call()
        })
    })
}

/// How the external plugins of these actions are started, each under a profile of its own: `callgate:plugin`.
fn commands<'a>(
    declared: impl Iterator<Item = &'a CustomAction>,
    named: &[Named],
) -> io::Result<BTreeMap<String, Vec<OsString>>> {
    let callgate = env::current_exe()?;
    let mut commands = BTreeMap::new();
    for plugin in declared.filter_map(|action| action.plugin.as_ref()) {
        let given = named.iter().find(|given| given.name == plugin.value);
        let file = match given {
            Some(given) => Some(given.file.clone()),
            None => on_path(&plugin.value),
        };
        if let Some(file) = file {
            let confined = ["run", "-p", "callgate:plugin", "--"].map(OsStr::new);
            let words = [callgate.as_os_str()].into_iter().chain(confined);
            let words = words.chain([file.as_os_str()]);
            commands.insert(plugin.value.clone(), words.map(OsString::from).collect());
        }
    }
    Ok(commands)
}

/// The executable of an external plugin on PATH; of those that come with callgate, none is looked for.
fn on_path(plugin: &str) -> Option<PathBuf> {
    if SHIPPED.iter().any(|shipped| shipped.name == plugin) {
        return None;
    }
    let path = env::var_os("PATH")?;
    // An empty entry would be the working directory, which nobody meant to trust.
    let folders = env::split_paths(&path).filter(|folder| folder.is_absolute());
    let path = env::join_paths(folders).ok()?;
    let name = OsString::from(format!("callgate-action-{plugin}"));
    callgate_load::elf::find(&name, Some(&path)).ok()
}

/// Why a call is denied: the rule, and what would allow it.
fn explanation(reading: &Reading, call: &Call<'_>) -> String {
    let place = reading.located(call.decision(), call.arch());
    let name = call.name();
    let args: Vec<String> = call
        .data()
        .args
        .iter()
        .map(|arg| format!("{arg:#x}"))
        .collect();
    let count = call
        .syscall()
        .and_then(|known| known.params_on(call.arch()))
        .map_or(6, |params| params.len().min(6));
    format!(
        "denied {name}({}) in {}  ({place})",
        args[..count].join(", "),
        call.thread()
    )
}
