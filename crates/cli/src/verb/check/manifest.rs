//! Profiles in YAML: a SeccompProfile of the Security Profiles Operator, and the profiles that compose files and pods name.
//!
//! Apart from the check of a profile, because here it is first looked for, and what may be wrong is where it is named.

use std::path::{Path, PathBuf};

use callgate_analyze::lint_by_id;
use callgate_profile::{Change, Problem, Span};

use crate::input::{Document, InputOptions};
use crate::operator;
use crate::yaml::{self, Json, Node, Placed};

/// What a YAML file has for a check.
#[derive(Default)]
pub(super) struct Manifest {
    /// Profiles that stand in it.
    pub(super) profiles: Vec<InYaml>,
    /// Profiles that it names and that are there.
    pub(super) named: Vec<PathBuf>,
    /// What is wrong with how it names them.
    pub(super) problems: Vec<Problem>,
}

/// A profile that stands in YAML.
pub(super) struct InYaml {
    /// The profile as JSON.
    pub(super) json: Json,
    /// Whether it adds to another one, which is not here.
    pub(super) is_based: bool,
    /// The how manieth document it is in.
    document: usize,
    /// Where it would begin if the JSON of all of them were one text: so a place says which one it is in.
    start: usize,
}

/// Whether a name is that of a YAML file.
pub(super) fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end == "yaml" || end == "yml")
}

/// Reads a file by its name; none where it is not YAML.
pub(super) fn of(document: &Document) -> Option<Manifest> {
    let path = Path::new(&document.name);
    if !is_yaml(path) {
        return None;
    }
    let text = str::from_utf8(&document.text).ok()?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut manifest = Manifest::default();
    for (document, placed) in yaml::read(text)?.into_iter().enumerate() {
        let kind = placed.get("kind").and_then(Placed::text);
        match (kind, placed.get("spec"), placed.get("services")) {
            (Some("SeccompProfile"), Some(spec), _) => {
                manifest.profile(document, spec);
            }
            (None, _, Some(services)) => manifest.services(services, folder),
            _ => manifest.pods(&placed, folder),
        }
    }
    Some(manifest)
}

/// What keeps a service of a compose file from gaining privileges.
const GAINS_NONE: [&str; 3] = [
    "no-new-privileges",
    "no-new-privileges:true",
    "no-new-privileges=true",
];

const MAY_GAIN: &str = "without no-new-privileges the profile has to allow the calls by which the runtime changes the user and drops capabilities";

const WITHOUT_A_FILTER: &str = "the container starts without a filter, and may make every call";

impl Manifest {
    /// The profile of a document.
    fn profile(&mut self, document: usize, spec: &Placed) {
        let base = spec.get("baseProfileName").and_then(Placed::text);
        let last = self.profiles.last();
        self.profiles.push(InYaml {
            json: spec.to_json(operator::OWN_FIELDS),
            is_based: base.is_some_and(|base| !base.is_empty()),
            document,
            start: last.map_or(0, InYaml::end),
        });
    }

    /// The text of a file with changes of the profiles in it; none where they can't be made there.
    pub(super) fn changed(&self, text: &str, changes: &[&Change]) -> Option<String> {
        let mut parts = Vec::new();
        for profile in &self.profiles {
            let here = changes.iter().filter(|change| {
                let start = change.span().start;
                profile.start <= start && start < profile.end()
            });
            let back = |span: Span| Span::new(span.start - profile.start, span.end - profile.start);
            parts.push(yaml::Part {
                document: profile.document,
                key: "spec",
                json: &profile.json,
                changes: here
                    .map(|change| (*change).clone().at(back(change.span())))
                    .collect(),
            });
        }
        yaml::changed(text, &parts)
    }

    /// The services of a compose file.
    fn services(&mut self, services: &Placed, folder: &Path) {
        for service in services.children() {
            let options = service.get("security_opt").map(Placed::children);
            let options = options.unwrap_or_default();
            let mut words = options.iter().filter_map(|option| option.text());
            let may_gain = !words.any(|words| GAINS_NONE.contains(&words));
            for option in options {
                let words = option.text().unwrap_or_default();
                let path = words
                    .strip_prefix("seccomp=")
                    .or_else(|| words.strip_prefix("seccomp:"));
                let path = match path {
                    None | Some("builtin") => continue,
                    Some("unconfined") => {
                        self.tell("CG334", option.span, WITHOUT_A_FILTER);
                        continue;
                    }
                    Some(path) => path,
                };
                if may_gain {
                    self.tell("CG607", option.span, MAY_GAIN);
                }
                if is_true(service.get("privileged")) {
                    self.tell("CG332", option.span, "the service is privileged, so before Docker 27 it has no filter, whatever is named here");
                }
                if service
                    .get("deploy")
                    .is_some_and(|deploy| deploy.get("mode").or(deploy.get("placement")).is_some())
                {
                    self.tell("CG330", option.span, "`docker stack deploy` leaves `security_opt` out, so the services of a swarm have Docker's default");
                }
                let file = folder.join(path.trim_start_matches("./"));
                if file.is_file() {
                    self.named.push(file);
                } else {
                    let message = format!("there is no {}", file.display());
                    self.tell("CG331", option.span, message);
                }
            }
        }
    }

