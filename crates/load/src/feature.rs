//! What kernels learned about seccomp, release by release.
//!
//! Apart from probing because these are facts, and hold on a machine without seccomp, too.

use std::fmt;

use callgate_bpf::Action;
use callgate_syscalls::Release;

macro_rules! features {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $major:literal.$minor:literal, $about:literal;)*) => {
        /// Something about seccomp that a kernel has or lacks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Feature {
            $(#[doc = $about] $variant,)*
        }

        impl Feature {
            /// Every feature, oldest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// A short name: `tsync`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The first release that has it.
            #[must_use]
            pub const fn since(self) -> Release {
                match self { $(Self::$variant => Release::new($major, $minor)),* }
            }

            /// What it is, in one sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),* }
            }
        }
    };
}

// Releases from seccomp(2), seccomp_unotify(2), ptrace(2) and the kernel's history of kernel/seccomp.c.
features! {
    Strict = "strict", 2 . 6, "Strict mode: read, write, exit and sigreturn (CONFIG_SECCOMP).";
    Filter = "filter", 3 . 5, "Filters in classic BPF (CONFIG_SECCOMP_FILTER).";
    Call = "seccomp", 3 . 17, "The system call seccomp(2).";
    Tsync = "tsync", 3 . 17, "One filter for all threads of a process at once.";
    ReadBack = "get-filter", 4 . 4, "A process's filters can be read back through ptrace (CONFIG_CHECKPOINT_RESTORE).";
    AfterTracer = "after-tracer", 4 . 8, "A filter sees a call after a tracer changed it, so a tracer is no way out.";
    QueryActions = "get-action-avail", 4 . 14, "The kernel says which actions it has.";
    KillProcess = "action-kill-process", 4 . 14, "The action that ends the whole process.";
    LogAction = "action-log", 4 . 14, "The action that makes the call and logs it.";
    LogFlag = "log", 4 . 14, "All answers but \"allow\" can be logged.";
    SpecAllow = "spec-allow", 4 . 17, "A filter can be loaded without the mitigation of speculative store bypass.";
    Notify = "action-notify", 5 . 0, "The action that asks a supervisor.";
    NewListener = "new-listener", 5 . 0, "The descriptor on which a supervisor is asked.";
    Continue = "notify-continue", 5 . 5, "A supervisor can let the kernel make the call.";
    TsyncEsrch = "tsync-esrch", 5 . 7, "All threads and a listener at once.";
    AddDescriptor = "notify-addfd", 5 . 9, "A supervisor can put a descriptor into the caller.";
    AllowCache = "allow-cache", 5 . 11, "Calls that are always allowed are answered from a bitmap.";
    AddDescriptorAndAnswer = "notify-addfd-send", 5 . 14, "A supervisor can put a descriptor into the caller and answer in one step.";
    WaitKillableRecv = "wait-killable-recv", 5 . 19, "Only a deadly signal interrupts a caller whose notification is handled.";
    SynchronousWakeUp = "notify-sync-wake-up", 6 . 6, "Supervisor and caller hand over on one CPU.";
}

impl Feature {
    /// The feature without which a kernel does not have this action; none for those as old as filters.
    #[must_use]
    pub const fn of_action(action: Action) -> Option<Self> {
        match action {
            Action::KillProcess => Some(Self::KillProcess),
            Action::Log => Some(Self::LogAction),
            Action::Notify => Some(Self::Notify),
            Action::KillThread
            | Action::Trap(_)
            | Action::Errno(_)
            | Action::Trace(_)
            | Action::Allow => None,
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn they_are_in_the_order_of_their_releases() {
        assert!(Feature::ALL.is_sorted_by_key(|feature| feature.since()));
    }

    #[test]
    fn their_names_are_distinct() {
        let names: BTreeSet<_> = Feature::ALL.iter().map(|feature| feature.name()).collect();
        assert_eq!(names.len(), Feature::ALL.len());
    }
}
