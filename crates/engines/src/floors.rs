//! The runtimes' floors: the calls that a runtime makes between loading the filter and starting the program.
//!
//! Apart from the engines, because no document says it: it was measured, and a profile that refuses such a call starts nothing.

mod measured;
mod name;

use callgate_policy::{Action, Policy};
use callgate_syscalls::{Arch, Syscall, errno_by_name};

use crate::engine::{Engine, Kind};
use crate::target::Target;
use crate::version::Version;

/// The calls that one version of a runtime makes before the program begins, in one mode.
///
/// ```
/// use callgate_engines::{Floor, NoNewPrivileges};
///
/// let floor = Floor::of("runc", "1.1.5".parse()?, NoNewPrivileges::Unset).expect("it was measured");
/// assert_eq!(floor.name(), "@floor/runc@1.1.5");
/// assert!(floor.needed().contains(&"execve"));
/// # Ok::<(), callgate_engines::ParseVersionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    runtime: &'static str,
    version: &'static str,
    no_new_privileges: NoNewPrivileges,
    says: &'static str,
    needed: &'static [&'static str],
    needed_at_all: &'static [&'static str],
    made: &'static [&'static str],
}

/// Whether the process may not get privileges by execve: then runtimes load the filter last, and need less of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoNewPrivileges {
    /// Docker's `--security-opt no-new-privileges`, OCI's `noNewPrivileges`.
    Set,
    /// What engines do unless told otherwise.
    Unset,
}

/// A call of a floor that a policy refuses, so that the runtime may not come to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The call of the floor.
    pub name: &'static str,
    /// The same on the arch that was asked about.
    pub call: Syscall,
    /// What it gets instead.
    pub action: Action,
}

/// What becomes of a start that a refusal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It fails, and who started it says this.
    Says(&'static str),
    /// It never ends: the thread that was killed is one of several, and the others wait.
    Hangs,
}

/// The arch on which all floors were measured.
pub const MEASURED_ON: Arch = Arch::X86_64;

impl Floor {
    /// Every floor that was measured.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        measured::MEASURED
    }

    /// The floor of a runtime, such as `runc`: that of this version, else of the newest one before it, else of the oldest.
    ///
    /// None where the runtime was not measured. [`version`](Self::version) says whose floor it is.
    #[must_use]
    pub fn of(runtime: &str, version: Version, mode: NoNewPrivileges) -> Option<&'static Self> {
        let of_runtime =
            |floor: &&Self| floor.runtime == runtime && floor.no_new_privileges == mode;
        let mut floors: Vec<&Self> = Self::all().iter().filter(of_runtime).collect();
        floors.sort_by_key(|floor| floor.numbers());
        let is_past = |floor: &&&Self| {
            let (major, minor, patch) = floor.numbers();
            version.at_least(major, minor, patch)
        };
        floors
            .iter()
            .rev()
            .find(is_past)
            .or(floors.first())
            .copied()
    }

    /// The floor of the runtime that a target's text names last: `runc@1.1.5` of `docker@20.10+runc@1.1.5`.
    ///
    /// None where it names none, as `callgate` does.
    #[must_use]
    pub fn of_target(target: &Target, mode: NoNewPrivileges) -> Option<&'static Self> {
        let text = target.to_string();
        let (_, last) = text.rsplit_once('+').unwrap_or(("", &text));
        let (runtime, version) = last.split_once('@')?;
        Self::of(runtime, version.parse().ok()?, mode)
    }

    /// The runtime that was measured.
    #[must_use]
    pub const fn runtime(&self) -> &'static str {
        self.runtime
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// In which mode it was measured.
    #[must_use]
    pub const fn no_new_privileges(&self) -> NoNewPrivileges {
        self.no_new_privileges
    }

    /// What was seen of a start under a profile that refuses every call so, from this engine.
    ///
    /// What a runtime says itself was measured of every version for an errno; actions that kill and what Docker makes of it with
    /// runc 1.1.5, crun 1.8.1 and Docker 20.10: a start ends then as with an errno, unless a thread of several is killed alone.
    #[must_use]
    pub fn outcome(&self, engine: Engine, refusal: Action) -> Outcome {
        let is_docker = matches!(
            engine,
            Engine::Container {
                kind: Kind::Docker,
                ..
            }
        );
        match (self.runtime, refusal) {
            ("runc", Action::KillThread) => Outcome::Hangs,
            ("runc", _) if is_docker && self.version == "1.1.5" => {
                Outcome::Says("cannot start a stopped process")
            }
            _ => Outcome::Says(self.says),
        }
    }

    /// The calls of which one was refused with EPERM, all others made, and some start failed, by name.
    #[must_use]
    pub const fn needed(&self) -> &'static [&'static str] {
        self.needed
    }

    /// Those of the [needed](Self::needed) ones without which some start failed also where they were answered with ENOSYS,
    /// as by a kernel that lacks them; for the others the runtime has something else to call.
    #[must_use]
    pub const fn needed_at_all(&self) -> &'static [&'static str] {
        self.needed_at_all
    }

    /// All calls that were seen, by name: those too that the runtime can do without, unless a refusal kills it.
    #[must_use]
    pub const fn made(&self) -> &'static [&'static str] {
        self.made
    }

    /// The calls of the floor that a policy refuses on an arch whatever their arguments.
    ///
    /// A refusal that kills, or for which nobody may be ready, counts for every call that is [made](Self::made),
    /// ENOSYS for those alone that are [needed at all](Self::needed_at_all), another errno for the [needed](Self::needed) ones.
    /// On another arch than [that of the measurement](MEASURED_ON) it is the calls of the same names that count, or those
    /// that took their place there, such as `setuid32`; what an arch has neither of is left out.
    #[must_use]
    pub fn missing(&self, policy: &Policy, arch: Arch) -> Vec<Missing> {
        let calls = self.made.iter().filter_map(|name| {
            let call = on_arch(name, arch)?;
            let action = refusal(policy, arch, call.number(arch)?)?;
            let matters = match action {
                Action::Errno(errno) => self.fails_at(name, errno, arch),
                _ => true,
            };
            matters.then_some(Missing { name, call, action })
        });
        calls.collect()
    }

    /// Whether starts fail where a call gets this errno.
    fn fails_at(&self, name: &str, errno: u16, arch: Arch) -> bool {
        let is = |known| errno_by_name(arch, known) == Some(errno);
        match name {
            _ if is("ENOSYS") => self.needed_at_all.contains(&name),
            "faccessat2" => self.looks_before_it_executes() && !is("EPERM"),
            _ => self.needed.contains(&name),
        }
    }

    /// Whether it asks for the rights to the program under the filter: Go looks another way where faccessat2 gets ENOSYS or
    /// EPERM, and takes every other errno for the answer.
    fn looks_before_it_executes(&self) -> bool {
        self.runtime == "runc" && self.no_new_privileges == NoNewPrivileges::Unset
    }

    /// The numbers of its version.
    fn numbers(&self) -> (u16, u16, u16) {
        let mut numbers = self
            .version
            .split('.')
            .map(|number| number.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        (next(), next(), next())
    }
}

