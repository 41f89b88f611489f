//! What a PROFILE argument means: one document's meaning, one program, or several filters on one process.
//!
//! Apart from reading a document, because a program and what is in force need no reader.

use callgate_bpf::Program;
use callgate_syscalls::Arch;
use clap::Args;

use crate::failure::Failure;
use crate::filter::Filter;
use crate::input::{self, InputOptions};
use crate::live::Live;
use crate::reading::{Reading, TargetOptions};
use crate::sources::Sources;

/// What a PROFILE argument means.
pub(crate) enum Meaning {
    /// What a document means for the target.
    Policy(Box<Reading>),
    /// A raw program, which needs no reader.
    Program(Program),
    /// Several on one process, the oldest first; there is at least one.
    Stack(Vec<Filter>),
}

/// What lies above a profile.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LayerOptions {
    /// Another filter on the same process, loaded after the profile and those named before; repeatable.
    /// The strictest answer counts, and between equal actions the newest layer's data
    #[arg(long = "layer", value_name = "FILE")]
    pub(crate) layers: Vec<String>,
}

impl LayerOptions {
    /// What they name, the oldest first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(String::as_str)
    }

    /// What to call a profile together with them.
    pub(crate) fn title(&self, reference: &str) -> String {
        let names = [reference].into_iter().chain(self.names());
        names.map(input::title).collect::<Vec<_>>().join(" + ")
    }
}

impl Meaning {
    /// Reads what a PROFILE argument names, and the one meaning that it has to all targets that are named.
    pub(crate) fn read(
        reference: &str,
        options: InputOptions,
        target: &TargetOptions,
    ) -> Result<Self, Failure> {
        Self::read_layers(reference, &LayerOptions::default(), options, target)
    }

    /// Reads what a PROFILE argument names, together with what lies above it.
    pub(crate) fn read_layers(
        reference: &str,
        above: &LayerOptions,
        options: InputOptions,
        target: &TargetOptions,
    ) -> Result<Self, Failure> {
        let sources = Sources::read(reference, above, options, target)?;
        sources.agreed(options, &target.targets()?)
    }

    /// What the filters in force mean together.
    pub(crate) fn of_live(live: &Live) -> Result<Self, Failure> {
        let layers = live.filters()?.into_iter().enumerate();
        let layers = layers.map(|(at, program)| Filter {
            name: live.name_of_filter(at),
            meaning: Self::Program(program),
        });
        Ok(Self::stacked(layers.collect()))
    }

    /// The arches that its documents name.
    pub(crate) fn arches(&self) -> Vec<Arch> {
        match self {
            Self::Program(_) => Vec::new(),
            Self::Policy(reading) => {
                let sections = reading.resolved.policy.sections();
                sections.iter().map(|section| section.arch).collect()
            }
            Self::Stack(layers) => {
                let mut arches = Vec::new();
                for arch in layers.iter().flat_map(|layer| layer.meaning.arches()) {
                    if !arches.contains(&arch) {
                        arches.push(arch);
                    }
                }
                arches
            }
        }
    }

    /// Several as one; one alone stays what it is.
    pub(crate) fn stacked(mut layers: Vec<Filter>) -> Self {
        match layers.len() {
            1 => layers.remove(0).meaning,
            _ => Self::Stack(layers),
        }
    }
}
