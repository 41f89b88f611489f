//! What real runc did with odd documents, and what the model says of the same.
//!
//! The documents are in the OCI's form; those that Docker's dialect reads otherwise are named below with the reason.

use callgate_engines::{Target, read};
use callgate_policy::Action;
use callgate_profile::{Options, parse};
use callgate_syscalls::{Arch, X32_BIT};

use crate::support;

/// Cases where the measured outcome is not the model's, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "OCI rule with only \"name\"",
        "Docker's dialect has `name`, the OCI's has not",
    ),
    (
        "docker-only keys in OCI (archMap,name,includes)",
        "Docker's dialect has them, the OCI's has not",
    ),
    (
        "NOTIFY rule listenerPath nonexistent",
        "the socket was missing on that machine",
    ),
];

#[test]
fn runc_did_what_the_model_says() {
    let Some(cases) = support::shared("edge", "edge/cases.json") else {
        return;
    };
    let results = support::shared("edge", "edge/results.tsv").expect("it lies beside the cases");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&cases).expect("cases");
    let mut wrong = Vec::new();
    let (mut held, mut unknown) = (0, 0);
    for row in results.lines().skip(1) {
        let [name, runtime, exit, probes, ..] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("a row has four columns: {row}");
        };
        let engine = match runtime {
            "runc-1.1.5" => "docker@28+runc@1.1.5",
            "runc-1.5.1" => "docker@28+runc@1.5.1",
            _ => continue,
        };
        if EXCEPTIONS.iter().any(|(excepted, _)| *excepted == name) {
            continue;
        }
        let case = cases.iter().find(|case| case["name"] == name).expect(name);
        let target = Target {
            libseccomp: Some("2.5.4".parse().expect("a version")),
            ..engine.parse().expect("a target")
        };
        match judge(
            &case["seccomp"].to_string(),
            &case["probes"],
            exit,
            probes,
            &target,
        ) {
            Ok(Verdict::Held) => held += 1,
            Ok(Verdict::Unknown) => unknown += 1,
            Err(found) => wrong.push(format!("{name} ({runtime}): {found}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // 77 cases by two versions, less the exceptions and the one that libseccomp miscompiles.
    assert_eq!((held, unknown), (148, 0));
}

/// How a case ended well.
enum Verdict {
    /// The model says what was measured.
    Held,
    /// The model says that it does not know (`CG220`).
    Unknown,
}

/// Whether what the model says is what was measured.
fn judge(
    text: &str,
    all_probes: &serde_json::Value,
    exit: &str,
    probes: &str,
    target: &Target,
) -> Result<Verdict, String> {
    let parsed = parse(text.as_bytes(), &Options::default());
    let meaning = parsed
        .profile
        .as_ref()
        .ok_or("no profile".to_owned())
        .and_then(|profile| read(profile, target).map_err(|refusal| refusal.to_string()));
    let resolved = match (meaning, exit) {
        (Err(_), "1") => return Ok(Verdict::Held),
        (Err(reason), _) => return Err(format!("refused: {reason}")),
        (Ok(_), "1") => return Err("not refused".to_owned()),
        (Ok(resolved), _) => resolved,
    };
    let decide = |probe: &str| {
        let (arch, nr, args) = call(probe);
        support::action(&resolved, arch, nr, args)
    };
    if exit == "159" {
        let probes = all_probes.as_array().expect("probes").iter();
        let mut actions = probes.map(|probe| decide(probe.as_str().expect("a probe")));
        let ends = |action| {
            matches!(
                action,
                Action::KillProcess | Action::KillThread | Action::Trap(_)
            )
        };
        return match actions.any(ends) {
            true => Ok(Verdict::Held),
            false => Err("nothing ends the process".to_owned()),
        };
    }
    for probe in probes.split_whitespace() {
        let (probe, returned) = probe.split_once('=').expect(probe);
        let action = decide(probe);
        let fits = match action {
            Action::Allow | Action::Log => !matches!(returned, "-70" | "-71" | "-72" | "-99"),
            Action::Errno(0) => returned == "0",
            Action::Errno(errno) => returned == format!("-{errno}"),
            Action::Trace(_) | Action::Notify => returned == "-38",
            _ => returned == "SIGSYS",
        };
        if !fits
            && resolved
                .problems
                .iter()
                .any(|problem| problem.code == "CG220")
        {
            return Ok(Verdict::Unknown);
        }
        if !fits {
            return Err(format!(
                "{probe} returned {returned}, the model says {action}"
            ));
        }
    }
    Ok(Verdict::Held)
}

/// The call of `abi:nr:args…`.
fn call(probe: &str) -> (Arch, u32, [u64; 6]) {
    let mut parts = probe.split(':');
    let abi = parts.next().expect("an abi");
    let mut numbers = parts.map(|number| match number.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).expect(number),
        None => number.parse().expect(number),
    });
    let nr = numbers.next().expect("a number") as u32;
    let mut args = [0; 6];
    for (place, number) in args.iter_mut().zip(numbers) {
        *place = number;
    }
    match abi {
        "n" => (Arch::X86_64, nr, args),
        "i" => (Arch::X86, nr, args),
        "x" => (Arch::X32, nr | X32_BIT, args),
        other => panic!("unknown abi {other}"),
    }
}
