//! What real runtimes did with odd documents, and what the model says of the same.
//!
//! Apart from the models' own cases, because nobody here wrote these down: they were measured, on x86_64 with libseccomp 2.5.4.

use callgate_engines::{Target, read};
use callgate_policy::Action;
use callgate_profile::{Options, parse};
use callgate_syscalls::{Arch, X32_BIT};

use crate::support;

/// Cases where the measured outcome is not the model's: the case, the runtimes that it is about, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[(
    "NOTIFY rule listenerPath nonexistent",
    "",
    "the socket was missing on that machine, and a document can't say whether it is there",
)];

/// The runtimes that were run, and the targets that are their models.
const RUNTIMES: [(&str, &str); 5] = [
    ("runc-1.1.5", "runc@1.1.5"),
    ("runc-1.5.1", "runc@1.5.1"),
    ("crun-1.8.1", "crun@1.8.1"),
    ("crun-1.27.1", "crun@1.27.1"),
    ("youki", "youki"),
];

/// How the cases of a runtime ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ends {
    held: usize,
    refused: usize,
    excepted: usize,
    /// The measuring was ended, which says nothing.
    timed_out: usize,
}

#[test]
fn runtimes_did_what_the_models_say() {
    let Some(cases) = support::shared("edge", "edge/cases.json") else {
        return;
    };
    let results = support::shared("edge", "edge/results.tsv").expect("it lies beside the cases");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&cases).expect("cases");
    let mut wrong = Vec::new();
    let mut all = Vec::new();
    for (runtime, engine) in RUNTIMES {
        let target = Target {
            libseccomp: Some("2.5.4".parse().expect("a version")),
            ..engine.parse().expect("a target")
        };
        let mut ends = Ends::default();
        for row in results.lines().skip(1) {
            let [name, of, exit, probes, ..] = row.split('\t').collect::<Vec<_>>()[..] else {
                panic!("a row has four columns: {row}");
            };
            if of != runtime {
                continue;
            }
            let mut exceptions = EXCEPTIONS.iter();
            if exceptions.any(|(case, of, _)| *case == name && runtime.starts_with(of)) {
                ends.excepted += 1;
                continue;
            }
            if exit == "TIMEOUT" {
                ends.timed_out += 1;
                continue;
            }
            let case = cases.iter().find(|case| case["name"] == name).expect(name);
            let text = case["seccomp"].to_string();
            match judge(&text, &case["probes"], exit, probes, &target) {
                Ok(Verdict::Held) => ends.held += 1,
                Ok(Verdict::Refused) => ends.refused += 1,
                Err(found) => wrong.push(format!("{name} ({runtime}): {found}")),
            }
        }
        all.push(ends);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let ends = |held, refused, excepted, timed_out| Ends {
        held,
        refused,
        excepted,
        timed_out,
    };
    assert_eq!(
        all,
        [
            ends(45, 31, 1, 0),
            ends(48, 28, 1, 0),
            ends(48, 28, 1, 0),
            ends(48, 28, 1, 0),
            ends(37, 33, 1, 6),
        ]
    );
}

/// How a case ended well.
enum Verdict {
    /// The model says what was measured.
    Held,
    /// The runtime refused the document, and so does the model.
    Refused,
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
        (Err(_), "1" | "255") => return Ok(Verdict::Refused),
        (Err(reason), _) => return Err(format!("refused: {reason}")),
        (Ok(_), "1" | "255") => return Err("not refused".to_owned()),
        (Ok(resolved), _) => resolved,
    };
    let decide = |probe: &str| {
        let (arch, nr, args) = call(probe);
        support::action(&resolved, arch, nr, args)
    };
    if matches!(exit, "159" | "31") {
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
