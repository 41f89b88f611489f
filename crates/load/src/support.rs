//! What the running kernel has of seccomp, found by asking it.
//!
//! Apart from the features themselves because this needs a kernel, and another one answers otherwise.

use std::fmt;
use std::fs;
use std::io;
use std::process;

use callgate_bpf::Action;
use callgate_syscalls::{Arch, CapabilitySet, Release};
use rustix::io::Errno;

use crate::feature::Feature;
use crate::flags::Flags;
use crate::sys;

/// What this kernel has, and how this process stands.
#[derive(Clone, Debug)]
pub struct Support {
    /// The release as the kernel writes it: `6.18.44-amd64`.
    pub release: String,
    /// The machine as the kernel writes it: `x86_64`.
    pub machine: String,
    /// The ABI of this build; none where callgate has no table for it.
    pub arch: Option<Arch>,
    /// Every feature and whether it is there.
    pub features: Vec<(Feature, Presence)>,
    /// The sizes of the records of notifications; none where there are none.
    pub notification_sizes: Option<NotificationSizes>,
    /// The actions that `/proc/sys/kernel/seccomp/actions_avail` lists; none where it can't be read.
    pub actions_available: Option<Vec<String>>,
    /// The actions whose answers are logged under the flag `log`; none where the list can't be read.
    pub actions_logged: Option<Vec<String>>,
    /// Whether filters are compiled to machine code; none where that can't be read.
    pub jit: Option<Jit>,
    /// How this thread stands; none where `/proc` can't be read.
    pub process: Option<ProcessState>,
}

/// Whether a feature is there, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The kernel said so.
    Present,
    /// The kernel said that it is not.
    Absent,
    /// Nothing to ask: it came with an earlier release, or with this one.
    LikelyPresent,
    /// Nothing to ask: it came with a later release.
    LikelyAbsent,
    /// The question was refused with this error number, perhaps by a filter on this process.
    Refused(i32),
}

/// The sizes in bytes of what a listener's descriptor carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationSizes {
    /// `struct seccomp_notif`.
    pub notification: u16,
    /// `struct seccomp_notif_resp`.
    pub response: u16,
    /// `struct seccomp_data`.
    pub data: u16,
}

/// The compiler from BPF to machine code (`/proc/sys/net/core/bpf_jit_enable`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jit {
    /// Filters are interpreted.
    Off,
    /// Filters are compiled.
    On,
    /// Filters are compiled, and the machine code is written to the kernel's log.
    Debug,
}

/// What a thread's `/proc/…/status` says about seccomp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessState {
    /// The mode.
    pub mode: Mode,
    /// How many filters it has; none before Linux 5.9.
    pub filters: Option<u32>,
    /// Whether execve can't give it new privileges.
    pub no_new_privileges: bool,
    /// Whether it has `CAP_SYS_ADMIN`, with which filters may be loaded without giving up new privileges.
    pub admin: bool,
    /// The capabilities that it can ever have (its bounding set), which engines set before they load a filter.
    pub bounding: CapabilitySet,
}

/// The modes of seccomp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// None.
    Disabled,
    /// Only read, write, exit and sigreturn.
    Strict,
    /// Filters.
    Filter,
}

impl Support {
    /// Asks the kernel, and loads nothing.
    #[must_use]
    pub fn probe() -> Self {
        let name = rustix::system::uname();
        let release = name.release().to_string_lossy().into_owned();
        let running = release_of(&release);
        let actions =
            |file: &str| Some(read(file)?.split_whitespace().map(str::to_owned).collect());
        Self {
            features: Feature::ALL
                .iter()
                .map(|&feature| (feature, presence(feature, running)))
                .collect(),
            release,
            machine: name.machine().to_string_lossy().into_owned(),
            arch: Arch::of_this_build(),
            notification_sizes: sys::notification_sizes().ok().map(
                |[notification, response, data]| NotificationSizes {
                    notification,
                    response,
                    data,
                },
            ),
            actions_available: actions("/proc/sys/kernel/seccomp/actions_avail"),
            actions_logged: actions("/proc/sys/kernel/seccomp/actions_logged"),
            jit: Jit::read(),
            process: ProcessState::of(process::id()).ok(),
        }
    }

