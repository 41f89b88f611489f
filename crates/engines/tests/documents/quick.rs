//! No reading takes long: Docker's default for every target, on all arches that one filter can have.
//!
//! Apart from what the readings are, because this is about time, of which the best of a few runs counts: a machine has other work, too.

use std::time::{Duration, Instant};

use callgate_engines::{Engine, Target, read};
use callgate_profile::builtin::DOCKER_DEFAULT;
use callgate_syscalls::Arch;

use crate::support;

/// As long as a person does not wait.
const LIMIT: Duration = Duration::from_millis(100);

/// Of so many runs, the best counts.
const RUNS: usize = 5;

#[test]
fn no_reading_takes_long() {
    let profile = support::profile(DOCKER_DEFAULT);
    for native in [Arch::X86_64, Arch::S390x] {
        let same_order = Arch::ALL
            .iter()
            .filter(|arch| arch.endian() == native.endian());
        // Some runtimes have no names for some arches.
        let has_a_name = |arch: &&Arch| {
            !matches!(
                arch,
                Arch::M68k | Arch::Parisc | Arch::Parisc64 | Arch::Sh | Arch::Sheb
            )
        };
        let arches: Vec<Arch> = same_order.filter(has_a_name).copied().collect();
        assert!(arches.len() > 3, "{arches:?}");
        for engine in Engine::ALL {
            let target = Target {
                native,
                arches: Some(arches.clone()),
                ..Target::new(engine)
            };
            let times = (0..RUNS).map(|_| {
                let start = Instant::now();
                let resolved = read(&profile, &target);
                let time = start.elapsed();
                let resolved = resolved.unwrap_or_else(|refusal| panic!("{target}: {refusal}"));
                assert_eq!(resolved.policy.sections().len(), arches.len(), "{target}");
                time
            });
            let best = times.min().expect("some runs");
            assert!(best < LIMIT, "{target} on {native}: {best:?}");
            println!("{target} on {native}: {best:?}");
        }
    }
}
