//! `run --ask` at a terminal: a pseudo-terminal at which the test sits, real programs and the real kernel.
//!
//! Apart from the other plugin actions, because here somebody types.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

const CALLGATE: &str = env!("CARGO_BIN_EXE_callgate");

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

const QUESTION: &str = "denies it this time: ";

/// A command at a terminal of its own, in a folder of its own.
struct Session {
    child: Child,
    /// Where the test types and reads.
    desk: File,
    /// The terminal's other side, as the command has it.
    terminal: File,
    seen: String,
    /// How much of what was seen was waited for.
    waited: usize,
}

impl Session {
    fn start(folder: &Path, options: &[&str], command: &str) -> Self {
        let desk = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&desk).and_then(|()| unlockpt(&desk)).expect("ours");
        let name = ptsname(&desk, Vec::new()).expect("a name");
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NOCTTY.bits().cast_signed())
            .open(std::ffi::OsStr::from_bytes(name.to_bytes()))
            .expect("the other side");
        let side = || Stdio::from(terminal.try_clone().expect("a descriptor"));
        let child = Command::new("setsid")
            .args(["--ctty", CALLGATE, "run", "--ask"])
            .args(options)
            .args(["--", "sh", "-c", command])
            .current_dir(folder)
            .env("NO_COLOR", "1")
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("setsid of util-linux starts");
        Self {
            child,
            desk: desk.into(),
            terminal,
            seen: String::new(),
            waited: 0,
        }
    }

    /// Waits for a text after the last one that was waited for.
    fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen[self.waited..].find(text) {
                self.waited += at + text.len();
                return;
            }
            assert!(Instant::now() < end, "no {text:?} in {:?}", self.seen);
            self.read();
        }
    }

    /// Reads what there is within a moment.
    fn read(&mut self) {
        let moment = Timespec::try_from(Duration::from_millis(50)).expect("a short time");
        let mut waits = [PollFd::new(&self.desk, PollFlags::IN)];
        if poll(&mut waits, Some(&moment)).expect("a terminal") == 0 {
            return;
        }
        let mut bytes = [0; 4096];
        let read = self.desk.read(&mut bytes).expect("what was written");
        self.seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }

    /// Waits for the question about a call, and types an answer.
    fn answer(&mut self, call: &str, typed: &str) {
        self.wait_for(call);
        self.wait_for(QUESTION);
        self.desk.write_all(typed.as_bytes()).expect("it is typed");
    }

    /// Everything that was seen, and the exit status.
    fn end(mut self) -> (String, Option<i32>) {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            self.read();
            if let Some(status) = self.child.try_wait().expect("our child") {
                break status;
            }
            if Instant::now() > end {
                self.child.kill().expect("our child");
                panic!("it does not end: {:?}", self.seen);
            }
        };
        self.read();
        let modes = tcgetattr(&self.terminal).expect("a terminal").local_modes;
        assert!(modes.contains(LocalModes::ISIG), "the mode is as it was");
        (self.seen, status.code())
    }
}

/// A folder with a profile that denies the making and removing of folders.
fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("ask")
        .join(name);
    let _absent = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let profile = r#"{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    { "names": ["mkdir", "rmdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13 }
  ]
}
"#;
    fs::write(folder.join("profile.json"), profile).expect("a profile");
    folder
}

#[test]
fn once_always_and_never_are_what_they_say() {
    let folder = place("answers");
    let options = ["-p", "profile.json", "--save", "saved.json"];
    let make = "for name in a b c d; do mkdir $name; done; rmdir a; rmdir c; echo over";
    let mut session = Session::start(&folder, &options, make);
    session.answer("mkdir(", "once\n");
    session.answer("mkdir(", "\n");
    session.answer("mkdir(", "always\n");
    session.answer("rmdir(", "never\n");
    session.wait_for("over");
    let (seen, status) = session.end();
    assert_eq!(status, Some(0), "{seen}");
    let made = |name: &str| folder.join(name).is_dir();
    assert_eq!(["a", "b", "c", "d"].map(made), [true, false, true, true]);
    assert_eq!(seen.matches(QUESTION).count(), 4, "{seen}");
    assert!(seen.contains("profile.json:4:"), "{seen}");

    let saved = |command: &str| {
        let mut run = Command::new(CALLGATE);
        run.args(["run", "-p", "saved.json", "--", "sh", "-c", command]);
        let output = run.current_dir(&folder).output().expect("it starts");
        output.status.code()
    };
    assert_eq!(saved("mkdir e"), Some(0));
    assert_eq!(saved("rmdir e"), Some(1));
}

#[test]
fn an_interrupt_denies_the_call_and_does_not_end_the_command() {
    let folder = place("interrupt");
    let command = "mkdir a || echo refused; mkdir b && echo made";
    let mut session = Session::start(&folder, &["-p", "profile.json"], command);
    session.answer("mkdir(", "\x03");
    session.wait_for("refused");
    session.answer("mkdir(", "o\n");
    session.wait_for("made");
    assert_eq!(session.end().1, Some(0));
    assert!(!folder.join("a").exists() && folder.join("b").exists());
}

#[test]
fn what_was_typed_before_and_what_is_no_answer_allow_nothing() {
    let folder = place("typed");
    let command = "echo begins; sleep 1; mkdir a; mkdir b";
    let mut session = Session::start(&folder, &["-p", "profile.json"], command);
    session.wait_for("begins");
    session.desk.write_all(b"always\n").expect("it is typed");
    session.answer("mkdir(", "yes\n");
    session.wait_for("`yes` is none of once, always and never");
    session.answer("mkdir(", &format!("{}\n", "always".repeat(50)));
    let (seen, status) = session.end();
    assert_eq!(status, Some(1), "{seen}");
    assert!(!folder.join("a").exists() && !folder.join("b").exists());
}

#[test]
fn a_command_that_ends_takes_its_question_along() {
    let folder = place("ends");
    let command =
        "mkdir a & until [ -e asked ]; do sleep 0.1; done; kill -KILL $!; wait $!; echo over";
    let mut session = Session::start(&folder, &["-p", "profile.json"], command);
    session.wait_for(QUESTION);
    fs::write(folder.join("asked"), "").expect("a file");
    session.wait_for("over");
    assert_eq!(session.end().1, Some(0));
}

#[test]
fn a_question_that_nobody_answers_denies_the_call() {
    let folder = place("silence");
    let options = ["-p", "profile.json", "--answer-within", "1"];
    let command = "mkdir a || echo refused; mkdir b && echo made";
    let mut session = Session::start(&folder, &options, command);
    let begun = Instant::now();
    session.wait_for(QUESTION);
    session.wait_for("refused");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    session.answer("mkdir(", "o\n");
    session.wait_for("made");
    assert_eq!(session.end().1, Some(0));
    assert!(!folder.join("a").exists() && folder.join("b").exists());
}

#[test]
fn without_a_terminal_nothing_begins() {
    let folder = place("none");
    let output = Command::new("setsid")
        .args(["--wait", CALLGATE, "run", "--ask", "--", "true"])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .output()
        .expect("setsid of util-linux starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{words}");
    assert!(words.contains("--ask needs a terminal"), "{words}");
}