    /// Whether the kernel has a feature.
    #[must_use]
    pub fn feature(&self, feature: Feature) -> Presence {
        self.features
            .iter()
            .find(|(known, _)| *known == feature)
            .map_or(Presence::LikelyAbsent, |&(_, presence)| presence)
    }

    /// Whether the kernel has an action.
    #[must_use]
    pub fn action(&self, action: Action) -> Presence {
        self.feature(Feature::of_action(action).unwrap_or(Feature::Filter))
    }

    /// The two numbers of the release; none if it does not begin with two.
    #[must_use]
    pub fn release_numbers(&self) -> Option<Release> {
        release_of(&self.release)
    }
}

impl Presence {
    /// Whether one may count on it.
    #[must_use]
    pub const fn is_present(self) -> bool {
        matches!(self, Self::Present | Self::LikelyPresent)
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present => f.pad("yes"),
            Self::Absent => f.pad("no"),
            Self::LikelyPresent => f.pad("yes, by the release"),
            Self::LikelyAbsent => f.pad("no, by the release"),
            Self::Refused(errno) => write!(
                f,
                "unknown: the question was refused ({})",
                io::Error::from_raw_os_error(*errno)
            ),
        }
    }
}

impl Jit {
    fn read() -> Option<Self> {
        match read("/proc/sys/net/core/bpf_jit_enable")?.trim() {
            "0" => Some(Self::Off),
            "1" => Some(Self::On),
            "2" => Some(Self::Debug),
            _ => None,
        }
    }
}

impl fmt::Display for Jit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Debug => "on, with debug output",
        })
    }
}

impl ProcessState {
    /// How the main thread of a process stands, or the thread of this number.
    ///
    /// # Errors
    /// `/proc/PID/status` can't be read, or says nothing about seccomp.
    pub fn of(process: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        Self::parse(&status).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("/proc/{process}/status says nothing about seccomp"),
            )
        })
    }

    fn parse(status: &str) -> Option<Self> {
        /// The bit of `CAP_SYS_ADMIN` (`include/uapi/linux/capability.h`).
        const CAP_SYS_ADMIN: u32 = 21;
        let field = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        Some(Self {
            mode: match field("Seccomp")? {
                "0" => Mode::Disabled,
                "1" => Mode::Strict,
                "2" => Mode::Filter,
                _ => return None,
            },
            filters: field("Seccomp_filters").and_then(|text| text.parse().ok()),
            no_new_privileges: field("NoNewPrivs")? == "1",
            admin: u64::from_str_radix(field("CapEff")?, 16).ok()? >> CAP_SYS_ADMIN & 1 == 1,
            bounding: CapabilitySet::from_bits(u64::from_str_radix(field("CapBnd")?, 16).ok()?),
        })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Disabled => "disabled",
            Self::Strict => "strict",
            Self::Filter => "filter",
        })
    }
}

/// Whether the kernel knows one flag.
pub(crate) fn flag(flag: Flags) -> Presence {
    // Asked alone, some flags are refused for want of another.
    let asked = match flag {
        Flags::WAIT_KILLABLE_RECV => flag | Flags::NEW_LISTENER,
        _ => flag,
    };
    answer(&sys::ask_flags(asked.bits()), Errno::FAULT)
}

