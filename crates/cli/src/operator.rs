//! SeccompProfile resources of the Security Profiles Operator, as it records them: a document each, or the items of a list.
//!
//! Apart from the check of such files, which says where each mistake is: here only what is whole becomes a meaning.

use callgate_engines::Target;
use callgate_policy::Policy;
use callgate_profile::{Options, Severity, parse};

use crate::yaml::{self, Placed};

/// Fields that the operator keeps for itself.
pub(crate) const OWN_FIELDS: &[&str] = &["baseProfileName", "state", "disabled"];

/// A resource.
pub(crate) struct Resource {
    name: String,
    /// The profile in it, as JSON.
    profile: String,
}

/// The resources of a text.
pub(crate) fn recorded(text: &str) -> Result<Vec<Resource>, String> {
    let documents = yaml::read(text).ok_or("this is not YAML")?;
    let mut found = Vec::new();
    for document in &documents {
        let items = document.get("items").map(Placed::children);
        for each in items.unwrap_or_else(|| vec![document]) {
            found.extend(resource(each)?);
        }
    }
    Ok(found)
}

/// One resource; none of another kind.
fn resource(placed: &Placed) -> Result<Option<Resource>, String> {
    let kind = placed.get("kind").and_then(Placed::text);
    let (Some("SeccompProfile"), Some(spec)) = (kind, placed.get("spec")) else {
        return Ok(None);
    };
    let name = placed.get("metadata").and_then(|about| about.get("name"));
    let name = name.and_then(Placed::text).unwrap_or("a SeccompProfile");
    let base = spec.get("baseProfileName").and_then(Placed::text);
    if let Some(base) = base.filter(|base| !base.is_empty()) {
        return Err(format!(
            "{name} is based on {base}, whose calls are not here"
        ));
    }
    Ok(Some(Resource {
        name: name.to_owned(),
        profile: spec.to_json(OWN_FIELDS).text,
    }))
}

impl Resource {
    /// What it means.
    pub(crate) fn policy(&self, target: &Target) -> Result<Policy, String> {
        let name = &self.name;
        let parsed = parse(self.profile.as_bytes(), &Options::default());
        let mut problems = parsed.problems.iter();
        if let Some(problem) = problems.find(|problem| problem.severity == Severity::Error) {
            return Err(format!("{name}: {}", problem.message));
        }
        let profile = parsed
            .profile
            .ok_or_else(|| format!("{name} is no profile"))?;
        let resolved = callgate_engines::read(&profile, target);
        resolved
            .map(|resolved| resolved.policy)
            .map_err(|refusal| format!("{name}: {refusal}"))
    }
}
