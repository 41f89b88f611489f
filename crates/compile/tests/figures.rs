//! The figures of Docker's default profile, so that they can't get worse unseen.

use callgate_bpf::{Program, SeccompData, always_allows, run};
use callgate_compile::{Options, Weights, compile};
use callgate_engines::{Target, read};
use callgate_policy::{Action, Policy};
use callgate_profile::builtin;
use callgate_syscalls::{Arch, Release, Syscall};

fn docker_default(arches: &[Arch]) -> Policy {
    let text = builtin::DOCKER_DEFAULT.as_bytes();
    let parsed = callgate_profile::parse(text, &callgate_profile::Options::default());
    let profile = parsed.profile.expect("the built-in profile is read");
    let target: Target = "docker@28".parse().expect("an engine");
    let target = Target {
        arches: Some(arches.to_vec()),
        kernel: Release::new(6, 18),
        ..target
    };
    let resolved = read(&profile, &target).expect("docker takes its own profile");
    resolved.policy
}

fn compiled(arches: &[Arch]) -> (Policy, Program) {
    let policy = docker_default(arches);
    let program = compile(&policy, &Options::default()).expect("it fits");
    (policy, program)
}

fn steps(program: &Program, name: &str, args: [u64; 6]) -> u32 {
    let syscall = Syscall::by_name(name).expect("a call");
    let nr = syscall.number(Arch::X86_64).expect("a call of x86_64");
    let arch = Arch::X86_64.audit();
    let call = SeccompData {
        nr,
        arch,
        args,
        ..SeccompData::default()
    };
    run(program, &call).steps
}

#[test]
fn the_program_is_short() {
    let (_, one) = compiled(&[Arch::X86_64]);
    let (_, three) = compiled(&[Arch::X86_64, Arch::X86, Arch::X32]);
    println!("{} and {} instructions", one.len(), three.len());
    assert!(one.len() <= 66, "{}\n{one}", one.len());
    assert!(three.len() <= 227, "{}\n{three}", three.len());
}

#[test]
fn what_the_cache_leaves_over_takes_few_steps() {
    let (_, program) = compiled(&[Arch::X86_64]);
    let clone3 = steps(&program, "clone3", [0; 6]);
    let socket = steps(&program, "socket", [1, 0, 0, 0, 0, 0]);
    let clone = steps(&program, "clone", [0x003d_0f00, 0, 0, 0, 0, 0]);
    // In hundredths.
    let mean = 58 * clone3 + 25 * socket + 17 * clone;
    println!("{clone3} {socket} {clone}: {mean}");
    assert!(mean <= 710, "{mean}");
}

#[test]
fn no_path_is_long() {
    let (_, program) = compiled(&[Arch::X86_64]);
    let mut worst = 0;
    for nr in 0..=500 {
        for value in [
            0,
            1,
            8,
            38,
            40,
            0x2_0008,
            u64::from(u32::MAX),
            u64::MAX,
            38 | 1 << 32,
        ] {
            let call = SeccompData {
                nr,
                arch: Arch::X86_64.audit(),
                args: [value; 6],
                ..SeccompData::default()
            };
            worst = worst.max(run(&program, &call).steps);
        }
    }
    println!("{worst} steps at most");
    assert!(worst <= 19, "{worst}");
}

#[test]
fn the_cache_holds_what_is_always_allowed() {
    let (policy, program) = compiled(&[Arch::X86_64, Arch::X86, Arch::X32]);
    for arch in [Arch::X86_64, Arch::X86] {
        let mut cached = 0;
        for (nr, _) in Syscall::numbers(arch) {
            let call = SeccompData {
                nr,
                arch: arch.audit(),
                ..SeccompData::default()
            };
            if always_allows(&program, arch.audit(), nr) {
                cached += 1;
                assert_eq!(policy.decide(&call).action, Action::Allow);
            }
        }
        assert!(cached >= 290, "{arch}: {cached}");
    }
}

#[test]
fn a_kernel_without_the_cache_gets_what_is_called_most() {
    let policy = docker_default(&[Arch::X86_64]);
    let read = Syscall::by_name("read").expect("a call");
    let write = Syscall::by_name("write").expect("a call");
    let options = Options {
        kernel: Release::new(5, 4),
        weights: Weights::of_counts([(read, 600), (write, 400)]),
        ..Options::default()
    };
    let program = compile(&policy, &options).expect("it fits");
    for name in ["read", "write"] {
        let steps = steps(&program, name, [0; 6]);
        assert!(steps <= 6, "{name}: {steps}");
    }
}
