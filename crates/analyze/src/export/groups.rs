//! systemd's groups of calls, which are recognised in a list and stand above their names.
//!
//! Apart from the units, which never say a group for its names: each release of systemd has more calls in them.

use callgate_policy::Action;
use callgate_syscalls::{Arch, Syscall};

use super::Said;

/// The groups and their calls.
const TEXT: &str = include_str!("systemd-groups.txt");

/// The groups of which every call that one of the arches has is in a list with one and the same answer.
pub(super) fn whole(said: &Said, arches: &[Arch]) -> Vec<(&'static str, Vec<&'static str>)> {
    let is_there = |name: &&str| {
        let call = Syscall::by_name(name).expect("the table has calls that are known");
        arches.iter().any(|&arch| call.number(arch).is_some())
    };
    let groups = TEXT.split("\n@").skip(1).map(|group| {
        let (name, calls) = group.split_once('\n').expect("a group has calls");
        (name, calls.split_whitespace().filter(is_there).collect())
    });
    let answer = |name: &&str| said.get(name).map(|all| all[0].1);
    let is_whole = |(_, calls): &(&str, Vec<&str>)| {
        let answers: Vec<Option<Action>> = calls.iter().map(answer).collect();
        answers.len() > 1 && answers[0].is_some() && answers.iter().all(|each| *each == answers[0])
    };
    groups.filter(is_whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_whole_where_its_calls_on_the_arches_are_answered_alike() {
        let answered = |names: &[(&'static str, u16)]| -> Said {
            let answer = |errno| vec![(Vec::new(), Action::Errno(errno))];
            names
                .iter()
                .map(|&(name, errno)| (name, answer(errno)))
                .collect()
        };
        for (said, expected) in [
            (answered(&[("swapon", 1), ("swapoff", 1)]), &["swap"][..]),
            (answered(&[("swapon", 1), ("swapoff", 2)]), &[]),
            (answered(&[("swapon", 1)]), &[]),
        ] {
            let whole = whole(&said, &[Arch::X86_64]);
            let names: Vec<_> = whole.iter().map(|&(name, _)| name).collect();
            assert_eq!(names, expected);
        }
    }
}