    /// Every security context of pods, however deep.
    fn pods(&mut self, placed: &Placed, folder: &Path) {
        if let Some(profile) = placed.get("seccompProfile") {
            self.context(placed, profile, folder);
        }
        if let Some(path) = profile_with_privileges(placed) {
            self.tell("CG607", path.span, MAY_GAIN);
        }
        for child in placed.children() {
            self.pods(child, folder);
        }
    }

    fn context(&mut self, context: &Placed, profile: &Placed, folder: &Path) {
        let Some(path) = profile.get("localhostProfile") else {
            let type_of = profile.get("type");
            match type_of.and_then(Placed::text) {
                Some("Localhost") => {
                    let message = "the type is Localhost, and no `localhostProfile` names a file";
                    self.tell("CG331", profile.span, message);
                }
                Some("Unconfined") => {
                    let place = type_of.map_or(profile.span, |type_of| type_of.span);
                    self.tell("CG334", place, WITHOUT_A_FILTER);
                }
                _ => {}
            }
            return;
        };
        let name = path.text().unwrap_or_default();
        if profile.get("type").and_then(Placed::text) != Some("Localhost") {
            let message = "`localhostProfile` counts only where the type is Localhost";
            self.tell("CG331", path.span, message);
        }
        if name.starts_with('/') || name.split('/').any(|part| part == "..") {
            let message = "`localhostProfile` is beneath the kubelet's folder, neither absolute nor with `..`";
            self.tell("CG331", path.span, message);
        }
        if is_true(context.get("privileged")) {
            let message =
                "the container is privileged, so it has no filter, whatever is named here";
            self.tell("CG332", path.span, message);
        }
        let beside = folder.join(name);
        if beside.is_file() {
            self.named.push(beside);
        }
    }

    fn tell(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        let lint = lint_by_id(code).expect("the rule has a page");
        self.problems
            .push(Problem::new(lint.id, lint.severity, span, message));
    }
}

/// The profile of a container, or of a pod for its containers, that may gain privileges.
fn profile_with_privileges(placed: &Placed) -> Option<&Placed> {
    let context = placed.get("securityContext")?;
    let profile = context.get("seccompProfile")?.get("localhostProfile")?;
    let may_gain = |context: Option<&Placed>| {
        let may = context.and_then(|context| context.get("allowPrivilegeEscalation"));
        may.is_none_or(|may| may.node != Node::Bool(false))
    };
    let found = match placed.get("containers") {
        None => may_gain(Some(context)),
        Some(containers) => containers.children().iter().any(|container| {
            let own = container.get("securityContext");
            own.is_none_or(|own| own.get("seccompProfile").is_none()) && may_gain(own)
        }),
    };
    found.then_some(profile)
}

fn is_true(placed: Option<&Placed>) -> bool {
    placed.is_some_and(|placed| placed.node == Node::Bool(true))
}

/// A profile of a YAML file as a document of its own, whose bases are named from there.
pub(super) fn document_of(json: &Json, file: &Document, options: InputOptions) -> Document {
    Document::new(file.name.clone(), json.text.clone().into_bytes(), options)
}

impl InYaml {
    fn end(&self) -> usize {
        self.start + self.json.text.len()
    }

    /// A problem of the profile, at its place in the YAML; its changes are still of the JSON.
    pub(super) fn moved(&self, mut problem: Problem) -> Problem {
        problem.span = self.json.place(problem.span);
        for (span, _) in &mut problem.related {
            *span = self.json.place(*span);
        }
        let on = |span: Span| Span::new(span.start + self.start, span.end + self.start);
        for change in problem.fix.iter_mut().flat_map(|fix| &mut fix.changes) {
            *change = change.clone().at(on(change.span()));
        }
        problem
    }
}
