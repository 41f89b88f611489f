//! `run --ask`: who sits at the terminal decides about each call that the profile denies.
//!
//! Apart from the supervisor, which has handlers and no opinion; here a person is one.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use callgate_actions::{Call, NotifyHandler, Race, Reply};
use callgate_analyze::amend::{Answer, Subject};
use callgate_syscalls::{Arch, Syscall};

use crate::bases;
use crate::edited::amended;
use crate::failure::{Failure, Status};
use crate::input::Document;
use crate::reading::Reading;
use crate::terminal::{Answered, Terminal};
use crate::{output, words};

/// What stands for every call of a number, from an answer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Always,
    Never,
}

/// What was answered for good, by arch and number.
#[derive(Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<BTreeMap<(Arch, u32), Standing>>>);

/// Asks about denied calls, one after the other.
pub(crate) struct Ask {
    terminal: Mutex<Terminal>,
    answers: Answers,
    reading: Arc<Reading>,
    is_over: AtomicBool,
}

impl Ask {
    /// For a profile, with so long for an answer; an error where nobody can be asked.
    pub(crate) fn new(reading: &Arc<Reading>, patience: Duration) -> Result<Self, Failure> {
        let terminal = Terminal::open(patience).map_err(|error| {
            let error = words::system_error(&error);
            Failure::new(
                Status::NotPossible,
                format_args!("--ask needs a terminal, and there is none: {error}"),
            )
        })?;
        Ok(Self {
            terminal: Mutex::new(terminal),
            answers: Answers::default(),
            reading: reading.clone(),
            is_over: AtomicBool::new(false),
        })
    }

    /// What is answered for good, now and later.
    pub(crate) fn answers(&self) -> Answers {
        self.answers.clone()
    }

    fn question(&self, call: &Call<'_>) -> String {
        let decision = call.decision();
        let shown = callgate_analyze::Call {
            arch: call.arch(),
            nr: call.data().nr,
            args: call.data().args,
        };
        format!(
            "callgate: {shown} on {} in {}: {} ({})\n  let it through? once, always, never; nothing denies it this time: ",
            call.arch(),
            call.thread(),
            words::action(decision.action, call.arch()),
            self.reading.located(decision, call.arch())
        )
    }
}

impl NotifyHandler for Ask {
    /// What is shown and decided on are the call's registers, which can't change.
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        let made = Reply::Continue(Race::RegistersOnly);
        let key = (call.arch(), call.data().nr);
        let mut terminal = lock(&self.terminal);
        // Perhaps what was asked before is what was waited for.
        match self.answers.of(key) {
            Some(Standing::Always) => return Ok(made),
            Some(Standing::Never) => return Ok(Reply::Otherwise),
            None => {}
        }
        let is_wanted = || !self.is_over.load(Ordering::SeqCst) && call.check().is_ok();
        if !is_wanted() {
            return Ok(Reply::Otherwise);
        }
        let line = match terminal.ask(&self.question(call), is_wanted)? {
            Answered::Line(line) => line,
            Answered::Nothing => return Ok(Reply::Otherwise),
            Answered::NotOurs => {
                crate::say!(
                    "{} is denied without a question: the terminal is another's now, such as a shell's",
                    call.name()
                );
                return Ok(Reply::Otherwise);
            }
        };
        Ok(match line.trim() {
            "o" | "once" => made,
            "a" | "always" => {
                self.answers.keep(key, Standing::Always);
                made
            }
            "n" | "never" => {
                self.answers.keep(key, Standing::Never);
                Reply::Otherwise
            }
            "" => Reply::Otherwise,
            word => {
                crate::say!("`{word}` is none of once, always and never: denied this time");
                Reply::Otherwise
            }
        })
    }

    /// Ends an open question, so that the terminal is as it was.
    fn close(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        drop(lock(&self.terminal));
    }
}

impl Answers {
    fn of(&self, key: (Arch, u32)) -> Option<Standing> {
        lock(&self.0).get(&key).copied()
    }

    fn keep(&self, key: (Arch, u32), standing: Standing) {
        lock(&self.0).insert(key, standing);
    }

    /// Writes the profile with every call let through that was always to be.
    pub(crate) fn save(&self, reading: &Reading, path: &Path) -> Result<(), Failure> {
        let mut document = reading.document.clone();
        let mut saved = Vec::new();
        for ((arch, nr), standing) in &*lock(&self.0) {
            if *standing == Standing::Never {
                continue;
            }
            match Syscall::by_number(*arch, *nr) {
                Some(call) => match let_through(&document, call, reading) {
                    Ok(text) => {
                        document.text = text.into_bytes();
                        saved.push(call.to_string());
                    }
                    Err(failure) => {
                        crate::say!("{call} is not in {}:", path.display());
                        failure.tell();
                    }
                },
                None => crate::say!(
                    "call {nr} of {arch} is not in {}: it has no name, and rules are for names",
                    path.display()
                ),
            }
        }
        output::to_file_or_stdout(path, &bases::text_for(path, &document))?;
        let more = match saved.is_empty() {
            true => "no more than before".to_owned(),
            false => saved.join(" "),
        };
        crate::say!("{} is written, and lets through {more}", path.display());
        Ok(())
    }
}

/// The profile's text with a call let through, and nothing else opened.
fn let_through(document: &Document, call: Syscall, reading: &Reading) -> Result<String, Failure> {
    let subject = Subject {
        call,
        comparisons: Vec::new(),
    };
    let target = std::slice::from_ref(&reading.target);
    Ok(amended(document, &[subject], Answer::Allow, target)?.text)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poison| poison.into_inner())
}
