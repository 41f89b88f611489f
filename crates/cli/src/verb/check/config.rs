//! What a whole OCI `config.json` says of the process beside its profile.
//!
//! Apart from the profile, because a runtime takes it from elsewhere in the file.

use callgate_profile::edit::Text;
use callgate_profile::{Problem, Span};
use memchr::memmem;

use super::manifest::{MAY_GAIN, problem};

/// What is wrong with how a config starts its process under the profile; none where the text is no config with one.
pub(super) fn problems(text: &[u8]) -> Vec<Problem> {
    // Most texts are no config, and need not be read once more.
    if memmem::find(text, b"\"ociVersion\"").is_none() {
        return Vec::new();
    }
    may_gain_privileges(text).into_iter().collect()
}

fn may_gain_privileges(text: &[u8]) -> Option<Problem> {
    let read = Text::of(text)?;
    read.at(&["linux", "seccomp"])?;
    let process = read.at(&["process"])?;
    let set = read.at(&["process", "noNewPrivileges"]);
    let is_set = set.is_some_and(|set| &text[set.range()] == b"true");
    let place = set.unwrap_or(Span::new(process.start, process.start + 1));
    (!is_set).then(|| problem("CG607", place, MAY_GAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_and_without_privileges() {
        let place = |process: &str, seccomp: &str| {
            let text = format!(
                r#"{{ "ociVersion": "1.1.0", "process": {process}, "linux": {{ {seccomp} }} }}"#
            );
            let found = problems(text.as_bytes());
            found
                .first()
                .map(|found| text[found.span.range()].to_owned())
        };
        let seccomp = r#""seccomp": { "defaultAction": "SCMP_ACT_ALLOW" }"#;
        let (yes, no) = (
            r#"{ "noNewPrivileges": true }"#,
            r#"{ "noNewPrivileges": false }"#,
        );
        assert_eq!(place("{}", seccomp).as_deref(), Some("{"));
        assert_eq!(place(no, seccomp).as_deref(), Some("false"));
        assert_eq!(place(yes, seccomp), None);
        assert_eq!(place(no, ""), None);
    }
}
