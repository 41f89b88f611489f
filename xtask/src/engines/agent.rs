//! Plugin actions under stock runtimes: containers whose calls `callgate agent` answers, and what they get without it.
//! Apart from the comparison of filters, because here a container does something, and somebody answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::engine::Engine;
use super::oci::Runtime;
use super::site::Site;
use crate::command::{Fallible, read};
use crate::ground::Ground;

/// The errno that the plugin gives, and the one that the kernel gives where nobody answers.
const ANSWERED: u8 = 30;
const NOBODY: u8 = 38;

/// What is announced at once.
const TOGETHER: usize = 100;

const PROFILE: &str = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
  "x-actions": { "x-never": { "answer": "SCMP_ACT_NOTIFY", "plugin": "fault", "with": { "every": 1, "errno": "EROFS" } } },
  "syscalls": [ { "names": ["mkdir"], "action": "x-never" } ] }"#;

/// Tries the agent with each runtime of a ground, and prints a line for each.
pub(super) fn try_with(ground: &Ground, site: &Site, callgate: &Path) -> Fallible {
    for program in ["runc", "crun"]
        .into_iter()
        .filter(|program| ground.has(program))
    {
        let runtime = Runtime::new(program, ground, site)?;
        let place = Place {
            folder: site.folder_for("agent")?,
            rootfs: site.rootfs(),
            callgate,
        };
        let seccomp = place.exported(&runtime)?;
        let one = |name: &str| -> Fallible<Option<u8>> {
            let answer = place.start(&runtime, name, &seccomp)?;
            place.answer(&answer)
        };
        let mut agent = place.agent()?;
        let served = one("served")?;
        let mut together = Vec::new();
        for number in 0..TOGETHER {
            together.push(place.start(&runtime, &format!("together-{number}"), &seccomp)?);
        }
        let mut answered = 0;
        for answer in &together {
            answered += usize::from(place.answer(answer)? == Some(ANSWERED));
        }
        // A container that was announced loses its agent before it asks.
        let without = place.without_its_agent(&runtime, &seccomp, agent)?;
        agent = place.agent()?;
        let again = one("again")?;
        agent.kill()?;
        agent.wait()?;
        println!(
            "\n{} with callgate agent: errno {} from the agent, {answered} of {TOGETHER} at once, {} when it has ended, {} from the next",
            runtime.target(),
            words(served),
            words(without),
            words(again)
        );
        // crun announces a container when its program begins, and then there is nobody to announce it to.
        let is_closed = matches!(without, Some(NOBODY) | None) && !place.is_made();
        if (served, answered, again) != (Some(ANSWERED), TOGETHER, Some(ANSWERED)) || !is_closed {
            return Err(format!("{} and the agent: not as it should be", runtime.target()).into());
        }
    }
    Ok(())
}

/// Where the agent listens and the containers answer.
struct Place<'p> {
    folder: PathBuf,
    rootfs: PathBuf,
    callgate: &'p Path,
}

impl Place<'_> {
    fn socket(&self) -> PathBuf {
        self.folder.join("agent.sock")
    }

    /// The profile as the runtime is handed it.
    fn exported(&self, runtime: &Runtime) -> Fallible<Value> {
        let profile = self.folder.join("profile.json");
        fs::write(&profile, PROFILE)?;
        let mut export = Command::new(self.callgate);
        export.args(["export", "oci"]).arg(&profile);
        export.args([
            "--target",
            runtime.target(),
            "--libseccomp",
            runtime.libseccomp(),
        ]);
        export.arg("--listener").arg(self.socket());
        Ok(serde_json::from_str(&read(&mut export)?)?)
    }

    /// An agent that listens.
    fn agent(&self) -> Fallible<Child> {
        let mut command = Command::new(self.callgate);
        command.arg("agent").arg("--socket").arg(self.socket());
        let mut agent = command
            .stderr(fs::File::create(self.folder.join("agent.log"))?)
            .spawn()?;
        let is_there = || std::os::unix::net::UnixStream::connect(self.socket()).is_ok();
        match until(is_there) {
            true => Ok(agent),
            false => {
                agent.kill()?;
                Err("the agent does not listen".into())
            }
        }
    }

    /// Starts a container; the file into which it will write.
    fn start(&self, runtime: &Runtime, name: &str, seccomp: &Value) -> Fallible<PathBuf> {
        let answer = format!("/answer-{name}");
        let file = self.rootfs.join(&answer[1..]);
        let _absent = fs::remove_file(&file);
        match runtime.ask(name, &["/ask", &answer], seccomp)? {
            None => Ok(file),
            Some(reason) => {
                Err(format!("{} did not start {name}: {reason}", runtime.target()).into())
            }
        }
    }

    /// Whether the call was made that never may be.
    fn is_made(&self) -> bool {
        self.rootfs.join("made").exists()
    }

    /// What a container wrote.
    fn answer(&self, file: &Path) -> Fallible<Option<u8>> {
        let written = || fs::read(file).is_ok_and(|bytes| !bytes.is_empty());
        if !until(written) {
            return Ok(None);
        }
        Ok(fs::read(file)?
            .first()
            .map(|letter| letter.wrapping_sub(b'0')))
    }

    /// What a container gets whose agent ends between its start and its call.
    fn without_its_agent(
        &self,
        runtime: &Runtime,
        seccomp: &Value,
        mut agent: Child,
    ) -> Fallible<Option<u8>> {
        let answer = self.rootfs.join("answer-without");
        let _absent = fs::remove_file(&answer);
        if let Some(reason) = runtime.create("without", &["/ask", "/answer-without"], seccomp)? {
            return Err(format!("{} made no container: {reason}", runtime.target()).into());
        }
        agent.kill()?;
        agent.wait()?;
        runtime.start_created("without")?;
        self.answer(&answer)
    }
}

/// The errno of a container that answered.
fn words(errno: Option<u8>) -> String {
    errno.map_or("no start".to_owned(), |errno| errno.to_string())
}

/// Whether something comes true within a quarter of a minute.
fn until(is_so: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(15) {
        if is_so() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}
