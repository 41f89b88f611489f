//! CG803: names are not in order.
//!
//! Apart from CG214, whose names are there twice.

use callgate_profile::{Change, Problem, Severity};

use crate::example::Example;
use crate::lint::{Confidence, Find, Lint};
use crate::subject::Subject;

pub(crate) const LINT: Lint = Lint {
    id: "CG803",
    title: "names are not in order",
    severity: Severity::Style,
    confidence: Confidence::Certain,
    page: PAGE,
    example: Some(EXAMPLE),
    find: Find::Here(find),
};

const PAGE: &str = "\
The names of a rule are not sorted, so it takes a reader long to see whether a call is there, and a comparison of two versions shows more than has changed.
`callgate fmt` sorts them.
";

const EXAMPLE: Example = Example::new(
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["write", "read"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
    r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write"], "action": "SCMP_ACT_ALLOW" }
  ]
}
"#,
)
.mended();

fn find(subject: &Subject<'_>) -> Vec<Problem> {
    let found = subject.rules().iter().find_map(|rule| {
        let names = &rule.value.names.as_ref()?.value;
        let pair = names
            .windows(2)
            .find(|pair| pair[0].value > pair[1].value)?;
        let [first, second] =
            [&pair[0], &pair[1]].map(|name| name.value.escape_default().to_string());
        let message = format!("`{second}` stands behind `{first}`");
        {
            let mut sorted: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
            sorted.sort_unstable();
            // Each place keeps its layout and gets another name; a name that needs escapes is left alone.
            let is_plain =
                |name: &&str| !name.contains(['"', '\\']) && !name.contains(char::is_control);
            let moved = names
                .iter()
                .zip(&sorted)
                .filter(|(place, name)| place.value != **name);
            let in_order =
                moved.map(|(place, name)| Change::Replace(place.span, format!("\"{name}\"")));
            let in_order = in_order.collect();
            let problem = LINT
                .problem(pair[1].span, message)
                .related(pair[0].span, "this comes later");
            Some(match sorted.iter().all(is_plain) {
                true => problem.fix("sort the names", in_order),
                false => problem,
            })
        }
    });
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{allowing, finds};

    #[test]
    fn in_order_and_not() {
        assert!(finds(&allowing(&["write", "read"]), "docker", "CG803"));
        assert!(!finds(&allowing(&["read", "write"]), "docker", "CG803"));
    }
}
