//! A process whose every call is asked about, and who orders it about.
//!
//! Apart from the servers, because it is the same for all of them: the time is taken where the calls are made.

use std::env;
use std::io::{Read, Write, stdin, stdout};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::thread;
use std::time::Instant;

use rustix::process::getppid;

use crate::server::Server;

/// How many calls of each thread make a batch.
const BATCH: u32 = 500;

/// Where caller and server run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// On the last processor that there is.
    OneProcessor,
    /// Where the kernel puts them.
    Anywhere,
}

/// A caller and its server; both end when this is dropped.
pub(crate) struct Caller {
    server: Child,
    orders: ChildStdin,
    answers: ChildStdout,
}

impl Caller {
    /// Starts both.
    pub(crate) fn start(server: Server, threads: usize, placement: Placement) -> Self {
        let this = env::current_exe().expect("a benchmark is a file");
        let mut command = match placement {
            Placement::Anywhere => Command::new(this),
            Placement::OneProcessor => {
                let last = thread::available_parallelism().map_or(1, usize::from) - 1;
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", &last.to_string()]).arg(this);
                command
            }
        };
        let mut server = command
            .args(["--server", server.name(), "--threads", &threads.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("taskset of util-linux starts");
        Self {
            orders: server.stdin.take().expect("it is piped"),
            answers: server.stdout.take().expect("it is piped"),
            server,
        }
    }

    /// Has it make a batch; how long a call of it took on average.
    pub(crate) fn microseconds(&mut self) -> f64 {
        let mut answer = [0; 8];
        self.orders.write_all(&[GO]).expect("it reads");
        self.answers.read_exact(&mut answer).expect("it answers");
        f64::from_le_bytes(answer)
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        // By that order the caller ends, and its server with it.
        if self.orders.write_all(&[END]).is_ok() {
            let _ended = self.server.wait();
        }
    }
}

/// The order to make a batch.
const GO: u8 = 1;
/// The order to end.
const END: u8 = 0;

/// The caller's side: a batch for each order.
pub(crate) fn serve_orders(threads: usize) -> ExitCode {
    let mut order = [END];
    while stdin().read_exact(&mut order).is_ok() && order == [GO] {
        let begin = Instant::now();
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(batch);
            }
            batch();
        });
        let calls = f64::from(BATCH) * threads as f64;
        let microseconds = begin.elapsed().as_secs_f64() * 1e6 / calls;
        let mut answers = stdout();
        let told = answers.write_all(&microseconds.to_le_bytes());
        if told.and_then(|()| answers.flush()).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

fn batch() {
    for _ in 0..BATCH {
        let _parent = getppid();
    }
}
