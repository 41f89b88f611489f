//! What a row should give, and whether it did.
//! Apart, because a way's answer is a status and two texts, and judging them is the lab's one decision.

use crate::command::Finished;

/// What a way should give.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// The program ends with this status, and these lines or parts of lines are printed.
    Ends { status: i32, says: Vec<String> },
    /// The program ends with 0 and prints exactly this on stdout.
    Prints(String),
    /// The program never runs: who should start it ends with a status of its own, and prints this.
    NotStarted { says: &'static str },
    /// One of these: what differs between versions of an engine or between machines.
    OneOf(Vec<Expected>),
}

impl Expected {
    /// The program ends with `status` and prints each of `says`; `{root}` stands for the container's root.
    pub(super) fn ends<S: Into<String>>(
        status: i32,
        says: impl IntoIterator<Item = S>,
    ) -> Expected {
        Expected::Ends {
            status,
            says: says.into_iter().map(Into::into).collect(),
        }
    }

    /// What is wrong with an answer; nothing if it is as expected.
    pub(super) fn mismatch(&self, answer: &Finished, root: &str) -> Option<String> {
        match self {
            Expected::Ends { status, .. } if *status != answer.status => {
                Some(format!("status {status} expected, {}", shown(answer)))
            }
            Expected::Ends { says, .. } => {
                let missing = says
                    .iter()
                    .map(|part| part.replace("{root}", root))
                    .find(|part| !answer.stdout.contains(part) && !answer.stderr.contains(part))?;
                Some(format!("{missing:?} expected, {}", shown(answer)))
            }
            Expected::Prints(text) => {
                let text = text.replace("{root}", root);
                if answer.status == 0 && answer.stdout == text {
                    return None;
                }
                Some(format!("status 0 and {text:?} expected, {}", shown(answer)))
            }
            Expected::NotStarted { says } => {
                let quiet = answer.stdout.is_empty();
                let refused = answer.status == 1 || (125..=127).contains(&answer.status);
                if quiet && refused && answer.stderr.contains(says) {
                    return None;
                }
                Some(format!(
                    "a refusal to start with {says:?} expected, {}",
                    shown(answer)
                ))
            }
            Expected::OneOf(several) => {
                let mut mismatches = several
                    .iter()
                    .map(|expected| expected.mismatch(answer, root));
                mismatches
                    .clone()
                    .all(|mismatch| mismatch.is_some())
                    .then(|| mismatches.next().flatten())?
            }
        }
    }
}

fn shown(answer: &Finished) -> String {
    format!(
        "found status {}, stdout {:?}, stderr {:?}",
        answer.status,
        answer.stdout.trim(),
        answer.stderr.trim()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: i32, stdout: &str, stderr: &str) -> Finished {
        Finished {
            status,
            stdout: stdout.into(),
            stderr: stderr.into(),
        }
    }

    #[test]
    fn an_answer_is_judged_by_status_and_text() {
        let refused = Expected::NotStarted { says: "cannot" };
        let cases = [
            (Expected::ends(0, ["root"]), answer(0, "root\n", ""), true),
            (Expected::ends(0, ["root"]), answer(1, "root\n", ""), false),
            (
                Expected::ends(0, ["root"]),
                answer(0, "nobody\n", ""),
                false,
            ),
            (
                Expected::ends(1, ["'{root}/tmp'"]),
                answer(1, "", "'/r/tmp'"),
                true,
            ),
            (
                Expected::Prints("{root}/tmp\n".into()),
                answer(0, "/r/tmp\n", ""),
                true,
            ),
            (
                Expected::Prints("tmp\n".into()),
                answer(0, "/r/tmp\n", ""),
                false,
            ),
            (
                Expected::Prints("tmp\n".into()),
                answer(1, "tmp\n", ""),
                false,
            ),
            (refused.clone(), answer(125, "", "it cannot start"), true),
            (refused.clone(), answer(125, "", "something else"), false),
            (
                refused.clone(),
                answer(125, "root\n", "it cannot start"),
                false,
            ),
            (refused.clone(), answer(0, "", "it cannot start"), false),
            (
                Expected::OneOf(vec![refused.clone(), Expected::ends(0, ["root"])]),
                answer(0, "root", ""),
                true,
            ),
            (
                Expected::OneOf(vec![refused, Expected::ends(0, ["root"])]),
                answer(2, "root", ""),
                false,
            ),
        ];
        for (expected, answer, fits) in cases {
            let mismatch = expected.mismatch(&answer, "/r");
            assert_eq!(
                mismatch.is_none(),
                fits,
                "{expected:?} {answer:?}: {mismatch:?}"
            );
        }
    }
}
