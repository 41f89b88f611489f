//! The dialects of profiles that are written: Docker's, its old form, and the custom resource of a Kubernetes operator.
//!
//! Apart from decompiling, which makes the rules: a dialect has fewer words or other marks for them.

use std::fmt::Write;

use callgate_profile::ArchName;
use callgate_profile::write::{Argument, Document, Rule};
use callgate_syscalls::Arch;

/// How a profile is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect<'n> {
    /// JSON, with the `names` of a rule: Docker's, Podman's, the runtimes'.
    Names,
    /// JSON, with one `name` a rule, as Docker had it first.
    OneName,
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

/// Arches that the operator's schema does not list.
const NOT_OF_SPO: [Arch; 4] = [Arch::Loongarch64, Arch::M68k, Arch::Sh, Arch::Sheb];

impl Dialect<'_> {
    /// A document in this dialect, or what of it the dialect has no words for.
    pub(crate) fn text(self, document: &Document) -> Result<Text, &'static str> {
        match self {
            Self::Names => {
                let json = document.to_json();
                Ok(Text {
                    written: json.clone(),
                    json,
                })
            }
            Self::OneName => {
                let json = one_name_each(document);
                Ok(Text {
                    written: json.clone(),
                    json,
                })
            }
            Self::Spo { version, name } => {
                fits_spo(document)?;
                // The resource has no field for it, so that every reader takes EPERM.
                let spec = Document {
                    default_errno_ret: None,
                    ..document.clone()
                };
                Ok(Text {
                    written: resource(&spec, version, name),
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

fn fits_spo(document: &Document) -> Result<(), &'static str> {
    let arches = document.architectures.iter();
    let is_missing =
        |arch: &ArchName| matches!(arch, ArchName::Known(arch) if NOT_OF_SPO.contains(arch));
    if arches.clone().any(is_missing) {
        return Err("SeccompProfile does not have one of the arches");
    }
    let arguments = document.syscalls.iter().flat_map(|rule| &rule.args);
    let is_wide = |argument: &Argument| {
        let values = [Some(argument.value), argument.value_two];
        values
            .into_iter()
            .flatten()
            .any(|value| i64::try_from(value).is_err())
    };
    if arguments.clone().any(is_wide) {
        return Err("a value of SeccompProfile has 63 bits, and the filter compares more");
    }
    let says_zero = |rule: &Rule| rule.errno_ret == Some(0);
    if document.syscalls.iter().any(says_zero) {
        return Err("SeccompProfile leaves an errno of 0 out, which then is EPERM");
    }
    Ok(())
}

/// The resource; no word in it needs quotes.
fn resource(spec: &Document, version: &str, name: &str) -> String {
    let mut text = format!(
        "apiVersion: security-profiles-operator.x-k8s.io/{version}\nkind: SeccompProfile\nmetadata:\n  name: {name}\nspec:\n",
    );
    if let Some(action) = &spec.default_action {
        let _ = writeln!(text, "  defaultAction: {action}");
    }
    if !spec.architectures.is_empty() {
        text.push_str("  architectures:\n");
        for arch in &spec.architectures {
            let _ = writeln!(text, "  - {arch}");
        }
    }
    if !spec.syscalls.is_empty() {
        text.push_str("  syscalls:\n");
    }
    for rule in &spec.syscalls {
        text.push_str("  - names:\n");
        for name in &rule.names {
            let _ = writeln!(text, "    - {name}");
        }
        let _ = writeln!(text, "    action: {}", rule.action);
        if let Some(errno) = rule.errno_ret {
            let _ = writeln!(text, "    errnoRet: {errno}");
        }
        if !rule.args.is_empty() {
            text.push_str("    args:\n");
        }
        for argument in &rule.args {
            let _ = writeln!(
                text,
                "    - index: {}\n      value: {}",
                argument.index, argument.value
            );
            if let Some(value) = argument.value_two {
                let _ = writeln!(text, "      valueTwo: {value}");
            }
            let _ = writeln!(text, "      op: {}", argument.op);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use callgate_profile::{ActionName, OpName};

    fn document(value: u64) -> Document {
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

    #[test]
    fn a_resource_has_no_wide_values() {
        let spo = Dialect::Spo {
            version: "v1",
            name: "no-x25",
        };
        let text = spo.text(&document(9)).expect("a resource").written;
        let expected = "\
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata:
  name: no-x25
spec:
  defaultAction: SCMP_ACT_ALLOW
  architectures:
  - SCMP_ARCH_X86_64
  syscalls:
  - names:
    - socket
    - socketpair
    action: SCMP_ACT_ERRNO
    errnoRet: 97
    args:
    - index: 0
      value: 9
      op: SCMP_CMP_EQ
";
        assert_eq!(text, expected);
        assert!(spo.text(&document(1 << 63)).is_err());
    }
}
