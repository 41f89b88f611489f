//! What a file comes to when it is executed, ours against the kernel's.
//!
//! Apart because these tests write programs: a file that is open for writing can't be executed, and a fork keeps it open.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::{Mutex, PoisonError};

use callgate_bpf::Action;
use callgate_load::elf::{self, Problem};
use callgate_load::{Ending, Flags, Launch, LaunchError, Layer};
use callgate_syscalls::{Arch, Endian};
use rustix::io::Errno;
use support::always;

/// Held by whoever writes a program or starts one.
static PROGRAMS: Mutex<()> = Mutex::new(());

fn write(name: &str, mode: u32, bytes: &[u8]) -> PathBuf {
    let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(process::id().to_string());
    fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join(name);
    fs::write(&path, bytes).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
    path
}

fn run(path: &Path) -> Result<Ending, LaunchError> {
    let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    let program = always(Action::Allow);
    Launch::new(path, []).run(&[Layer {
        program: &program,
        flags: Flags::NONE,
    }])
}

/// A static program: the header, one loadable segment over the whole file, perhaps a loader's name, the code.
fn program(
    (machine, bits, endian, flags): (u16, u32, Endian, u32),
    interpreter: Option<&str>,
    code: &[u8],
) -> Vec<u8> {
    let word = if bits == 64 { 8 } else { 4 };
    let (header, entry) = if bits == 64 { (64, 56) } else { (52, 32) };
    let segments = 1 + usize::from(interpreter.is_some());
    let name = interpreter
        .map(|name| format!("{name}\0"))
        .unwrap_or_default();
    let start = header + entry * segments;
    let size = start + name.len() + code.len();
    let base = 0x40_0000;
    let mut bytes = vec![0x7f, b'E', b'L', b'F'];
    bytes.push(if bits == 64 { 2 } else { 1 });
    bytes.push(if endian == Endian::Little { 1 } else { 2 });
    bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut put = |value: usize, len: usize| match endian {
        Endian::Little => bytes.extend(&(value as u64).to_le_bytes()[..len]),
        Endian::Big => bytes.extend(&(value as u64).to_be_bytes()[8 - len..]),
    };
    for (value, len) in [
        (2, 2),
        (usize::from(machine), 2),
        (1, 4),
        (base + start + name.len(), word),
        (header, word),
        (0, word),
        (flags as usize, 4),
        (header, 2),
        (entry, 2),
        (segments, 2),
        (0, 2),
        (0, 2),
        (0, 2),
    ] {
        put(value, len);
    }
    let mut segment = |kind: usize, offset: usize, size: usize| {
        put(kind, 4);
        if bits == 64 {
            put(5, 4);
        }
        for value in [offset, base + offset, base + offset, size, size] {
            put(value, word);
        }
        if bits == 32 {
            put(5, 4);
        }
        put(if kind == 1 { 0x1000 } else { 1 }, word);
    };
    if interpreter.is_some() {
        segment(3, start, name.len());
    }
    segment(1, 0, size);
    bytes.extend(name.as_bytes());
    bytes.extend(code);
    bytes
}

const I386: (u16, u32, Endian, u32) = (3, 32, Endian::Little, 0);

/// `mov eax, 1; mov ebx, 42; int 0x80`
const I386_EXIT_42: &[u8] = &[0xb8, 1, 0, 0, 0, 0xbb, 42, 0, 0, 0, 0xcd, 0x80];

