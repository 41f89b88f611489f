//! The `SeccompProfile` of the security profiles operator, as YAML, and what its schema has no room for.
//!
//! Apart from the JSON dialects, because it is another document around the same words.

use std::fmt::Write;

use callgate_profile::ArchName;
use callgate_profile::write::{Argument, Document, Rule};
use callgate_syscalls::Arch;

/// Arches that the operator's schema does not list.
const NOT_OF_SPO: [Arch; 4] = [Arch::Loongarch64, Arch::M68k, Arch::Sh, Arch::Sheb];

pub(super) fn fits(document: &Document) -> Result<(), &'static str> {
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
pub(super) fn resource(spec: &Document, version: &str, name: &str) -> String {
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
    use super::super::Dialect;
    use super::super::tests::document;

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
