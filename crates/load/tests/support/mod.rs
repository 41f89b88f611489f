//! What the tests of this crate share: small programs, and a child in which a filter may be loaded.
//!
//! Apart because a filter can't be undone: the test itself must stay free of it.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::env;
use std::process::Command;

use callgate_bpf::{Action, Insn, Program, SeccompData};

/// Answers every call alike.
pub(crate) fn always(action: Action) -> Program {
    Program::new(vec![Insn::RetK(action.to_ret())]).expect("a return is a program")
}

/// Answers these calls of this build's ABI with an action, and allows the others.
pub(crate) fn only(calls: &[i64], action: Action) -> Program {
    let mut insns = vec![Insn::LdAbs(SeccompData::NR)];
    for (at, &nr) in calls.iter().enumerate() {
        let to_action = u8::try_from(calls.len() - at).expect("few calls");
        insns.push(Insn::jeq(
            u32::try_from(nr).expect("a number"),
            to_action,
            0,
        ));
    }
    insns.push(Insn::RetK(Action::Allow.to_ret()));
    insns.push(Insn::RetK(action.to_ret()));
    Program::new(insns).expect("jumps go to the last instruction")
}

/// Runs the rest of the test of this name in a child process, whose success is the test's.
pub(crate) fn in_child(test: &str, body: fn()) {
    const CHILD: &str = "CALLGATE_LOAD_TEST";
    if env::var_os(CHILD).is_some_and(|child| child == test) {
        return body();
    }
    let output = Command::new(env::current_exe().expect("a path"))
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, test)
        .output()
        .expect("the test binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{}\n{text}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}
