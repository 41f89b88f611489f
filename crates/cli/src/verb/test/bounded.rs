//! A command that ends, by itself or because its time is over.
//!
//! Apart from what is expected of it, because here is only waited.

use std::io;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// How long a command that was asked to end may still take.
const GRACE: Duration = Duration::from_secs(2);

/// What a command came to; none where it took longer than it may.
///
/// It is asked to end then, and ended where it does not; what it started itself may go on.
pub(super) fn output(mut command: Command, limit: Duration) -> io::Result<Option<Output>> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let process = Pid::from_child(&child);
    let (tell, told) = channel();
    // It reads both pipes to their ends before it takes the status, so that until it tells, the process has its number.
    thread::spawn(move || tell.send(child.wait_with_output()));
    for (patience, signal) in [(limit, Signal::TERM), (GRACE, Signal::KILL)] {
        match told.recv_timeout(patience) {
            Ok(output) if signal == Signal::TERM => return output.map(Some),
            Ok(_) | Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => drop(kill_process(process, signal)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(script: &str, limit: Duration) -> Option<Output> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        output(command, limit).expect("a shell starts")
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let output = of("echo out; echo err >&2; exit 3", Duration::from_secs(60));
        let output = output.expect("it ends");
        assert_eq!(
            (&*output.stdout, &*output.stderr),
            (&b"out\n"[..], &b"err\n"[..])
        );
        assert_eq!(output.status.code(), Some(3));
        let soon = Duration::from_millis(50);
        assert!(of("exec sleep 1000", soon).is_none());
        // One that does not listen.
        assert!(of("trap '' TERM; while :; do :; done", soon).is_none());
    }
}
