//! Which known profile a filter is: the built-in ones and those that the user names, as each engine that callgate models reads them.
//!
//! Apart from `ps`, which asks about many filters: the known ones are worked out once.

use std::collections::HashMap;

use callgate_bpf::Program;
use callgate_engines::{Engine, Target, Version};
use callgate_profile::builtin;
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Release};

use crate::failure::{Failure, Status};
use crate::input::{Document, InputOptions};
use crate::reading::{Examined, examine};

/// The engines whose reading of a profile is known by name, those first that most filters are from.
const ENGINES: [&str; 8] = [
    "callgate",
    "docker@28",
    "docker@23",
    "docker@20.10",
    "podman",
    "containerd",
    "containerd@1.6+runc@1.1.5",
    "crun",
];

/// The versions of libseccomp that make a difference to what an engine loads; none is one that knows every call.
const LIBSECCOMP: [Option<&str>; 4] = [None, Some("2.6.0"), Some("2.5.5"), Some("2.5.4")];

/// Meanings by name.
pub(crate) struct Known {
    native: Arch,
    kernel: Release,
    diagrams: HashMap<Diagram, String>,
    /// What became of programs that were asked about, since many processes share one.
    asked: HashMap<Program, Option<String>>,
}

impl Known {
    /// The built-in profiles and these on a machine of this arch and kernel, each for every engine that takes it.
    ///
    /// # Errors
    /// One of these that can't be read, or that no engine takes.
    pub(crate) fn on(
        native: Arch,
        kernel: Release,
        profiles: &[String],
        options: InputOptions,
    ) -> Result<Self, Failure> {
        let mut known = Self {
            native,
            kernel,
            diagrams: HashMap::new(),
            asked: HashMap::new(),
        };
        let built_in = builtin::names().map(str::to_owned);
        for reference in built_in.chain(profiles.iter().cloned()) {
            known.add(&Document::read(&reference, options)?, options)?;
        }
        Ok(known)
    }

    /// Knows what a document means to each engine that takes it; a meaning keeps the first name that it was given.
    fn add(&mut self, document: &Document, options: InputOptions) -> Result<(), Failure> {
        let name = &document.name;
        let mut is_taken = false;
        for engine in ENGINES {
            let engine: Engine = engine.parse().expect("a modelled engine");
            for libseccomp in LIBSECCOMP {
                let version =
                    libseccomp.map(|version| -> Version { version.parse().expect("a version") });
                let target = Target {
                    native: self.native,
                    kernel: self.kernel,
                    libseccomp: version,
                    ..Target::new(engine)
                };
                let Examined {
                    meaning: Some((_, resolved)),
                    ..
                } = examine(document, options, &target)
                else {
                    continue;
                };
                is_taken = true;
                let Ok(diagram) = Diagram::of_policy(&resolved.policy, Budget::default()) else {
                    continue;
                };
                self.diagrams
                    .entry(diagram)
                    .or_insert_with(|| match libseccomp {
                        Some(version) => format!("{name} for {target}, libseccomp {version}"),
                        None => format!("{name} for {target}"),
                    });
            }
        }
        match is_taken {
            true => Ok(()),
            false => Err(Failure::new(
                Status::Meaningless,
                format_args!(
                    "{name}: no engine takes this profile; `callgate check {name}` says why"
                ),
            )),
        }
    }

    /// The name of what a program means; none where it is not known, or not decided.
    pub(crate) fn name(&mut self, program: &Program) -> Option<String> {
        if let Some(known) = self.asked.get(program) {
            return known.clone();
        }
        let diagram = Diagram::of_program(program, Budget::default()).ok();
        let name = diagram.and_then(|diagram| self.diagrams.get(&diagram).cloned());
        self.asked.insert(program.clone(), name.clone());
        name
    }
}
