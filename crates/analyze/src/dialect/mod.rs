//! The dialects of profiles that are written: Docker's, its old form, and Kubernetes' artifact and custom resource.
//!
//! Apart from decompiling, which makes the rules: a dialect has fewer words or other marks for them.

mod artifact;
mod narrow;
mod spo;

use std::fmt::Write;

use callgate_profile::write::{Document, Rule};

/// How a profile is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect<'n> {
    /// JSON, with the `names` of a rule: Docker's, Podman's, the runtimes'.
    Names,
    /// JSON, with one `name` a rule, as Docker had it first.
    OneName,
    /// The same JSON as the layer of an OCI artifact (KEP-6061), of which runtimes refuse more.
    Artifact,
    /// The `SeccompProfile` of the security profiles operator, as YAML.
    Spo {
        /// Of its interface: `v1`, `v1beta1`.
        version: &'static str,
        /// What the resource is called: lower case, digits and hyphens.
        name: &'n str,
    },
}

/// A profile in a dialect.
pub(crate) struct Text {
    /// What is written.
    pub(crate) written: String,
    /// The JSON that a reader of profiles gets of it.
    pub(crate) json: String,
}

impl Text {
    /// A dialect that is JSON itself.
    fn of_json(json: String) -> Self {
        Self {
            written: json.clone(),
            json,
        }
    }
}

impl Dialect<'_> {
    /// A document in this dialect, or what of it the dialect has no words for.
    pub(crate) fn text(self, document: &Document) -> Result<Text, &'static str> {
        match self {
            Self::Names => Ok(Text::of_json(document.to_json())),
            Self::OneName => Ok(Text::of_json(one_name_each(document))),
            Self::Artifact => {
                let (_, json) = artifact::taken(document);
                Ok(Text::of_json(json))
            }
            Self::Spo { version, name } => {
                let spec = spo::spec(document)?;
                Ok(Text {
                    written: spo::resource(&spec, version, name),
                    json: spec.to_json(),
                })
            }
        }
    }
}

/// The JSON with a rule for each name, under `name`.
fn one_name_each(document: &Document) -> String {
    let rules = document.syscalls.iter().flat_map(|rule| {
        rule.names.iter().map(|name| Rule {
            names: [name.clone()].into(),
            ..rule.clone()
        })
    });
    let single = Document {
        syscalls: rules.collect(),
        ..document.clone()
    };
    let json = single.to_json();
    let mut lines = json.lines();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        if line == "\t\t\t\"names\": [" {
            let name = lines.next().unwrap_or_default().trim_start();
            let end = lines.next().unwrap_or_default();
            let _ = writeln!(
                text,
                "\t\t\t\"name\": {name}{}",
                end.trim_matches(['\t', ']'])
            );
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_profile::write::Argument;
    use callgate_profile::{ActionName, ArchName, OpName};
    use callgate_syscalls::Arch;

    pub(super) fn document(value: u64) -> Document {
        let mut document = Document::new(ActionName::Allow);
        document.architectures = vec![ArchName::Known(Arch::X86_64)];
        document.syscalls.push(Rule {
            errno_ret: Some(97),
            args: vec![Argument {
                index: 0,
                value,
                value_two: None,
                op: OpName::Eq,
            }],
            ..Rule::new(ActionName::Errno, ["socket", "socketpair"])
        });
        document
    }

    #[test]
    fn the_old_form_has_a_rule_for_each_name() {
        let text = Dialect::OneName.text(&document(9)).expect("JSON").written;
        assert_eq!(text.matches("\"name\": \"socket\",\n").count(), 1, "{text}");
        assert_eq!(text.matches("\"name\": \"socketpair\",\n").count(), 1);
        assert!(!text.contains("names"));
        let parsed =
            callgate_profile::parse(text.as_bytes(), &callgate_profile::Options::default());
        assert_eq!(parsed.problems, []);
    }
}
