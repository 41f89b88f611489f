//! Each case of `cases/`, a test each: on the reference, the compiled program, libseccomp and the running kernel.

use std::path::Path;
use std::process::ExitCode;

use callgate_bpf::run;
use callgate_compile::{Options, compile};
use callgate_oracle::{Level, OracleError};
use callgate_tests::cases::{Case, Libseccomp, read};
use callgate_tests::kernel::Kernel;
use callgate_tests::{agree, interesting};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let cases = read(&folder).unwrap_or_else(|error| panic!("{error}"));
    let trial = |case: Case| {
        Trial::test(case.name.clone(), move || {
            hold(&case);
            Ok(())
        })
    };
    libtest_mimic::run(
        &Arguments::from_args(),
        cases.into_iter().map(trial).collect(),
    )
    .exit_code()
}

fn hold(case: &Case) {
    let kernel = Kernel::by(env!("CARGO_BIN_EXE_callgate-probe"));
    for each in &case.calls {
        assert_eq!(
            case.policy.decide(&each.call).action,
            each.is,
            "the reference, {}",
            agree::name(&each.call)
        );
    }
    let written = case.calls.iter().map(|each| each.call);
    let calls: Vec<_> = written.chain(interesting::calls(&case.policy)).collect();
    let ours = compile(&case.policy, &Options::default()).expect("a small policy has a program");
    agree::with_reference("compiled", &ours, &case.policy, &calls);
    agree::with_kernel("compiled", &ours, &calls, &kernel);
    for level in Level::ALL {
        let theirs = match (
            callgate_oracle::compile(&case.policy, level),
            case.libseccomp,
        ) {
            (Ok(theirs), Libseccomp::Agrees | Libseccomp::Differs) => theirs,
            (Err(OracleError::Rule { errno, .. }), Libseccomp::Refuses(expected))
                if errno == expected =>
            {
                continue;
            }
            (Err(OracleError::Inexpressible { .. }), Libseccomp::Inexpressible) => continue,
            (Err(OracleError::WouldNotReturn), Libseccomp::NeverReturns) => continue,
            (Ok(_), expected) => {
                panic!("libseccomp made a program, and the case says {expected:?}")
            }
            (Err(error), expected) => panic!("{error}, and the case says {expected:?}"),
        };
        for each in &case.calls {
            let answer = run(&theirs, &each.call).action;
            assert_eq!(
                answer,
                each.libseccomp,
                "libseccomp at {level:?}, {}",
                agree::name(&each.call)
            );
        }
        if case.libseccomp == Libseccomp::Agrees {
            agree::with_reference("libseccomp", &theirs, &case.policy, &calls);
        }
        agree::with_kernel("libseccomp", &theirs, &calls, &kernel);
    }
}
