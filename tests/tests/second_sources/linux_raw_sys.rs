//! Against linux-raw-sys, whose bindings somebody else made from kernel headers, for each of its arches.
//!
//! Only those of the build's own arch are compiled, so the crate's source is read as text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use callgate_syscalls::{Arch, Syscall};

use crate::{Gaps, compare};

/// The crate's folder for each arch that both know.
const FOLDERS: &[(&str, &[Arch])] = &[
    ("aarch64", &[Arch::Aarch64]),
    ("arm", &[Arch::Arm]),
    ("loongarch64", &[Arch::Loongarch64]),
    ("m68k", &[Arch::M68k]),
    ("mips", &[Arch::Mips, Arch::Mipsel]),
    ("mips64", &[Arch::Mips64, Arch::Mipsel64]),
    ("powerpc", &[Arch::Ppc]),
    ("powerpc64", &[Arch::Ppc64, Arch::Ppc64le]),
    ("riscv64", &[Arch::Riscv64]),
    ("s390x", &[Arch::S390x]),
    ("x32", &[Arch::X32]),
    ("x86", &[Arch::X86]),
    ("x86_64", &[Arch::X86_64]),
];

#[test]
fn numbers_are_those_of_linux_raw_sys() {
    let (version, source) = package();
    let mut gaps = Gaps::default();
    let mut conflicts = Vec::new();
    for &(folder, arches) in FOLDERS {
        let theirs = numbers(&source.join(folder).join("general.rs"));
        assert!(theirs.len() > 250, "{folder}: {} numbers", theirs.len());
        for &arch in arches {
            for (name, &nr) in &theirs {
                match Syscall::by_name(name).and_then(|call| call.number(arch)) {
                    Some(ours) if ours == nr => {}
                    Some(ours) => conflicts.push(format!("{arch} {name}: {ours} here, {nr} there")),
                    None => gaps.add("ours", name, arch),
                }
            }
            for (_, call) in Syscall::numbers(arch) {
                if !theirs.contains_key(call.name()) {
                    gaps.add("unknown", call.name(), arch);
                }
            }
        }
    }
    assert!(conflicts.is_empty(), "{}", conflicts.join("\n"));
    let head = format!(
        "# What callgate's tables and linux-raw-sys {version} do not both have.\n\
         # unknown: it does not have the call there.\n\
         # ours: it has a number, the headers of today have none.\n"
    );
    let arches = FOLDERS.iter().flat_map(|(_, arches)| *arches).copied();
    compare(
        "linux-raw-sys.tsv",
        &gaps.to_text(&head, &arches.collect::<BTreeSet<_>>()),
    );
}

/// The version of linux-raw-sys in this workspace's lock file, and the folder of its source.
fn package() -> (String, PathBuf) {
    let output = Command::new(env!("CARGO"))
        // Only what was needed to build this is sure to be on the disk.
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--filter-platform",
            &host(),
        ])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata =
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let of_name = packages
        .iter()
        .filter(|package| package["name"] == "linux-raw-sys");
    // The one that this crate depends on is the newest, should another dependency bring an older one.
    let package = of_name
        .max_by_key(|package| parts(&package["version"]))
        .expect("a dependency of this crate");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    let version = package["version"].as_str().expect("a version").to_owned();
    (version, manifest.with_file_name("src"))
}

/// The platform that this was built on, as rustc names it.
fn host() -> String {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

fn parts(version: &serde_json::Value) -> Vec<u32> {
    let version = version.as_str().unwrap_or_default();
    version
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// The numbers in a file of bindings: `pub const __NR_read: u32 = 0;`.
fn numbers(path: &Path) -> BTreeMap<String, u32> {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let number = |line: &str| {
        let rest = line.trim().strip_prefix("pub const __")?;
        let rest = rest
            .strip_prefix("NR_")
            .or_else(|| rest.strip_prefix("ARM_NR_"))?;
        let (name, value) = rest.strip_suffix(';')?.split_once(": u32 = ")?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    let mut numbers = text.lines().filter_map(number).collect::<BTreeMap<_, _>>();
    // Bounds, and places that an arch keeps empty.
    numbers.retain(|name, _| {
        !name.ends_with("Linux")
            && !name.ends_with("Linux_syscalls")
            && !name.starts_with("unused")
            && !name.starts_with("reserved")
            && !matches!(
                name.as_str(),
                "BASE" | "SYSCALL_BASE" | "SYSCALL_MASK" | "OABI_SYSCALL_BASE"
            )
    });
    numbers
}
