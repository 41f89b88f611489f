//! The terminal at which somebody sits: a question, and the line that answers it.
//!
//! Apart from standard input and output, which are the command's; so an answer is never taken from what a command is fed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};

use crate::words;

/// How often a question looks whether somebody still wants the answer.
const TURN: Duration = Duration::from_millis(100);

/// What Ctrl-C writes, where it is no signal.
const INTERRUPT: u8 = 3;

/// The terminal that controls this process.
pub(crate) struct Terminal {
    file: File,
    /// How long a question waits for its answer.
    patience: Duration,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// A line, without its end.
    Line(String),
    /// Ctrl-C, the end of input, or nothing for too long.
    Nothing,
    /// Nobody could be asked: the terminal belongs to another group of processes, such as a shell's.
    NotOurs,
}

impl Terminal {
    /// The terminal, where there is one, at which questions wait so long for their answers.
    pub(crate) fn open(patience: Duration) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        Ok(Self { file, patience })
    }

    /// Asks, and waits for a line as long as it is wanted; what was typed before the question is no answer.
    pub(crate) fn ask(
        &mut self,
        question: &str,
        is_wanted: impl Fn() -> bool,
    ) -> io::Result<Answered> {
        if tcgetpgrp(&self.file)? != getpgrp() {
            return Ok(Answered::NotOurs);
        }
        let before = Questioning::begin(self.file.try_clone()?)?;
        self.file.write_all(words::harmless(question).as_bytes())?;
        let line = self.line(is_wanted);
        if !matches!(line, Ok(Answered::Line(_))) {
            self.file.write_all(b"\n")?;
        }
        drop(before);
        line
    }

    fn line(&mut self, is_wanted: impl Fn() -> bool) -> io::Result<Answered> {
        let turn = Timespec::try_from(TURN).expect("a short time");
        let end = Instant::now() + self.patience;
        while is_wanted() && Instant::now() < end {
            let mut waits = [PollFd::from_borrowed_fd(self.file.as_fd(), PollFlags::IN)];
            match poll(&mut waits, Some(&turn)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(errno) => return Err(errno.into()),
            }
            // A longer line is no answer; its rest goes with the next question.
            let mut bytes = [0; 64];
            let read = self.file.read(&mut bytes)?;
            return Ok(match bytes[..read].split_last() {
                Some((b'\n', line)) => Answered::Line(String::from_utf8_lossy(line).into_owned()),
                _ => Answered::Nothing,
            });
        }
        Ok(Answered::Nothing)
    }
}

/// The terminal's mode while a question is open: lines are echoed, and Ctrl-C ends one instead of the command.
struct Questioning {
    file: File,
    before: Termios,
}

impl Questioning {
    fn begin(file: File) -> io::Result<Self> {
        let before = tcgetattr(&file)?;
        let mut mode = before.clone();
        mode.local_modes |= LocalModes::ICANON | LocalModes::ECHO;
        mode.local_modes -= LocalModes::ISIG;
        mode.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(&file, OptionalActions::Flush, &mode)?;
        Ok(Self { file, before })
    }
}

impl Drop for Questioning {
    fn drop(&mut self) {
        // A terminal that is gone has no mode.
        let _gone = tcsetattr(&self.file, OptionalActions::Now, &self.before);
    }
}
