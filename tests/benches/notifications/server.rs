//! Who answers: the smallest loop, callgate with a handler, or callgate with an external plugin.
//!
//! Apart from what is measured, because each is a process of its own, which starts its caller.

use std::env;
use std::io::{BufRead, Write, stdin, stdout};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use callgate_actions::plugins::{self, Surroundings};
use callgate_actions::{Call, CustomAction, Listener, Race, Registry, Reply, serve};
use callgate_tests::supervisor::{asking, start};
use clap::ValueEnum;
use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::{Value, json};

use crate::smallest;

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Server {
    /// A loop in C.
    Smallest,
    /// A handler in this process.
    Callgate,
    /// A program, a line of JSON for each call.
    External,
}

impl Server {
    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Smallest => "smallest",
            Self::Callgate => "callgate",
            Self::External => "external",
        }
    }

    /// What it is.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Smallest => "the smallest loop in C",
            Self::Callgate => "callgate, a handler",
            Self::External => "callgate, an external plugin that answers at once",
        }
    }

    /// Starts the caller, and answers until it has ended.
    pub(crate) fn serve(self, threads: usize) -> ExitCode {
        let this = env::current_exe().expect("a benchmark is a file");
        let (profile, resolved) = asking(r#""getppid""#, r#""plugin": "this""#);
        let words = ["--caller", "--threads", &threads.to_string()];
        let registry = match self {
            Self::Smallest => None,
            Self::Callgate => {
                let mut registry = Registry::new();
                let goes_on = |_: &Call<'_>| Ok(Reply::Continue(Race::NothingDecided));
                registry
                    .register(CustomAction::notify("x-it", goes_on))
                    .expect("a new name");
                Some(registry)
            }
            Self::External => {
                let command = vec![this.clone().into_os_string(), "--plugin".into()];
                let surroundings = Surroundings {
                    say: Arc::new(|_| {}),
                    explain: Arc::new(|call| call.name()),
                    external: [("this".to_owned(), command)].into(),
                };
                Some(plugins::registry(&profile, &surroundings).expect("it starts"))
            }
        };
        let program = this.to_str().expect("a path of letters");
        let (child, listener) = start(program, &resolved, &words);
        match registry {
            None => become_the_smallest(&listener),
            Some(registry) => {
                let listener = Listener::new(listener).expect("a listener");
                serve(&listener, &resolved, &registry).expect("notifications");
                child.wait().expect("it ran");
                ExitCode::SUCCESS
            }
        }
    }
}

fn become_the_smallest(listener: &OwnedFd) -> ExitCode {
    fcntl_setfd(listener, FdFlags::empty()).expect("a descriptor");
    let number = listener.as_raw_fd().to_string();
    let error = Command::new(smallest()).arg(number).exec();
    eprintln!("the smallest loop: {error}");
    ExitCode::FAILURE
}

/// The external plugin's side: every call goes on.
pub(crate) fn answer_as_a_plugin() -> ExitCode {
    let mut answers = stdout().lock();
    for line in stdin().lock().lines() {
        let question: Value = match line.map(|line| serde_json::from_str(&line)) {
            Ok(Ok(question)) => question,
            _ => return ExitCode::FAILURE,
        };
        let answer = match question.get("id") {
            None => json!({ "plugin": "v1" }),
            Some(id) => json!({ "id": id, "continue": true }),
        };
        if writeln!(answers, "{answer}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
