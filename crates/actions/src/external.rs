//! External plugins: a program that answers calls, a line of JSON for each.
//!
//! Apart from the plugins that come with callgate, because nothing that such a program does, or leaves undone, may keep a caller
//! without an answer. The protocol is told in docs/plugins.md.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use callgate_syscalls::{Arch, Kind, errno_by_name};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Map, Value, json};

use crate::call::{Call, PATH_MAX};
use crate::registry::NotifyHandler;
use crate::reply::{Race, Reply};

/// How long a plugin may take for its first words, and for each answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of a line of a plugin's.
const LINE_MAX: u64 = 1 << 16;

/// A program that answers calls.
pub(crate) struct Plugin {
    shared: Arc<Shared>,
    stdin: Mutex<ChildStdin>,
    wants: Wants,
    child: Mutex<Child>,
}

/// What is read of a caller for a plugin, which asked for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wants {
    strings: bool,
    address: bool,
}

/// What the reader of a plugin's lines shares with those who wait for them.
#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    callers: HashMap<u64, Sender<Value>>,
    /// Whether the program said its last word.
    is_over: bool,
}

impl Plugin {
    /// Starts the program, and tells it its settings.
    pub(crate) fn new(command: &[OsString], with: Option<&Value>) -> Result<Self, String> {
        let (program, arguments) = command.split_first().ok_or("no command")?;
        let title = command.last().unwrap_or(program).to_string_lossy();
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What the terminal sends to the command is not for the plugin, which is ended as a group.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("the plugin {title} can't be started: {error}"))?;
        let mut stdin = child.stdin.take().expect("it is piped");
        let stdout = child.stdout.take().expect("it is piped");
        fcntl_setfl(&stdin, OFlags::NONBLOCK)
            .map_err(|errno| format!("the pipe to the plugin {title}: {errno}"))?;
        let shared = Arc::new(Shared::default());
        let (first, answer) = mpsc::channel();
        let reader = shared.clone();
        thread::spawn(move || reader.read(stdout, first));
        let hello = json!({ "callgate": "plugin/v1", "with": with.unwrap_or(&Value::Null) });
        let told = say(&mut stdin, &hello);
        let mut plugin = Self {
            shared,
            stdin: Mutex::new(stdin),
            wants: Wants::default(),
            child: Mutex::new(child),
        };
        let greeting = match told.map(|()| answer.recv_timeout(PATIENCE)) {
            Ok(Ok(greeting)) => greeting,
            Ok(Err(RecvTimeoutError::Timeout)) => {
                return Err(format!(
                    "the plugin {title} does not answer the first line within {PATIENCE:?}"
                ));
            }
            Ok(Err(RecvTimeoutError::Disconnected)) | Err(_) => {
                return Err(format!(
                    "the plugin {title} ended, or wrote what is no line of JSON"
                ));
            }
        };
        plugin.wants =
            wants(&greeting).map_err(|message| format!("the plugin {title}: {message}"))?;
        Ok(plugin)
    }

    /// The program's answer to a question; none where it is silent, or gone.
    fn ask(&self, mut question: Map<String, Value>) -> Option<Value> {
        let (sender, answer) = mpsc::channel();
        let id = self.shared.expect(sender)?;
        question.insert("id".to_owned(), id.into());
        if say(&mut lock(&self.stdin), &Value::Object(question)).is_err() {
            // Half a line may have gone out, so that no later one would be understood.
            self.shared.end();
            return None;
        }
        let answer = answer.recv_timeout(PATIENCE).ok();
        lock(&self.shared.waiting).callers.remove(&id);
        answer
    }
}

impl NotifyHandler for Plugin {
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        let mut question = Map::new();
        question.insert("call".to_owned(), call.name().into());
        question.insert("arch".to_owned(), call.arch().name().into());
        question.insert("pid".to_owned(), call.thread().into());
        question.insert("args".to_owned(), call.data().args.to_vec().into());
        if self.wants.strings {
            question.insert("strings".to_owned(), strings(call));
        }
        if self.wants.address {
            question.insert("address".to_owned(), address(call));
        }
        let answer = self.ask(question);
        Ok(answer
            .and_then(|answer| reply(&answer))
            .unwrap_or(Reply::Otherwise))
    }

    /// Ends the program and what it started.
    fn close(&self) {
        self.shared.end();
        let mut child = lock(&self.child);
        // Once reaped, the number could be another's.
        if let Ok(None) = child.try_wait() {
            let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            let _gone = group.map(|group| kill_process_group(group, Signal::KILL));
            let _reaped = child.wait();
        }
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    /// A number for a question whose answer goes to this caller; none once there are no more answers.
    fn expect(&self, caller: Sender<Value>) -> Option<u64> {
        let mut waiting = lock(&self.waiting);
        if waiting.is_over {
            return None;
        }
        waiting.next += 1;
        let id = waiting.next;
        waiting.callers.insert(id, caller);
        Some(id)
    }

    /// Reads a program's lines until its end, or until one is none.
    fn read(&self, stdout: ChildStdout, first: Sender<Value>) {
        let mut lines = BufReader::new(stdout);
        let mut first = Some(first);
        while let Some(line) = line(&mut lines) {
            if let Some(first) = first.take() {
                let _waits = first.send(line);
                continue;
            }
            let id = line.get("id").and_then(Value::as_u64);
            let caller = id.and_then(|id| lock(&self.waiting).callers.remove(&id));
            // An answer that nobody waits for came too late.
            if let Some(caller) = caller {
                let _waits = caller.send(line);
            }
        }
        self.end();
    }

    fn end(&self) {
        let mut waiting = lock(&self.waiting);
        waiting.is_over = true;
        // Who waits hears that there is nobody.
        waiting.callers.clear();
    }
}