#[test]
fn every_abi_is_told_by_its_header() {
    use Endian::{Big, Little};
    for (arch, header) in [
        (Some(Arch::X86_64), (62, 64, Little, 0)),
        (Some(Arch::X32), (62, 32, Little, 0)),
        (Some(Arch::X86), I386),
        (Some(Arch::Aarch64), (183, 64, Little, 0)),
        (Some(Arch::Arm), (40, 32, Little, 0x500_0000)),
        (Some(Arch::Loongarch64), (258, 64, Little, 3)),
        (Some(Arch::M68k), (4, 32, Big, 0)),
        (Some(Arch::Mips), (8, 32, Big, 0x1000)),
        (Some(Arch::Mipsel), (8, 32, Little, 0x1000)),
        (Some(Arch::Mips64), (8, 64, Big, 0)),
        (Some(Arch::Mipsel64), (8, 64, Little, 0)),
        (Some(Arch::Mips64n32), (8, 32, Big, 0x20)),
        (Some(Arch::Mipsel64n32), (8, 32, Little, 0x20)),
        (Some(Arch::Parisc), (15, 32, Big, 0)),
        (Some(Arch::Parisc64), (15, 64, Big, 0)),
        (Some(Arch::Ppc), (20, 32, Big, 0)),
        (Some(Arch::Ppc64), (21, 64, Big, 1)),
        (Some(Arch::Ppc64le), (21, 64, Little, 2)),
        (Some(Arch::Riscv64), (243, 64, Little, 5)),
        (None, (243, 32, Little, 0)),
        (Some(Arch::S390), (22, 32, Big, 0)),
        (Some(Arch::S390x), (22, 64, Big, 0)),
        (Some(Arch::Sh), (42, 32, Little, 0)),
        (Some(Arch::Sheb), (42, 32, Big, 0)),
        (None, (0xffff, 64, Big, 0)),
    ] {
        for interpreter in [None, Some("/lib/ld.so")] {
            let name = format!("abi-{header:?}-{}", interpreter.is_some());
            let path = write(&name, 0o755, &program(header, interpreter, &[]));
            let executable = elf::inspect(&path).expect("it is executable");
            assert_eq!(executable.program.arch, arch, "{header:?}");
            assert_eq!(
                executable.program.interpreter.as_deref(),
                interpreter.map(Path::new),
                "{header:?}"
            );
            let problem = executable
                .loader
                .map(|loader| loader.expect_err("none").problem);
            assert_eq!(problem, interpreter.map(|_| Problem::NotFound));
        }
    }
}

