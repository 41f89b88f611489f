//! The lab's rows as data: a name, a profile, a command, the answer, and who answers otherwise for which reason.
//! Apart from the ways, so that a row can be added by who knows none of them.

mod actions;
mod gotchas;
mod operators;
mod ps;
mod steps;
mod test;
mod verify;

use super::answer::Expected;
use super::profile::Profile;
use super::way::Way;

/// One step of the lab.
pub(super) struct Row {
    /// What the row shows.
    pub(super) name: String,
    /// What it runs under.
    pub(super) profile: Profile,
    /// Whether no-new-privileges is set.
    pub(super) privileges: Privileges,
    /// Capabilities beside Docker's fourteen.
    pub(super) capabilities: &'static [&'static str],
    /// What it runs.
    pub(super) task: Task,
    expected: Expected,
    exceptions: Vec<Exception>,
}

/// What a row runs.
pub(super) enum Task {
    /// A program of the container's root.
    Program(Vec<String>),
    /// callgate itself; there is nothing to do for the others.
    Callgate(Vec<String>),
    /// A container that stays, while `callgate verify` holds it against this profile.
    Verify(Profile),
    /// The same, while `callgate ps` lists its first process.
    Ps,
    /// `callgate test` with a command that the engine itself runs in a container of the lab, and its exit status as stated.
    Test { words: Vec<String>, exit: u8 },
}

/// Whether the process may gain privileges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Privileges {
    /// As each way has it: engines keep them, callgate gives them up.
    Usual,
    /// no-new-privileges everywhere.
    NoNew,
    /// Kept everywhere.
    Kept,
    /// A privileged container.
    All,
}

/// A way whose answer is another one.
struct Exception {
    way: Way,
    /// None where the row makes no sense.
    expected: Option<Expected>,
    reason: String,
}

/// All rows, in the order of the lab's page; later ones may use what earlier ones recorded.
pub(super) fn all() -> Vec<Row> {
    [
        steps::rows(),
        actions::rows(),
        operators::rows(),
        gotchas::rows(),
        verify::rows(),
        ps::rows(),
        test::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Row {
    /// A row that runs a program under a profile; each word may hold `{root}` for the container's root.
    fn program<S: Into<String>>(
        name: impl Into<String>,
        profile: Profile,
        words: impl IntoIterator<Item = S>,
        expected: Expected,
    ) -> Row {
        Row {
            name: name.into(),
            profile,
            privileges: Privileges::Usual,
            capabilities: &[],
            task: Task::Program(words.into_iter().map(Into::into).collect()),
            expected,
            exceptions: Vec::new(),
        }
    }

    /// A row that has the probe make calls, and states what becomes of each.
    fn probe<S: AsRef<str>>(name: impl Into<String>, profile: Profile, steps: &[(S, S)]) -> Row {
        let words =
            std::iter::once("{root}/bin/probe").chain(steps.iter().map(|(step, _)| step.as_ref()));
        Row::program(name, profile, words, lines(steps))
    }

    /// A row that runs callgate; `{lab}` is the lab's folder.
    fn callgate(name: &str, words: &[&str], expected: Expected) -> Row {
        let task = Task::Callgate(words.iter().map(|&word| word.to_owned()).collect());
        Row {
            task,
            ..Row::program(name, Profile::Unconfined, [""; 0], expected)
        }
        .not(Way::Docker, "a question to callgate alone")
        .not(Way::Crun, "a question to callgate alone")
    }

    /// A row that starts a container under one profile, and holds it against another.
    fn verify(name: &str, profile: Profile, said: Profile, expected: Expected) -> Row {
        Row {
            task: Task::Verify(said),
            ..Row::program(name, profile, [""; 0], expected)
        }
        .not(Way::Callgate, "the command's own tests read its children")
        .not(
            Way::Crun,
            "one engine is enough to find a container by its name",
        )
    }

    /// A row that starts a container with these capabilities beside Docker's, and has its first process listed.
    fn ps(
        name: &str,
        profile: Profile,
        capabilities: &'static [&'static str],
        expected: Expected,
    ) -> Row {
        Row {
            task: Task::Ps,
            capabilities,
            ..Row::program(name, profile, [""; 0], expected)
        }
        .not(Way::Callgate, "the command's own tests list its children")
        .not(Way::Crun, "a container that stays is started by an engine")
    }

    /// A row in which `callgate test` has the engine run a program, and holds its exit status against the one stated.
    fn test(name: &str, profile: Profile, words: &[&str], exit: u8, expected: Expected) -> Row {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        Row {
            task: Task::Test { words, exit },
            ..Row::program(name, profile, [""; 0], expected)
        }
        .not(Way::Callgate, "the command's own tests run its children")
        .not(Way::Crun, "the profile goes to an engine by its option")
    }

    /// Puts words before the command.
    fn after(mut self, words: &[&str]) -> Row {
        if let Task::Program(command) = &mut self.task {
            command.splice(..0, words.iter().map(|&word| word.to_owned()));
        }
        self
    }

    /// States another answer of one way, and why.
    fn but(mut self, way: Way, expected: Expected, reason: impl Into<String>) -> Row {
        self.exceptions.push(Exception {
            way,
            expected: Some(expected),
            reason: reason.into(),
        });
        self
    }

    /// States why the row is not done one way.
    fn not(mut self, way: Way, reason: impl Into<String>) -> Row {
        self.exceptions.push(Exception {
            way,
            expected: None,
            reason: reason.into(),
        });
        self
    }

    /// What one way should give; nothing where it does not do the row.
    pub(super) fn expected_of(&self, way: Way) -> Option<&Expected> {
        match self
            .exceptions
            .iter()
            .find(|exception| exception.way == way)
        {
            Some(exception) => exception.expected.as_ref(),
            None => Some(&self.expected),
        }
    }

    /// Why a way's answer is another one, or none.
    pub(super) fn reason_of(&self, way: Way) -> Option<&str> {
        self.exceptions
            .iter()
            .find(|exception| exception.way == way)
            .map(|exception| exception.reason.as_str())
    }

    /// The reasons, each with the ways that it holds for.
    pub(super) fn reasons(&self) -> Vec<(String, &str)> {
        let mut reasons: Vec<(String, &str)> = Vec::new();
        for exception in &self.exceptions {
            match reasons
                .iter_mut()
                .find(|(_, reason)| *reason == exception.reason)
            {
                Some((ways, _)) => *ways += &format!(", {}", exception.way.title()),
                None => reasons.push((exception.way.title().to_owned(), &exception.reason)),
            }
        }
        reasons
    }
}

impl Task {
    /// The words of the command.
    pub(super) fn words(&self) -> &[String] {
        match self {
            Task::Program(words) | Task::Callgate(words) => words,
            Task::Verify(_) | Task::Ps | Task::Test { .. } => &[],
        }
    }
}

/// What the probe prints; a step that loads a filter prints nothing.
fn lines<S: AsRef<str>>(steps: &[(S, S)]) -> Expected {
    let printed = steps
        .iter()
        .map(|(step, result)| (step.as_ref(), result.as_ref()))
        .filter(|(_, result)| !result.is_empty())
        .map(|(step, result)| format!("{step} = {result}\n"));
    Expected::Prints(printed.collect())
}
