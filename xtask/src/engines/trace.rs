//! What a runtime does under its own filter, from a text of strace: the calls after the filter was loaded, up to execve.
//! Apart from the measuring, because it is a function of a text.

use std::collections::{BTreeMap, BTreeSet};

/// The calls that were made under a filter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct UnderFilter {
    /// All of them, execve included.
    pub(super) made: BTreeSet<String>,
    /// The call at which the process was killed.
    pub(super) killed_at: Option<String>,
}

/// A thread as far as it was followed.
#[derive(Clone, Debug, Default)]
struct Thread {
    /// Whether the filter applies to it.
    filtered: bool,
    /// The beginning of a call that has not returned.
    begun: Option<String>,
    last: Option<String>,
}

/// Reads what `strace -f -o FILE` wrote.
pub(super) fn under_filter(text: &str) -> UnderFilter {
    let mut found = UnderFilter::default();
    let mut threads: BTreeMap<String, Thread> = BTreeMap::new();
    for line in text.lines() {
        let Some((number, event)) = line.split_once(char::is_whitespace) else {
            continue;
        };
        let event = event.trim_start();
        let thread = threads.entry(number.to_owned()).or_default();
        if event.starts_with("+++ killed by SIGSYS") && thread.filtered {
            found.killed_at.clone_from(&thread.last);
        }
        if event.starts_with("+++") || event.starts_with("---") {
            continue;
        }
        let resumed = event.starts_with("<... ");
        let whole = if resumed {
            let end = event.split_once(" resumed>").map_or("", |(_, end)| end);
            thread.begun.take().unwrap_or_default() + end
        } else {
            event.to_owned()
        };
        let Some((name, words)) = whole.split_once('(') else {
            continue;
        };
        let name = name.to_owned();
        if thread.filtered && !resumed {
            found.made.insert(name.clone());
            thread.last = Some(name.clone());
        }
        if let Some(begun) = event.strip_suffix(" <unfinished ...>") {
            thread.begun = Some(begun.to_owned());
            continue;
        }
        let result = words.rsplit_once(" = ").map_or("", |(_, result)| result);
        let loads = matches!(&*name, "prctl" if words.starts_with("PR_SET_SECCOMP"))
            || matches!(&*name, "seccomp" if words.starts_with("SECCOMP_SET_MODE_FILTER"));
        if loads && !result.is_empty() && !result.starts_with('-') {
            thread.filtered = true;
        }
        if name == "execve" && result.starts_with('0') {
            // The program begins here, and its threads are its own.
            thread.filtered = false;
        }
        let is_clone = name.starts_with("clone") || name.ends_with("fork");
        if thread.filtered && is_clone {
            let child = result.split_whitespace().next().unwrap_or_default();
            threads.entry(child.to_owned()).or_default().filtered = true;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn only_what_comes_after_the_filter_and_before_the_program_counts() {
        let text = "\
10 openat(AT_FDCWD, \"/a\", O_RDONLY) = 3
10 prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) = -1 EFAULT (Bad address)
10 close(3) = 0
11 read(4,  <unfinished ...>
10 seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=11, filter=0x1}) = 0
10 getcwd(\"/\", 4096) = 2
11 <... read resumed>\"\", 10) = 0
10 futex(0x1, FUTEX_WAKE <unfinished ...>
10 <... futex resumed>) = 1
10 capset({}, {}) = -1 EPERM (Operation not permitted)
10 clone(child_stack=0, flags=CLONE_VM) = 12
12 gettid() = 12
10 execve(\"/end\", [\"/end\"], 0xc0) = 0
10 exit_group(0) = ?
10 +++ exited with 0 +++
";
        let found = under_filter(text);
        assert_eq!(
            found.made,
            set(&["capset", "clone", "execve", "futex", "getcwd", "gettid"])
        );
        assert_eq!(found.killed_at, None);
    }

    #[test]
    fn the_call_that_killed_is_the_last_one() {
        let text = "\
10 prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {len=11, filter=0x1}) = 0
10 close(3) = 0
10 madvise(0xc000, 4096, MADV_DONTNEED) = 233
10 +++ killed by SIGSYS (core dumped) +++
";
        assert_eq!(under_filter(text).killed_at.as_deref(), Some("madvise"));
    }
}
