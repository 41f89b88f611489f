//! A process that sleeps while a test looks at it.
//!
//! Apart from the tests, because more than one puts a process under filters, each in its own way.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A process that sleeps; it ends with the value.
pub(crate) struct Sleeper {
    child: Child,
    pub(crate) pid: String,
}

impl Sleeper {
    /// What this command starts when a shell stands behind its words.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command
            .args(["sh", "-c", "echo $$; exec sleep 600"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut pid = String::new();
        BufReader::new(child.stdout.take().expect("a pipe"))
            .read_line(&mut pid)
            .expect("it says who it is");
        let pid = pid.trim().to_owned();
        assert!(!pid.is_empty(), "it did not start");
        Self { child, pid }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(&self.pid).status();
        let _ = self.child.wait();
    }
}
