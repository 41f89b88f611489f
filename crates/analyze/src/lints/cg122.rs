//! CG122: a base that can't be read.
//!
//! Apart from CG333, where the base is there and engines do not look for it.

use callgate_profile::Severity;

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};

pub(crate) const LINT: Lint = Lint {
    id: "CG122",
    title: "a base that can't be read",
    severity: Severity::Error,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Reading,
};

const PAGE: &str = "\
`x-extends` names the profile of which this one says what differs, and there is none: no such file, a name that is absolute, a profile that would be its own base, or too many bases in a row.
The name is a path from the profile's own folder, or `docker:default`.
Without its base a profile means nothing, since most of its rules stand there.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "x-extends": "base.json",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
    r#"{
  "x-extends": "docker:default",
  "syscalls": [
    { "names": ["ptrace"], "action": "SCMP_ACT_ERRNO" }
  ]
}
"#,
);

#[cfg(test)]
mod tests {
    use callgate_profile::{Base, Bases, Options, parse_with};

    #[test]
    fn found_where_it_is() {
        let text = br#"{ "x-extends": "base.json" }"#;
        let codes = |base: Result<&str, &str>| -> Vec<&str> {
            let options = Options::default();
            let bases = Bases::find("mine.json", text, &options, |name, _| {
                let name = name.to_owned();
                let text = base.map(|text| text.as_bytes().to_vec());
                text.map(|text| Base { name, text }).map_err(str::to_owned)
            });
            let problems = parse_with(text, &options, &bases).problems;
            problems.iter().map(|problem| problem.code).collect()
        };
        assert_eq!(codes(Err("no such file")), ["CG122"]);
        assert!(codes(Ok(r#"{ "defaultAction": "SCMP_ACT_ERRNO" }"#)).is_empty());
    }
}
