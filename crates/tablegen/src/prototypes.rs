//! What calls take, from the prototypes in the kernel's own headers.
//!
//! The kernel declares functions, not calls: `aliases.tsv` says which function serves a call where the names differ,
//! and `prototypes.h` has what the headers leave out.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Error;
use crate::abi::ABIS;
use crate::data::Table;
use crate::numbers::Numbers;

/// Headers of the kernel with prototypes of system calls; where two declare one, the first counts.
const HEADERS: &[&str] = &[
    "include/linux/syscalls.h",
    "include/asm-generic/syscalls.h",
    "arch/arm/include/asm/syscalls.h",
    "arch/m68k/include/asm/syscalls.h",
    "arch/powerpc/include/asm/syscalls.h",
    "arch/riscv/include/asm/syscall.h",
    "arch/x86/include/asm/syscalls.h",
];

const BY_HAND: &str = include_str!("../sources/prototypes.h");
const ALIASES: &str = include_str!("../sources/aliases.tsv");

/// A parameter as a header declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Declared {
    c_type: String,
    name: String,
}

type Functions = BTreeMap<String, Vec<Vec<Declared>>>;

/// The table of prototypes: call, the ABIs that the row is for, and the parameters, each as `type name:kind`.
///
/// # Errors
/// A header is missing, a parameter has no name or an unknown type, or the sources contradict each other.
pub fn table(kernel: &Path, numbers: &Numbers, comments: Vec<String>) -> Result<Table, Error> {
    let mut declared = Functions::new();
    for header in HEADERS {
        let path = kernel.join(header);
        // Not every source holds every arch.
        if path.exists() {
            for (name, found) in functions(&crate::read(&path)?) {
                declared.entry(name).or_insert(found);
            }
        }
    }
    if !declared.contains_key("openat") {
        return Err(Error::new(format!("{}: no prototypes", kernel.display())));
    }
    for (name, mut own) in functions(BY_HAND) {
        let own = own.swap_remove(0);
        if let Some(theirs) = declared.get(&name) {
            let types =
                |params: &[Declared]| params.iter().map(|p| p.c_type.clone()).collect::<Vec<_>>();
            if !theirs.iter().any(|theirs| types(theirs) == types(&own)) {
                return Err(Error::new(format!(
                    "prototypes.h: sys_{name} is not what the kernel declares"
                )));
            }
        }
        declared.insert(name, vec![own]);
    }

    let aliases = Table::parse(ALIASES)?;
    let mut rows = Vec::new();
    for call in numbers.keys() {
        let mut common = call.as_str();
        for alias in aliases.rows.iter().filter(|row| row[0] == *call) {
            if alias[2] == "*" {
                common = &alias[1];
            } else {
                let own = alias[2]
                    .split(' ')
                    .filter(|&name| has(numbers, call, name))
                    .collect::<Vec<_>>();
                if let Some(params) = declared.get(&alias[1]).filter(|_| !own.is_empty()) {
                    rows.push(vec![
                        call.clone(),
                        own.join(" "),
                        params_text(call, &params[0])?,
                    ]);
                }
            }
        }
        if let Some(params) = declared.get(common) {
            rows.push(vec![
                call.clone(),
                "*".to_owned(),
                params_text(call, &params[0])?,
            ]);
        }
    }
    for alias in &aliases.rows {
        if !numbers.contains_key(&alias[0]) || !declared.contains_key(&alias[1]) {
            return Err(Error::new(format!(
                "aliases.tsv: {} or {} is unknown",
                alias[0], alias[1]
            )));
        }
    }
    rows.sort();
    Ok(Table {
        comments,
        columns: ["call", "abis", "parameters"].map(str::to_owned).to_vec(),
        rows,
    })
}

fn has(numbers: &Numbers, call: &str, abi: &str) -> bool {
    let column = ABIS.iter().position(|known| known.name == abi);
    column.is_some_and(|column| numbers[call][column].is_some())
}

fn params_text(call: &str, params: &[Declared]) -> Result<String, Error> {
    let mut cells = Vec::new();
    for Declared { c_type, name } in params {
        let error = |what| Error::new(format!("sys_{call}: {what} in `{c_type} {name}`"));
        if name.is_empty() {
            return Err(error("no name"));
        }
        let kind = kind(call, c_type, name).ok_or_else(|| error("unknown type"))?;
        let space = if c_type.ends_with('*') { "" } else { " " };
        cells.push(format!("{c_type}{space}{name}:{kind}"));
    }
    Ok(if cells.is_empty() {
        "void".to_owned()
    } else {
        cells.join(", ")
    })
}

