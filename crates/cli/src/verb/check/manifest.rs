//! Profiles in YAML: a SeccompProfile of the Security Profiles Operator, and the profiles that compose files and pods name.
//!
//! Apart from the check of a profile, because here it is first looked for, and what may be wrong is where it is named.

use std::path::{Path, PathBuf};

use callgate_analyze::lint_by_id;
use callgate_profile::{Problem, Span};

use crate::input::{Document, InputOptions};
use crate::operator;
use crate::yaml::{self, Json, Node, Placed};

/// What a YAML file has for a check.
#[derive(Default)]
pub(super) struct Manifest {
    /// Profiles that stand in it.
    pub(super) profiles: Vec<Json>,
    /// Profiles that it names and that are there.
    pub(super) named: Vec<PathBuf>,
    /// What is wrong with how it names them.
    pub(super) problems: Vec<Problem>,
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
    for placed in yaml::read(text)? {
        let kind = placed.get("kind").and_then(Placed::text);
        match (kind, placed.get("spec"), placed.get("services")) {
            (Some("SeccompProfile"), Some(spec), _) => {
                manifest.profiles.push(spec.to_json(operator::OWN_FIELDS));
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

/// A problem of a profile in JSON, at its place in the YAML; a change of the JSON is none of the YAML.
pub(super) fn moved(mut problem: Problem, json: &Json) -> Problem {
    problem.span = json.place(problem.span);
    for (span, _) in &mut problem.related {
        *span = json.place(*span);
    }
    problem.fix = None;
    problem
}