#[test]
fn this_program_is_of_this_build() {
    let path = std::env::current_exe().expect("a path");
    let executable = elf::inspect(&path).expect("it runs");
    let arch = Arch::of_this_build().expect("a table");
    assert_eq!(executable.arches(), [arch]);
    assert!(executable.scripts.is_empty());
    let loader = executable.loader.expect("tests are linked dynamically");
    assert_eq!(loader.expect("it loaded us").arch, Some(arch));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_32_bit_program_is_known_and_runs() {
    let path = write("i386", 0o755, &program(I386, None, I386_EXIT_42));
    let executable = elf::inspect(&path).expect("it is executable");
    assert_eq!(executable.arches(), [Arch::X86]);
    assert_eq!(executable.loader, None);
    assert_eq!(
        run(&path).expect("with CONFIG_IA32_EMULATION"),
        Ending::Exited(42)
    );
}

/// The error numbers of execve beside what we say of the same file.
#[test]
fn what_the_kernel_refuses_is_refused() {
    let missing = Some("/nowhere/ld.so");
    let here = |header, interpreter| program(header, interpreter, I386_EXIT_42);
    let mut cut = here(I386, Some("/bin/sh"));
    cut.truncate(60);
    let cases: [(&str, u32, &[u8], Problem, Errno); 8] = [
        (
            "no-bit",
            0o644,
            b"#!/bin/sh\n",
            Problem::NotExecutable,
            Errno::ACCESS,
        ),
        ("empty", 0o755, b"", Problem::UnknownFormat, Errno::NOEXEC),
        (
            "text",
            0o755,
            b"echo\n",
            Problem::UnknownFormat,
            Errno::NOEXEC,
        ),
        (
            "no-name",
            0o755,
            b"#! \n",
            Problem::UnknownFormat,
            Errno::NOEXEC,
        ),
        (
            "lost",
            0o755,
            b"#!/nowhere/sh\n",
            Problem::NotFound,
            Errno::NOENT,
        ),
        (
            "to-directory",
            0o755,
            b"#!/bin\n",
            Problem::NotExecutable,
            Errno::ACCESS,
        ),
        (
            "to-text",
            0o755,
            b"#!/etc/passwd\n",
            Problem::NotExecutable,
            Errno::ACCESS,
        ),
        (
            "cut",
            0o755,
            &cut,
            Problem::Malformed("the table of program headers is past the end".into()),
            Errno::NOEXEC,
        ),
    ];
    for (name, mode, bytes, problem, errno) in cases {
        let path = write(name, mode, bytes);
        let error = elf::inspect(&path).expect_err(name);
        assert_eq!(error.problem, problem, "{name}");
        let refusal = run(&path).expect_err(name);
        assert_eq!(refusal.status(), error.status(), "{name}");
        match refusal {
            LaunchError::Execute { error, .. } => {
                assert_eq!(Errno::from_io_error(&error), Some(errno), "{name}");
            }
            error => panic!("{name}: {error}"),
        }
    }
    // The famous "no such file" about a file that is there.
    let path = write("no-loader", 0o755, &here(I386, missing));
    let loader = elf::inspect(&path).expect("the program is fine").loader;
    let error = loader.expect("it names one").expect_err("it is not there");
    assert_eq!(
        (error.path.as_path(), error.problem),
        (Path::new("/nowhere/ld.so"), Problem::NotFound)
    );
    #[cfg(target_arch = "x86_64")]
    assert_eq!(run(&path).expect_err("no loader").status(), 127);
}

#[test]
fn scripts_are_followed_as_far_as_the_kernel_follows_them() {
    let mut target = PathBuf::from("/bin/true");
    for scripts in 1..=elf::MAX_SCRIPTS + 2 {
        let line = format!("#!{}\n", target.display());
        target = write(&format!("chain-{scripts}"), 0o755, line.as_bytes());
        let ours = elf::inspect(&target);
        let kernels = run(&target);
        if scripts <= elf::MAX_SCRIPTS {
            let executable = ours.expect("few enough");
            assert_eq!(executable.scripts.len(), scripts);
            assert_eq!(executable.scripts[0].path, target);
            assert_eq!(executable.program.path, Path::new("/bin/true"));
            assert_eq!(kernels.expect("few enough"), Ending::Exited(0));
        } else {
            assert_eq!(ours.expect_err("too many").problem, Problem::TooManyScripts);
            assert!(matches!(
                kernels.expect_err("too many"),
                LaunchError::Execute { error, .. } if Errno::from_io_error(&error) == Some(Errno::LOOP)
            ));
        }
    }
}

/// The interpreter prints its arguments: what the kernel made of the line.
#[test]
fn a_script_has_the_argument_that_the_kernel_passes() {
    let long = format!("#!/usr/bin/printf [%s] {}", "a".repeat(300));
    for (at, line) in [
        "#!/usr/bin/printf\n",
        "#!/usr/bin/printf [%s]\n",
        "#! \t/usr/bin/printf \t[%s]  [%s] \t\n",
        "#!/usr/bin/printf [%s]",
        "#!/usr/bin/printf [%s]  ",
        "#!/usr/bin/printf [%s]\r\n",
        "#!/usr/bin/printf\t[%s]\0 [%s]\n",
        "#!/usr/bin/printf \n",
        "#!/usr/bin/printf ",
        &long,
    ]
    .into_iter()
    .enumerate()
    {
        let path = write(&format!("line-{at}"), 0o755, line.as_bytes());
        let executable = elf::inspect(&path).expect("a script");
        assert_eq!(
            executable.scripts[0].interpreter,
            Path::new("/usr/bin/printf")
        );
        let printed = |command: &mut Command| {
            let _alone = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
            command.output().expect("it runs").stdout
        };
        let mut ours = Command::new("/usr/bin/printf");
        ours.args(&executable.scripts[0].argument).arg(&path);
        assert_eq!(
            printed(&mut Command::new(&path)).escape_ascii().to_string(),
            printed(&mut ours).escape_ascii().to_string(),
            "{line:?}"
        );
    }
}
