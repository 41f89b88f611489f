//! Lists for seccompiler, which compiles each one here.
//!
//! Apart from the dialects, because its own program is held against what the list was said to mean.

use callgate_analyze::diff::differences;
use callgate_analyze::export::{Tool, list};
use callgate_bpf::{Insn, Program, RawInsn, SeccompData};
use callgate_engines::{Engine, Target};
use callgate_prove::{Budget, Diagram};
use callgate_syscalls::{Arch, Release, Syscall};
use seccompiler::TargetArch;

use super::{all_documents, for_arch, meaning, profile_of};

/// A list without the names that this release of seccompiler does not know, which are of newer kernels; and those.
///
/// It refuses the whole list for one of them.
fn without_the_unknown(text: &str) -> (String, Vec<Syscall>) {
    let mut unknown = Vec::new();
    let mut kept = Vec::new();
    for line in text.lines() {
        let name = line.trim_start().strip_prefix("{ \"syscall\": \"");
        let name = name.and_then(|rest| rest.split('"').next());
        if let Some(name) = name {
            let alone = format!(
                "{{\"main\": {{\"mismatch_action\": \"allow\", \"match_action\": \"log\", \"filter\": [{{\"syscall\": \"{name}\"}}]}}}}"
            );
            let known = seccompiler::compile_from_json(alone.as_bytes(), TargetArch::x86_64);
            if known.is_err() {
                let call = Syscall::by_name(name).expect("a call of ours");
                let newest = Release::new(6, 12);
                assert!(call.since().is_some_and(|since| since > newest), "{name}");
                unknown.push(call);
                continue;
            }
        }
        kept.push(line);
    }
    (kept.join("\n").replace(",\n    ]", "\n    ]"), unknown)
}

/// The real seccompiler compiles every list, and its program means what the list was said to mean.
#[test]
fn seccompiler_makes_of_a_list_what_was_said() {
    let target = Target::new(Engine::DOCKER);
    let mut compiled = 0;
    for document in all_documents("seccompiler_makes_of_a_list_what_was_said") {
        let Some(given) = meaning(&profile_of(&document.text), &target) else {
            continue;
        };
        let request = for_arch(&given, &Arch::X86_64);
        let listed = match list(Tool::Seccompiler, &request) {
            Ok(listed) => listed,
            Err(reason) => panic!("{}: {reason}", document.name),
        };
        let (text, unknown) = without_the_unknown(&listed.text);
        let made = seccompiler::compile_from_json(text.as_bytes(), TargetArch::x86_64);
        let made = made.unwrap_or_else(|error| panic!("{}: {error}", document.name));
        let insns = made["main"].iter().map(|insn| {
            let raw = RawInsn {
                code: insn.code,
                jt: insn.jt,
                jf: insn.jf,
                k: insn.k,
            };
            Insn::from_raw(raw).expect("an instruction")
        });
        let program = Program::new(insns.collect()).expect("a program");
        let made = Diagram::of_program(&program, Budget::default()).expect("a small program");
        let said = Diagram::of_policy(&listed.policy, Budget::default()).expect("a small policy");
        let is_unknown = |call: &SeccompData| {
            let call = Syscall::by_number(Arch::X86_64, call.nr);
            call.is_some_and(|call| unknown.contains(&call))
        };
        let differ = differences(&said, &made, Arch::X86_64).expect("few runs");
        let witnesses = differ.iter().flat_map(|each| &each.witnesses);
        let wrong: Vec<_> = witnesses.filter(|call| !is_unknown(call)).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", document.name);
        compiled += 1;
    }
    assert!(compiled > 5, "{compiled}");
}