/// The kind of a parameter: a variant of `callgate_syscalls::Kind`.
fn kind(call: &str, c_type: &str, name: &str) -> Option<&'static str> {
    let bare = c_type.strip_prefix("const ").unwrap_or(c_type);
    if bare.ends_with('*') {
        return Some(if is_path(call, bare, name) {
            "Path"
        } else {
            "Pointer"
        });
    }
    let word = match bare {
        "cap_user_header_t" | "cap_user_data_t" | "__sighandler_t" => return Some("Pointer"),
        "loff_t" | "u64" | "__u64" => return Some("Wide"),
        "umode_t" => return Some("Mode"),
        "pid_t" => return Some("Pid"),
        "uid_t" | "gid_t" | "qid_t" => return Some("Id"),
        "old_uid_t" | "old_gid_t" => return Some("Short"),
        "size_t" => return Some("Size"),
        "mqd_t" => return Some("Fd"),
        "int" | "__s32" | "clockid_t" | "timer_t" | "key_t" | "key_serial_t" | "rwf_t" => "Int",
        "unsigned" | "unsigned int" | "u32" | "__u32" | "uint32_t" => "Unsigned",
        "long" | "off_t" => "Long",
        "unsigned long" | "aio_context_t" | "old_sigset_t" | "uintptr_t" => "UnsignedLong",
        _ if bare.starts_with("enum ") => "Unsigned",
        _ => return None,
    };
    Some(match name {
        // Where a prototype says `unsigned long fd`, the kernel hands it on as an int.
        "fd" | "dfd" | "fildes" | "oldfd" | "newfd" | "olddfd" | "newdfd" | "epfd" | "fd_in"
        | "fd_out" | "in_fd" | "out_fd" | "fdin" | "fdout" | "pidfd" | "fs_fd" | "from_dfd"
        | "to_dfd" | "ruleset_fd" | "group_fd" | "fanotify_fd" | "ufd" | "kernel_fd"
        | "initrd_fd" | "mountdirfd" => "Fd",
        "flags" | "oflag" | "clone_flags" | "unshare_flags" | "event_f_flags" | "at_flags"
        | "fs_flags" | "attr_flags" => {
            if word.ends_with("Long") {
                "LongFlags"
            } else {
                "Flags"
            }
        }
        "sig" | "signum" if word == "Int" => "Signal",
        _ => word,
    })
}

/// Whether a pointer is the address of a path.
fn is_path(call: &str, c_type: &str, name: &str) -> bool {
    c_type == "char *"
        && match name {
            "filename" | "pathname" | "path" | "oldname" | "newname" | "dev_name" | "dir_name"
            | "specialfile" | "new_root" | "put_old" | "from_pathname" | "to_pathname"
            | "library" | "special" => true,
            "name" => matches!(call, "umount" | "umount2" | "acct" | "name_to_handle_at"),
            "old" | "new" => matches!(call, "symlink" | "link"),
            _ => false,
        }
}

/// Every `sys_…` function that a header's text declares, with each of its declarations.
fn functions(text: &str) -> Functions {
    let text = strip_comments(text);
    let mut continued = false;
    let code = text
        .lines()
        .filter(|line| {
            let directive = continued || line.trim_start().starts_with('#');
            continued = directive && line.trim_end().ends_with('\\');
            !directive
        })
        .collect::<Vec<_>>()
        .join(" ");
    let mut found = Functions::new();
    for statement in code.split([';', '{', '}']) {
        let Some(start) = statement.find(" sys_") else {
            continue;
        };
        let Some((name, params)) = statement[start + 5..].split_once('(') else {
            continue;
        };
        let Some(params) = params.trim_end().strip_suffix(')') else {
            continue;
        };
        let declared = if params.trim() == "void" || params.trim() == "struct pt_regs *regs" {
            Vec::new()
        } else {
            params.split(',').map(declared).collect()
        };
        found
            .entry(name.trim().to_owned())
            .or_default()
            .push(declared);
    }
    found
}

/// One parameter: `const char __user *filename`, `size_t`.
fn declared(text: &str) -> Declared {
    let text = text.replace('*', " * ");
    let mut words = text
        .split_whitespace()
        .filter(|&word| word != "__user")
        .collect::<Vec<_>>();
    let is_type = |word: &str| {
        matches!(word, "*" | "int" | "long" | "unsigned" | "char" | "void") || word.ends_with("_t")
    };
    // The last word is the name, unless it belongs to the type.
    let name = match words[..] {
        [.., last] if words.len() > 1 && !is_type(last) && !is_tag(&words) => {
            words.pop();
            last
        }
        _ => "",
    };
    let c_type = words
        .join(" ")
        .replace("* *", "**")
        .replace("unsigned long int", "unsigned long");
    Declared {
        c_type,
        name: name.to_owned(),
    }
}

/// Whether the last word only completes a type, as in `struct sockaddr`.
fn is_tag(words: &[&str]) -> bool {
    let before = words.iter().rev().nth(1);
    before.is_some_and(|word| matches!(*word, "struct" | "union" | "enum"))
}

fn strip_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_read() {
        let text = "#define X(a) \\\n long sys_no(int a);\n/* sys_gone(int) */\nasmlinkage long sys_read(unsigned int fd, char __user *buf,\n size_t count);\nasmlinkage long sys_accept(int, struct sockaddr __user *, int __user *);\nasmlinkage long sys_sync(void);";
        let found = functions(text);
        let text = |name: &str| {
            let params = found[name][0].iter();
            params
                .map(|p| format!("{}|{}", p.c_type, p.name))
                .collect::<Vec<_>>()
        };
        assert_eq!(found.len(), 3);
        assert_eq!(
            text("read"),
            ["unsigned int|fd", "char *|buf", "size_t|count"]
        );
        assert_eq!(text("accept"), ["int|", "struct sockaddr *|", "int *|"]);
        assert!(text("sync").is_empty());
    }

    #[test]
    fn kinds_follow_type_and_name() {
        assert_eq!(kind("openat", "const char *", "filename"), Some("Path"));
        assert_eq!(kind("setxattr", "const char *", "name"), Some("Pointer"));
        assert_eq!(
            kind("unshare", "unsigned long", "unshare_flags"),
            Some("LongFlags")
        );
        assert_eq!(kind("openat", "int", "flags"), Some("Flags"));
        assert_eq!(kind("x", "struct thing", "y"), None);
    }
}