fn presence(feature: Feature, running: Option<Release>) -> Presence {
    let asked = |result: io::Result<()>| match result {
        Ok(()) => Presence::Present,
        Err(error) => answer(&error, Errno::FAULT),
    };
    let action = |action: Action| asked(sys::ask_action(action.to_ret()));
    match feature {
        Feature::Strict => asked(sys::ask_mode().map(drop)),
        Feature::Filter | Feature::Call => answer(&sys::ask_flags(0), Errno::FAULT),
        Feature::Tsync => flag(Flags::TSYNC),
        Feature::LogFlag => flag(Flags::LOG),
        Feature::SpecAllow => flag(Flags::SPEC_ALLOW),
        Feature::NewListener => flag(Flags::NEW_LISTENER),
        Feature::TsyncEsrch => flag(Flags::TSYNC_ESRCH),
        Feature::WaitKillableRecv => flag(Flags::WAIT_KILLABLE_RECV),
        Feature::QueryActions => action(Action::Allow),
        Feature::KillProcess => action(Action::KillProcess),
        Feature::LogAction => action(Action::Log),
        Feature::Notify => action(Action::Notify),
        Feature::ReadBack
        | Feature::AfterTracer
        | Feature::Continue
        | Feature::AddDescriptor
        | Feature::AllowCache
        | Feature::AddDescriptorAndAnswer
        | Feature::SynchronousWakeUp => match running {
            Some(running) if running >= feature.since() => Presence::LikelyPresent,
            _ => Presence::LikelyAbsent,
        },
    }
}

/// What an error means to a question whose "yes" is the error number `yes`.
fn answer(error: &io::Error, yes: Errno) -> Presence {
    match Errno::from_io_error(error) {
        Some(errno) if errno == yes => Presence::Present,
        Some(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Presence::Absent,
        Some(errno) => Presence::Refused(errno.raw_os_error()),
        None => Presence::Refused(0),
    }
}

fn release_of(text: &str) -> Option<Release> {
    let digits = |text: &str| {
        let end = text
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(text.len());
        text[..end].parse().ok()
    };
    let (major, rest) = text.split_once('.')?;
    Some(Release::new(digits(major)?, digits(rest)?))
}

fn read(file: &str) -> Option<String> {
    fs::read_to_string(file).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_distributions_are_read() {
        for (text, expected) in [
            ("6.18.44-fc-v669", Some(Release::new(6, 18))),
            ("5.10", Some(Release::new(5, 10))),
            ("6.1+", Some(Release::new(6, 1))),
            ("4.x", None),
            ("next", None),
        ] {
            assert_eq!(release_of(text), expected, "{text}");
        }
    }

    #[test]
    fn a_status_page_is_read() {
        let page = "Name:\tx\nCapEff:\t0000000000200000\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n";
        let state = ProcessState {
            mode: Mode::Filter,
            filters: Some(3),
            no_new_privileges: true,
            admin: true,
            bounding: CapabilitySet::DOCKER,
        };
        assert_eq!(ProcessState::parse(page), Some(state));
        let older = page
            .replace("Seccomp_filters:\t3\n", "")
            .replace("0000000000200000", "ffffffffffdfffff");
        assert_eq!(
            ProcessState::parse(&older),
            Some(ProcessState {
                filters: None,
                admin: false,
                ..state
            })
        );
        assert_eq!(ProcessState::parse("Name:\tx\n"), None);
    }

    #[test]
    fn what_the_kernel_lists_is_what_it_answers() {
        let support = Support::probe();
        let listed = support.actions_available.clone().unwrap_or_default();
        let actions = [
            (Action::KillProcess, "kill_process"),
            (Action::KillThread, "kill_thread"),
            (Action::Trap(0), "trap"),
            (Action::Errno(0), "errno"),
            (Action::Notify, "user_notif"),
            (Action::Trace(0), "trace"),
            (Action::Log, "log"),
            (Action::Allow, "allow"),
        ];
        for (action, name) in actions {
            let present = support.action(action).is_present();
            assert_eq!(
                present,
                listed.iter().any(|listed| listed == name),
                "{name}"
            );
        }
    }

    #[test]
    fn features_and_release_agree() {
        let support = Support::probe();
        let running = support
            .release_numbers()
            .expect("a release has two numbers");
        for &(feature, presence) in &support.features {
            let expected = running >= feature.since();
            assert_eq!(presence.is_present(), expected, "{feature}: {presence}");
        }
        let sizes = support.notification_sizes.expect("5.0 or later");
        assert_eq!(sizes.data, 64);
    }
}
