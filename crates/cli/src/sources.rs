//! What PROFILE arguments name, read once, and what it then means to each target.
//!
//! Apart from a meaning, because standard input and a process can be read once, and targets may be many.

use callgate_bpf::Program;
use callgate_engines::Target;
use callgate_prove::Budget;

use crate::failure::{Failure, Status};
use crate::filter::{Claim, Filter, Witness};
use crate::input::{self, Document, Input, InputOptions};
use crate::meaning::{LayerOptions, Meaning};
use crate::reading::{Reading, TargetOptions};

/// What one or several PROFILE arguments name on one process.
pub(crate) struct Sources {
    /// What to call them together.
    title: String,
    /// The oldest first; there is at least one.
    layers: Vec<Source>,
}

/// A filter, before anybody reads it.
struct Source {
    name: String,
    what: What,
}

enum What {
    Document(Document),
    Program(Program),
}

/// Refuses a profile that callgate wrote where several targets do not read it alike.
pub(crate) fn read_alike(
    json: &str,
    options: InputOptions,
    targets: &[Target],
) -> Result<(), Failure> {
    if let [_] = targets {
        return Ok(());
    }
    let name = "the profile that says it".to_owned();
    let document = Document::alone(name.clone(), json.as_bytes().to_vec());
    let written = Sources {
        title: name.clone(),
        layers: vec![Source {
            name,
            what: What::Document(document),
        }],
    };
    written.agreed(options, targets).map(|_| ())
}

impl Sources {
    /// Reads a PROFILE argument, and what lies above it.
    pub(crate) fn read(
        reference: &str,
        above: &LayerOptions,
        options: InputOptions,
        target: &TargetOptions,
    ) -> Result<Self, Failure> {
        let references = || [reference].into_iter().chain(above.names());
        if references().filter(|&each| each == "-").count() > 1 {
            return Err(Failure::input(
                "only one filter can come from standard input",
            ));
        }
        let native = target.native()?;
        let mut layers = Vec::new();
        for each in references() {
            let source = |what| Source {
                name: input::title(each),
                what,
            };
            match Input::read(each, options, native)? {
                Input::Document(document) => layers.push(source(What::Document(document))),
                Input::Program(program) => layers.push(source(What::Program(program))),
                Input::Live(live) => {
                    let filters = live.filters()?.into_iter().enumerate();
                    layers.extend(filters.map(|(at, program)| Source {
                        name: live.name_of_filter(at),
                        what: What::Program(program),
                    }));
                }
            }
        }
        Ok(Self {
            title: above.title(reference),
            layers,
        })
    }

    /// What they mean to a target.
    ///
    /// A document that means nothing to it is a failure.
    pub(crate) fn meaning(
        &self,
        options: InputOptions,
        target: &Target,
    ) -> Result<Meaning, Failure> {
        let layers = self.layers.iter().map(|source| {
            let meaning = match &source.what {
                What::Program(program) => Meaning::Program(program.clone()),
                What::Document(document) => {
                    let reading = Reading::of(document.clone(), options, target.clone())?;
                    Meaning::Policy(Box::new(reading))
                }
            };
            Ok(Filter {
                name: source.name.clone(),
                meaning,
            })
        });
        Ok(Meaning::stacked(layers.collect::<Result<_, Failure>>()?))
    }

    /// The one meaning that they have to all targets, by proof, or a call on which two targets do not agree.
    pub(crate) fn agreed(
        &self,
        options: InputOptions,
        targets: &[Target],
    ) -> Result<Meaning, Failure> {
        let (first, others) = targets.split_first().expect("a target at least");
        let meaning = self.meaning(options, first)?;
        if !self.have_readers() || others.is_empty() {
            return Ok(meaning);
        }
        let budget = Budget::default();
        let named = |meaning| Filter {
            name: self.title.clone(),
            meaning,
        };
        let mut agreed = named(meaning);
        let diagram = agreed.diagram(budget)?;
        for other in others {
            let read = named(self.meaning(options, other)?);
            let witness = diagram.witness(&read.diagram(budget)?);
            let filters = [agreed, read];
            if let Some(call) = witness {
                let witness = Witness::confirmed(&filters, Claim::Different, call)?;
                return Err(self.not_agreed([first, other], &witness));
            }
            [agreed, _] = filters;
        }
        Ok(agreed.meaning)
    }

    fn not_agreed(&self, [one, other]: [&Target; 2], witness: &Witness) -> Failure {
        let name = &self.title;
        Failure::new(
            Status::No,
            format_args!(
                "{name}: one meaning is asked for, and {one} and {other} read it differently: {witness} gets {} from {one} and {} from {other}",
                witness.answer(0),
                witness.answer(1)
            ),
        )
        .help(format_args!(
            "`callgate diff` with --target {one} and --against {other} lists every such call"
        ))
    }

    /// Whether it matters who reads them.
    fn have_readers(&self) -> bool {
        let mut layers = self.layers.iter();
        layers.any(|source| matches!(source.what, What::Document(_)))
    }
}