/// The call of an arch that does what the one of this name does on the arch of the measurement.
///
/// Arches of 32 bits have some of them in two widths, of which the C library and Go use the wider one.
fn on_arch(name: &str, arch: Arch) -> Option<Syscall> {
    let has = |name: &str| Syscall::by_name(name).filter(|call| call.number(arch).is_some());
    let same = has(name);
    if arch.bits() == 64 && same.is_some() {
        return same;
    }
    let wider = match name {
        "newfstatat" => has("fstatat64"),
        _ => has(&format!("{name}64")).or_else(|| has(&format!("{name}32"))),
    };
    wider.or(same)
}

/// What the calls of a number get that are answered last; none if some of them, or those to an unknown arch, are made.
fn refusal(policy: &Policy, arch: Arch, nr: u32) -> Option<Action> {
    let mut last = policy.default();
    let rules = policy.section(arch).map(|section| &section.rules)?;
    for rule in rules.iter().filter(|rule| rule.numbers.contain(nr)) {
        last = rule.action;
        if last.makes_the_call() || rule.comparisons.is_empty() {
            break;
        }
        last = policy.default();
    }
    (!last.makes_the_call()).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    fn missing(floor: &Floor, text: &str) -> Vec<Missing> {
        let parsed =
            callgate_profile::parse(text.as_bytes(), &callgate_profile::Options::default());
        let profile = parsed.profile.expect("a profile");
        let resolved = read(&profile, &Target::default()).expect("a meaning");
        floor.missing(&resolved.policy, Arch::X86_64)
    }

    fn runc() -> &'static Floor {
        Floor::by_name("@floor/runc@1.1.5").expect("it was measured")
    }

    #[test]
    fn the_table_is_sound() {
        for floor in Floor::all() {
            let name = floor.name();
            assert!(floor.needed.is_sorted() && floor.made.is_sorted(), "{name}");
            assert!(floor.needed.contains(&"execve"), "{name}");
            assert!(!floor.says.is_empty(), "{name}");
            for call in floor.needed_at_all {
                assert!(floor.needed.contains(call), "{name}: {call}");
            }
            for call in floor.needed {
                assert!(floor.made.contains(call), "{name}: {call}");
            }
            for call in floor.made {
                let number = Syscall::by_name(call).and_then(|call| call.number(Arch::X86_64));
                assert!(number.is_some(), "{name}: {call}");
            }
        }
    }

    #[test]
    fn without_new_privileges_runc_needs_less() {
        let mode = NoNewPrivileges::Set;
        let less = Floor::of("runc", Version::new(1, Some(1), Some(5)), mode).expect("measured");
        assert!(less.needed.len() * 2 < runc().needed.len());
        assert_eq!(less.name(), "@floor/runc@1.1.5+no-new-privileges");
    }

    #[test]
    fn the_nearest_version_before_answers() {
        for (target, name) in [
            ("docker@20.10+runc@1.1.5", Some("@floor/runc@1.1.5")),
            ("docker@24+runc@1.1.14", Some("@floor/runc@1.1.5")),
            ("docker@28+runc@1.3", Some("@floor/runc@1.3.6")),
            ("docker@20.10+runc@1.1.4", Some("@floor/runc@1.1.5")),
            ("callgate", None),
        ] {
            let target: Target = target.parse().expect("a target");
            let floor = Floor::of_target(&target, NoNewPrivileges::Unset);
            assert_eq!(floor.map(Floor::name).as_deref(), name, "{target}");
        }
    }

    #[test]
    fn an_errno_stops_fewer_calls_than_a_killer() {
        let deny = |action: &str| format!(r#"{{ "defaultAction": "{action}", "syscalls": [] }}"#);
        let by_errno = missing(runc(), &deny("SCMP_ACT_ERRNO"));
        let by_kill = missing(runc(), &deny("SCMP_ACT_KILL_PROCESS"));
        assert_eq!(by_errno.len(), runc().needed.len());
        assert_eq!(by_kill.len(), runc().made.len());
        assert!(by_errno.len() < by_kill.len());
        assert_eq!(missing(runc(), &deny("SCMP_ACT_ALLOW")), []);
    }

    #[test]
    fn what_has_a_stand_in_may_be_unknown() {
        let refused = |call: &str, errno: u16| {
            let text = format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                    {{ "names": ["{call}"], "action": "SCMP_ACT_ERRNO", "errnoRet": {errno} }} ] }}"#
            );
            missing(runc(), &text).len()
        };
        for call in runc().made {
            let needed = usize::from(runc().needed.contains(call));
            let at_all = usize::from(runc().needed_at_all.contains(call));
            let found = (refused(call, 1), refused(call, 38));
            assert_eq!(found, (needed, at_all), "{call}");
        }
        // Where it is not there, Go looks another way.
        assert_eq!((refused("faccessat2", 38), refused("chdir", 38)), (0, 1));
    }

    #[test]
    fn an_errno_that_go_does_not_know_is_the_answer() {
        let refused = |floor: &Floor, errno: u16| {
            let text = format!(
                r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                    {{ "names": ["faccessat2"], "action": "SCMP_ACT_ERRNO", "errnoRet": {errno} }} ] }}"#
            );
            missing(floor, &text).len()
        };
        assert_eq!(
            [1, 38, 13, 99].map(|errno| refused(runc(), errno)),
            [0, 0, 1, 1]
        );
        let late = Floor::by_name("@floor/runc@1.1.5+no-new-privileges").expect("measured");
        assert_eq!([1, 38, 13, 99].map(|errno| refused(late, errno)), [0; 4]);
    }

    #[test]
    fn a_runtime_of_several_threads_waits_for_one_that_was_killed() {
        let crun = Floor::by_name("@floor/crun@1.8.1").expect("measured");
        for (floor, engine, action, outcome) in [
            (runc(), "runc", Action::KillThread, Outcome::Hangs),
            (
                runc(),
                "runc",
                Action::KillProcess,
                Outcome::Says(runc().says),
            ),
            (
                runc(),
                "containerd",
                Action::Errno(1),
                Outcome::Says(runc().says),
            ),
            (
                runc(),
                "docker@20.10",
                Action::Errno(1),
                Outcome::Says("cannot start a stopped process"),
            ),
            (crun, "podman", Action::KillThread, Outcome::Says(crun.says)),
        ] {
            let engine = engine.parse().expect("an engine");
            assert_eq!(floor.outcome(engine, action), outcome, "{floor} {action}");
        }
    }

    #[test]
    fn other_arches_have_the_calls_under_their_own_names() {
        for (name, arch, expected) in [
            ("setuid", Arch::X86_64, Some("setuid")),
            ("setuid", Arch::X86, Some("setuid32")),
            ("setuid", Arch::Arm, Some("setuid32")),
            ("fcntl", Arch::Arm, Some("fcntl64")),
            ("newfstatat", Arch::X86, Some("fstatat64")),
            ("newfstatat", Arch::Aarch64, Some("newfstatat")),
            ("setuid", Arch::Aarch64, Some("setuid")),
            ("execve", Arch::S390x, Some("execve")),
        ] {
            let found = on_arch(name, arch).map(|call| call.name());
            assert_eq!(found, expected, "{name} on {arch}");
        }
        // Every arch can start something.
        for &arch in Arch::ALL {
            assert!(on_arch("execve", arch).is_some(), "{arch}");
        }
    }

    #[test]
    fn a_call_that_is_made_for_some_arguments_is_not_missing() {
        let rule = |name: &str, args: &str| {
            format!(r#"{{ "names": ["{name}"], "action": "SCMP_ACT_ERRNO"{args} }}"#)
        };
        let text = |rules: &[String]| {
            let rules = rules.join(",");
            format!(r#"{{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {rules} ] }}"#)
        };
        let zero = r#", "args": [ { "index": 0, "value": 0, "op": "SCMP_CMP_EQ" } ]"#;
        let some = text(&[rule("chdir", ""), rule("getcwd", zero)]);
        let names = missing(runc(), &some)
            .into_iter()
            .map(|missing| missing.call.to_string());
        assert_eq!(names.collect::<Vec<_>>(), ["chdir"]);
    }
}