/// A line as JSON; none at the end, or where it is too long or is none.
fn line(lines: &mut impl BufRead) -> Option<Value> {
    let mut text = Vec::new();
    let read = io::Read::take(&mut *lines, LINE_MAX).read_until(b'\n', &mut text);
    match read {
        Ok(1..) if text.last() == Some(&b'\n') => serde_json::from_slice(&text).ok(),
        _ => None,
    }
}

/// Writes a line, which does not wait: a program that does not read has no say.
fn say(stdin: &mut ChildStdin, words: &Value) -> io::Result<()> {
    let mut line = words.to_string();
    line.push('\n');
    stdin.write_all(line.as_bytes())
}

/// What a plugin's first line asks for.
fn wants(greeting: &Value) -> Result<Wants, String> {
    if greeting.get("plugin").and_then(Value::as_str) != Some("v1") {
        return Err(format!(
            "its first line is {greeting}, and must have \"plugin\": \"v1\""
        ));
    }
    let mut wants = Wants::default();
    let listed = greeting.get("wants").and_then(Value::as_array);
    for want in listed.into_iter().flatten() {
        match want.as_str() {
            Some("strings") => wants.strings = true,
            Some("address") => wants.address = true,
            _ => {
                return Err(format!(
                    "it wants {want}, and can have \"strings\" and \"address\""
                ));
            }
        }
    }
    Ok(wants)
}

/// The reply that a plugin's line is; none where it is nonsense.
fn reply(answer: &Value) -> Option<Reply> {
    /// What plugins are told in the protocol's page.
    const TOLD: &str = "the author of an external plugin, by the protocol's page";
    let answer = answer.as_object()?;
    let mut said = ["errno", "value", "continue"]
        .into_iter()
        .filter_map(|key| Some((key, answer.get(key)?)));
    let reply = match said.next()? {
        ("errno", name) => {
            let native = Arch::of_this_build()?;
            let errno = errno_by_name(native, name.as_str()?)?;
            Reply::Errno(errno)
        }
        ("value", value) => Reply::Value(value.as_i64()?),
        (_, Value::Bool(true)) => Reply::Continue(Race::Advisory(TOLD)),
        _ => return None,
    };
    said.next().is_none().then_some(reply)
}

/// The texts behind a call's paths, by the parameter; null where they can't be read.
pub(crate) fn strings(call: &Call<'_>) -> Value {
    let params = call
        .syscall()
        .and_then(|known| known.params_on(call.arch()));
    let paths = params.unwrap_or_default().iter().enumerate().take(6);
    let texts = paths
        .filter(|(_, param)| param.kind == Kind::Path)
        .map(|(at, param)| {
            let text = call.text(call.arg(at), PATH_MAX).ok();
            let text = text.map(|text| text.to_string_lossy().into_owned());
            (param.name.to_owned(), text.into())
        });
    Value::Object(texts.collect())
}

/// The peer's address of connect and sendto; null where there is none, or it can't be read.
fn address(call: &Call<'_>) -> Value {
    let (at, len) = match call.name().as_str() {
        "connect" => (1, 2),
        "sendto" => (4, 5),
        _ => return Value::Null,
    };
    let address = call.socket_address(call.arg(at), call.arg(len));
    address.map_or(Value::Null, |address| address.to_string().into())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poison| poison.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_no_reply() {
        for nonsense in [
            json!({}),
            json!(7),
            json!({ "errno": "ENONSENSE" }),
            json!({ "errno": 1 }),
            json!({ "continue": false }),
            json!({ "value": 1, "errno": "EPERM" }),
        ] {
            assert!(reply(&nonsense).is_none(), "{nonsense}");
        }
        assert!(matches!(
            reply(&json!({ "errno": "EACCES" })),
            Some(Reply::Errno(13))
        ));
        assert!(matches!(
            reply(&json!({ "value": -3 })),
            Some(Reply::Value(-3))
        ));
    }
}
