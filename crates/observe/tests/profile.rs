//! A command under a filter made of what was recorded of it.
//!
//! Apart from recording: the compiler is not needed here, a list of comparisons does.

use std::collections::BTreeSet;
use std::ffi::OsString;

use callgate_bpf::{Action, Insn, Program, SeccompData};
use callgate_load::{Ending, Flags, Launch, LaunchError, Layer};
use callgate_observe::{Recording, record};
use callgate_syscalls::{Arch, Syscall};

/// Allows the calls of these names on these arches, and refuses the others with `EPERM`.
fn program(arches: &[Arch], names: &BTreeSet<&str>) -> Program {
    let mut insns = Vec::new();
    for &arch in arches {
        for name in names {
            let number = Syscall::by_name(name).and_then(|syscall| syscall.number(arch));
            if let Some(number) = number {
                insns.extend([
                    Insn::LdAbs(SeccompData::ARCH),
                    Insn::jeq(arch.audit(), 0, 3),
                    Insn::LdAbs(SeccompData::NR),
                    Insn::jeq(number, 0, 1),
                    Insn::RetK(Action::Allow.to_ret()),
                ]);
            }
        }
    }
    insns.push(Insn::RetK(Action::Errno(1).to_ret()));
    Program::new(insns).expect("few names")
}

fn names(recording: &Recording) -> BTreeSet<&'static str> {
    let allowances = recording.allowances();
    allowances
        .iter()
        .flat_map(|allowance| allowance.names.clone())
        .collect()
}

fn run(command: &Launch, arches: &[Arch], names: &BTreeSet<&str>) -> Result<Ending, LaunchError> {
    let program = program(arches, names);
    command.run(&[Layer {
        program: &program,
        flags: Flags::NONE,
    }])
}

#[test]
fn a_command_runs_under_its_own_recording() {
    for (path, arguments) in [
        ("/bin/true", &[][..]),
        ("/usr/bin/whoami", &[]),
        ("/bin/ls", &["-l", "/bin/sh"]),
        (
            "/bin/sh",
            &["-c", "echo x | cat; (exit 3) || uname; exit 7"],
        ),
        ("/bin/sh", &["-c", "kill -TERM $$"]),
    ] {
        let command = Launch::new(path, arguments.iter().map(OsString::from));
        let recording = record(&command).expect("tracing is permitted");
        let ending = run(&command, &recording.arches(), &names(&recording));
        assert_eq!(
            ending.expect(path),
            recording.ending,
            "{path} {arguments:?}"
        );
    }
}

#[test]
fn a_command_does_not_run_without_one_of_its_calls() {
    let command = Launch::new("/usr/bin/whoami", []);
    let recording = record(&command).expect("tracing is permitted");
    let mut fewer = names(&recording);
    assert!(fewer.remove("geteuid"));
    let ending = run(&command, &recording.arches(), &fewer).expect("it starts");
    assert_ne!(ending, recording.ending);
    assert!(fewer.remove("execve"));
    let error = run(&command, &recording.arches(), &fewer).expect_err("it does not start");
    assert_eq!(error.status(), 126, "{error}");
}
