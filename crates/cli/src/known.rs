//! Which known profile a filter is: the built-in ones, as each engine that callgate models reads them.
//!
//! Apart from `ps`, which asks about many filters: the known ones are worked out once.

use std::collections::HashMap;

use callgate_bpf::Program;
use callgate_engines::{Engine, Target, Version, read};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Release};

/// The engines whose reading of a built-in profile is known by name.
const ENGINES: [&str; 4] = ["callgate", "docker@20.10", "docker@23", "docker@28"];

/// The versions of libseccomp that make a difference to what an engine loads; `-` is one that knows every call.
const LIBSECCOMP: [Option<&str>; 4] = [None, Some("2.6.0"), Some("2.5.5"), Some("2.5.4")];

/// Meanings by name.
pub(crate) struct Known {
    diagrams: HashMap<Diagram, String>,
    /// What became of programs that were asked about, since many processes share one.
    asked: HashMap<Program, Option<String>>,
}

impl Known {
    /// The built-in profiles on a machine of this arch and kernel.
    pub(crate) fn on(native: Arch, kernel: Release) -> Self {
        let mut diagrams = HashMap::new();
        for name in callgate_profile::builtin::names() {
            let text = callgate_profile::builtin::by_name(name).expect("it is built in");
            let parsed = callgate_profile::parse(text.as_bytes(), &Default::default());
            let profile = parsed.profile.expect("what is built in is a profile");
            for engine in ENGINES {
                let engine: Engine = engine.parse().expect("a modelled engine");
                for libseccomp in LIBSECCOMP {
                    let version = libseccomp
                        .map(|version| -> Version { version.parse().expect("a version") });
                    let target = Target {
                        native,
                        kernel,
                        libseccomp: version,
                        ..Target::new(engine)
                    };
                    let Ok(resolved) = read(&profile, &target) else {
                        continue;
                    };
                    let Ok(diagram) = Diagram::of_policy(&resolved.policy, Budget::default())
                    else {
                        continue;
                    };
                    // The first that means this names it.
                    diagrams.entry(diagram).or_insert_with(|| match libseccomp {
                        Some(version) => format!("{name} for {target}, libseccomp {version}"),
                        None => format!("{name} for {target}"),
                    });
                }
            }
        }
        Self {
            diagrams,
            asked: HashMap::new(),
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
