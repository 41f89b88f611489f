//! Which known profile a filter is: the built-in ones and those that the user names, as each engine that callgate models reads them.
//!
//! Apart from `ps`, which asks about many filters: the known ones are worked out once.

use std::collections::HashMap;

use callgate_bpf::Program;
use callgate_engines::{Engine, Target, Version};
use callgate_profile::builtin;
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, CapabilitySet, Release};

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
    documents: Vec<Document>,
    options: InputOptions,
    /// By the capabilities for which the documents were read.
    names: HashMap<CapabilitySet, Names>,
    /// What became of programs that were asked about, since many processes share one.
    asked: HashMap<(CapabilitySet, Program), Option<String>>,
}

/// What the known profiles mean to the engines that take them.
type Names = HashMap<Diagram, String>;

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
        let built_in = builtin::names().map(str::to_owned);
        let references = built_in.chain(profiles.iter().cloned());
        let documents = references.map(|reference| Document::read(&reference, options));
        let mut known = Self {
            native,
            kernel,
            documents: documents.collect::<Result<_, _>>()?,
            options,
            names: HashMap::new(),
            asked: HashMap::new(),
        };
        let usual = known.names_for(CapabilitySet::DOCKER)?;
        known.names.insert(CapabilitySet::DOCKER, usual);
        Ok(known)
    }

    /// The meanings for processes of these capabilities; of two names of a meaning it is the first.
    fn names_for(&self, caps: CapabilitySet) -> Result<Names, Failure> {
        let mut names = Names::new();
        for document in &self.documents {
            if !self.add(&mut names, document, caps) {
                let name = &document.name;
                return Err(Failure::new(
                    Status::Meaningless,
                    format_args!(
                        "{name}: no engine takes this profile; `callgate check {name}` says why"
                    ),
                ));
            }
        }
        Ok(names)
    }

    /// Adds what a document means to each engine that takes it, and says whether one does.
    fn add(&self, names: &mut Names, document: &Document, caps: CapabilitySet) -> bool {
        let name = &document.name;
        let mut is_taken = false;
        // Docker's default of a version is known for that version first.
        let own = name.strip_prefix("docker:default@");
        let own = own.map(|version| format!("docker@{version}"));
        for engine in own.iter().map(String::as_str).chain(ENGINES) {
            let engine: Engine = engine.parse().expect("a modelled engine");
            for libseccomp in LIBSECCOMP {
                let version =
                    libseccomp.map(|version| -> Version { version.parse().expect("a version") });
                let target = Target {
                    native: self.native,
                    kernel: self.kernel,
                    libseccomp: version,
                    caps,
                    ..Target::new(engine)
                };
                let Examined {
                    meaning: Some((_, resolved)),
                    ..
                } = examine(document, self.options, &target)
                else {
                    continue;
                };
                is_taken = true;
                let Ok(diagram) = Diagram::of_policy(&resolved.policy, Budget::default()) else {
                    continue;
                };
                names.entry(diagram).or_insert_with(|| match libseccomp {
                    Some(version) => format!("{name} for {target}, libseccomp {version}"),
                    None => format!("{name} for {target}"),
                });
            }
        }
        is_taken
    }

    /// The name of what a program of a process means; none where it is not known, or not decided.
    ///
    /// Engines read a profile for the capabilities that a container gets. Those that a process has are tried after Docker's, since
    /// it may have given up some.
    pub(crate) fn name(&mut self, program: &Program, caps: CapabilitySet) -> Option<String> {
        let key = (caps, program.clone());
        if let Some(known) = self.asked.get(&key) {
            return known.clone();
        }
        let diagram = Diagram::of_program(program, Budget::default()).ok();
        let name = diagram.and_then(|diagram| self.name_of(&diagram, caps));
        self.asked.insert(key, name.clone());
        name
    }

    fn name_of(&mut self, diagram: &Diagram, caps: CapabilitySet) -> Option<String> {
        if let Some(name) = self.names[&CapabilitySet::DOCKER].get(diagram) {
            return Some(name.clone());
        }
        if !self.names.contains_key(&caps) {
            // What is taken for Docker's capabilities is taken for others.
            let names = self.names_for(caps).unwrap_or_default();
            self.names.insert(caps, names);
        }
        let name = self.names[&caps].get(diagram)?;
        Some(format!("{name}, for its capabilities"))
    }
}
