//! Custom actions as the kernel's answers that they stand for, for engines that know no other.
//!
//! Apart from the writing, since what is written afterwards says less: who answers is left out.

use std::fmt;

use crate::names::ActionName;
use crate::write::Document;

/// A rule names an action that the document does not declare, or declares without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undeclared {
    /// The action.
    pub name: String,
}

impl Document {
    /// The same without custom actions: each rule has the answer of its action, and its errno where the rule has none.
    ///
    /// # Errors
    /// A rule's action is not declared.
    pub fn lowered(mut self) -> Result<Self, Undeclared> {
        let actions = std::mem::take(&mut self.x_actions);
        for rule in &mut self.syscalls {
            let ActionName::Custom(name) = &rule.action else {
                continue;
            };
            let Some(declared) = actions.get(name.as_str()) else {
                let name = name.as_str().to_owned();
                return Err(Undeclared { name });
            };
            rule.action = declared.answer.clone();
            if rule.errno_ret.is_none() && rule.errno.is_none() {
                rule.errno_ret = declared.errno_ret;
            }
        }
        Ok(self)
    }
}

impl fmt::Display for Undeclared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the action {} is not declared in x-actions", self.name)
    }
}

impl std::error::Error for Undeclared {}

#[cfg(test)]
mod tests {
    use crate::write::Document;
    use crate::{Options, parse};

    #[test]
    fn custom_actions_become_their_answers() {
        let text = br#"{ "defaultAction": "SCMP_ACT_ALLOW",
            "x-actions": { "x-ask": { "answer": "SCMP_ACT_NOTIFY", "plugin": "log" }, "x-no": { "answer": "SCMP_ACT_ERRNO", "errnoRet": 38 } },
            "syscalls": [ { "names": ["acct"], "action": "x-ask" }, { "names": ["swapon"], "action": "x-no" },
                          { "names": ["swapoff"], "action": "x-no", "errnoRet": 1 } ] }"#;
        let profile = parse(text, &Options::default()).profile.expect("a profile");
        let lowered = Document::of(&profile)
            .expect("whole")
            .lowered()
            .expect("declared");
        let rules: Vec<_> = lowered
            .syscalls
            .iter()
            .map(|rule| (rule.action.as_str(), rule.errno_ret))
            .collect();
        let expected = [
            ("SCMP_ACT_NOTIFY", None),
            ("SCMP_ACT_ERRNO", Some(38)),
            ("SCMP_ACT_ERRNO", Some(1)),
        ];
        assert_eq!(rules, expected);
        assert!(lowered.x_actions.is_empty());
    }
}
