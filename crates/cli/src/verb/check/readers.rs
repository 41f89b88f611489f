//! Who reads each document of a check, and the check of all of them, on all processors.
//!
//! Apart from the check of one document, which does not know of others.

use std::path::Path;

use callgate_analyze::{Context, Standard};
use callgate_engines::Engine;
use memchr::memmem;
use rayon::prelude::*;

use super::found::Checked;
use super::manifest::is_yaml;
use super::selection::Selection;
use crate::failure::Failure;
use crate::input::{Document, InputOptions};
use crate::reading::TargetOptions;

/// Who reads which document, and the standard of each.
pub(super) struct Readers {
    standards: Vec<Standard>,
    /// For each document the places in the list.
    of: Vec<Vec<usize>>,
}

/// What kind of document a text seems to be, by which one knows who will read it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seems {
    /// A profile of Docker's or of Kubernetes.
    Profile,
    /// A whole `config.json` of the OCI.
    OciConfig,
    /// A SeccompProfile of the Security Profiles Operator, pods that name one, or what pods get from a registry.
    Pods,
    /// A profile with actions of its own, which callgate alone reads.
    Own,
}

impl Readers {
    /// The engines that are named, else those that read such documents.
    pub(super) fn of(
        options: &TargetOptions,
        context: Context,
        documents: &[Document],
    ) -> Result<Self, Failure> {
        let mut standards: Vec<Standard> = Vec::new();
        let mut of = Vec::new();
        for document in documents {
            let targets = match options.names_engines() {
                true => options.targets()?,
                false => options.targets_of(&readers_of(document, context)?)?,
            };
            let mut places = Vec::new();
            for target in targets {
                let known = standards.iter().position(|each| each.target == target);
                places.push(known.unwrap_or_else(|| {
                    standards.push(Standard::new(target, context));
                    standards.len() - 1
                }));
            }
            of.push(places);
        }
        Ok(Self { standards, of })
    }

    /// The standards of the document at a place.
    pub(super) fn standards_of(&self, document: usize) -> Vec<&Standard> {
        self.at(&self.of[document])
    }

    fn at(&self, places: &[usize]) -> Vec<&Standard> {
        places.iter().map(|&place| &self.standards[place]).collect()
    }

    /// Checks the documents, in their order.
    pub(super) fn check(
        &self,
        documents: Vec<Document>,
        options: InputOptions,
        selection: &Selection,
    ) -> Vec<Checked> {
        let work = documents.into_par_iter().zip(&self.of);
        let checked = work.map(|(document, places)| {
            let standards = self.at(places);
            Checked::of(document, options, &standards, selection)
        });
        checked.collect()
    }
}

/// Who reads such a document where nobody says who.
fn readers_of(document: &Document, context: Context) -> Result<Vec<Engine>, Failure> {
    let is_for_pods = is_yaml(Path::new(&document.name)) || context == Context::Artifact;
    let seems = match is_for_pods {
        true => Seems::Pods,
        false => seems(document),
    };
    let names: &[&str] = match seems {
        Seems::Profile => &["docker", "containerd"],
        Seems::OciConfig => &["runc", "crun"],
        Seems::Pods => &["containerd", "crio"],
        Seems::Own => &["callgate"],
    };
    let engines = names.iter().map(|name| name.parse());
    engines
        .collect::<Result<_, _>>()
        .map_err(|error: callgate_engines::ParseEngineError| Failure::input(error))
}

fn seems(document: &Document) -> Seems {
    let has = |text: &[u8], key: &str| memmem::find(text, key.as_bytes()).is_some();
    let bases = document.bases.texts().iter().map(|base| &base.text);
    let mut texts = [&document.text].into_iter().chain(bases);
    let has_actions = texts.any(|text| has(text, "\"x-actions\""));
    match (has_actions, has(&document.text, "\"ociVersion\"")) {
        (true, _) => Seems::Own,
        (false, true) => Seems::OciConfig,
        (false, false) => Seems::Profile,
    }
}
