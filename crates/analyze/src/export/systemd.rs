//! `SystemCallFilter=`, `SystemCallErrorNumber=` and `SystemCallArchitectures=` of a systemd unit (systemd.exec(5)).
//!
//! Apart from the other lists, because systemd brings calls of its own into a list of allowed ones, and has libseccomp make
//! filters of names, to which a name may mean more than one call.

use std::fmt::Write;

use callgate_engines::{Target, read};
use callgate_policy::{Action, Policy};
use callgate_profile::write::{Document, Rule};
use callgate_profile::{ArchName, Options, parse};
use callgate_syscalls::{Arch, errno_name};

use super::{Said, Table, groups, strictest};
use crate::decompile::{action_name, data};

/// The most names on a line, for people; a list may go on on the next, and adds to it.
const ON_A_LINE: usize = 12;

pub(super) fn write(table: &Table) -> Result<(String, Policy), &'static str> {
    if table
        .arches
        .iter()
        .any(|arch| matches!(arch, Arch::M68k | Arch::Sh | Arch::Sheb))
    {
        return Err("systemd has no name for m68k, sh and sheb");
    }
    let default = lowered(table.default);
    let mut said = Said::new();
    for (name, conjunctions) in &table.calls {
        let action = match lowered(strictest(conjunctions)) {
            // Only in a list of refusals has each its own.
            Action::Errno(_) | Action::KillProcess if default != Action::Allow => default,
            action => action,
        };
        if action != default {
            said.insert(name, Vec::from([(Vec::new(), action)]));
        }
    }
    let mut text = "[Service]\n".to_owned();
    let arches: Vec<&str> = table.arches.iter().map(|&arch| name_of(arch)).collect();
    let _ = writeln!(text, "SystemCallArchitectures={}", arches.join(" "));
    if default == Action::Allow {
        lines(&mut text, table, &said, refusal);
    } else {
        if let Action::Errno(errno) = default {
            let _ = writeln!(text, "SystemCallErrorNumber={}", errno_word(errno));
        }
        // The first list of allowed calls brings @default with it, so that it is begun and taken away again.
        text.push_str("SystemCallFilter=@default\nSystemCallFilter=~@default\n");
        lines(&mut text, table, &said, |name, _| name.to_owned());
    }
    Ok((text, loaded(table, &said, default)?))
}

/// The table without the calls that are many in one, where these are not answered alike: libseccomp makes their answers of the
/// names of the many.
pub(super) fn without_multiplexers(table: &Table) -> Table {
    let mut table = table.clone();
    for name in ["socketcall", "ipc"] {
        if table.calls.get(name).is_some_and(|said| said.len() > 1) {
            table.calls.remove(name);
        }
    }
    table
}

/// What is loaded for a unit: what crun, too, has libseccomp make of a profile, and puts nothing before it.
fn loaded(table: &Table, said: &Said, default: Action) -> Result<Policy, &'static str> {
    let mut arches = table.arches.clone();
    // libseccomp's filters are for the native arch as well.
    if !arches.contains(&table.native) {
        arches.push(table.native);
    }
    let mut document = Document::new(action_name(default));
    document.default_errno_ret = data(default);
    document.architectures = arches.into_iter().map(ArchName::Known).collect();
    document.syscalls = said
        .iter()
        .map(|(&name, said)| Rule {
            errno_ret: data(said[0].1),
            ..Rule::new(action_name(said[0].1), [name])
        })
        .collect();
    let parsed = parse(document.to_json().as_bytes(), &Options::default());
    let profile = parsed.profile.expect("what is written is a profile");
    let target = Target {
        native: table.native,
        ..Target::new("crun".parse().expect("an engine of ours"))
    };
    let resolved = read(&profile, &target);
    resolved
        .map(|resolved| resolved.policy)
        .map_err(|_| "libseccomp makes no filter of the list")
}

/// The arches whose calls a kernel has, by its own: others reach no filter.
pub(super) const fn arches_of(native: &Arch) -> &[Arch] {
    match native {
        Arch::X86_64 => &[Arch::X86_64, Arch::X86, Arch::X32],
        Arch::Aarch64 => &[Arch::Aarch64, Arch::Arm],
        Arch::Mips64 => &[Arch::Mips64, Arch::Mips64n32, Arch::Mips],
        Arch::Mipsel64 => &[Arch::Mipsel64, Arch::Mipsel64n32, Arch::Mipsel],
        Arch::Ppc64 => &[Arch::Ppc64, Arch::Ppc],
        Arch::S390x => &[Arch::S390x, Arch::S390],
        Arch::Parisc64 => &[Arch::Parisc64, Arch::Parisc],
        other => std::slice::from_ref(other),
    }
}

/// What systemd can answer that refuses as much.
const fn lowered(action: Action) -> Action {
    match action {
        Action::Allow => Action::Allow,
        Action::Errno(errno @ 1..) => Action::Errno(errno),
        // An errno of 0 has no word, and would look like success.
        Action::Errno(0) => Action::Errno(1),
        Action::Log | Action::Notify | Action::Trace(_) => Action::Errno(1),
        Action::KillProcess | Action::KillThread | Action::Trap(_) => Action::KillProcess,
    }
}

fn refusal(name: &str, action: Action) -> String {
    match action {
        Action::Errno(errno) => format!("{name}:{}", errno_word(errno)),
        _ => format!("{name}:kill"),
    }
}

/// The names that systemd knows are those of its own arch; numbers mean the same, and all arches share the first 34.
fn errno_word(errno: u16) -> String {
    match errno_name(Arch::X86_64, errno) {
        Some(name) if errno < 35 => name.to_owned(),
        _ => errno.to_string(),
    }
}

/// The list: the groups that are whole in it, each under its name, and the rest.
fn lines(text: &mut String, table: &Table, said: &Said, word: impl Fn(&str, Action) -> String) {
    let mark = match lowered(table.default) {
        Action::Allow => "~",
        _ => "",
    };
    let mut rest: Vec<&str> = said.keys().copied().collect();
    let mut parts = Vec::new();
    for (group, calls) in groups::whole(said, &table.arches) {
        rest.retain(|call| !calls.contains(call));
        parts.push((format!("# @{group}\n"), calls));
    }
    if !parts.is_empty() && !rest.is_empty() {
        parts.push((
            "# of no group, or of one that is not whole\n".to_owned(),
            rest,
        ));
    } else {
        parts.push((String::new(), rest));
    }
    for (head, calls) in parts {
        text.push_str(&head);
        let words = calls.into_iter().map(|name| word(name, said[name][0].1));
        for line in words.collect::<Vec<_>>().chunks(ON_A_LINE) {
            let _ = writeln!(text, "SystemCallFilter={mark}{}", line.join(" "));
        }
    }
}

/// systemd's names of arches differ from the kernel's by hyphens.
const fn name_of(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "x86-64",
        Arch::Aarch64 => "arm64",
        Arch::Mips64n32 => "mips64-n32",
        Arch::Mipsel64 => "mips64-le",
        Arch::Mipsel64n32 => "mips64-le-n32",
        Arch::Mipsel => "mips-le",
        Arch::Ppc64le => "ppc64-le",
        other => other.name(),
    }
}
