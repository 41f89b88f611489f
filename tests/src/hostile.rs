//! A program that means ill by its supervisor: while one thread makes a call, another changes the memory that the call points at.
//!
//! Apart from the probe, which asks the kernel under filters alone; here somebody answers, and is to be deceived.

#[allow(unsafe_code)]
mod sys;

use std::fs;
use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, Ordering};
use std::thread;

/// What came of many tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// The supervisor did what it may do.
    pub allowed: u64,
    /// It refused.
    pub refused: u64,
    /// It did what it may not do.
    pub escaped: u64,
}

impl Tries {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Allowed => self.allowed += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Escaped => self.escaped += 1,
        }
    }

    /// What the program wrote to its file.
    ///
    /// # Panics
    /// If there is no such file, or it was not written to its end.
    #[must_use]
    pub fn written(file: &std::path::Path) -> Self {
        let text = fs::read_to_string(file).expect("the program ended well");
        let counts: Vec<u64> = text
            .split_whitespace()
            .map(|count| count.parse().expect("a count"))
            .collect();
        let [allowed, refused, escaped] = counts[..] else {
            panic!("{text:?} are not three counts");
        };
        Self {
            allowed,
            refused,
            escaped,
        }
    }
}

enum Outcome {
    Allowed,
    Refused,
    Escaped,
}

/// `open FILE PATH OTHER TRIES`, `connect FILE PORT OTHER TRIES`, `send FILE PORT OTHER TRIES`, `ask FILE TRIES`, `pair FILE` or
/// `attack FILE PROCESS harmless|all`.
///
/// The paths differ in one letter; the file at OTHER begins with an `s`.
pub fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let tries = match words[..] {
        ["open", _, path, other, tries] => open(path, other, number(tries)),
        ["connect", _, port, other, tries] => connect(number(port), number(other), number(tries)),
        ["send", _, port, other, tries] => send(number(port), number(other), number(tries)),
        ["ask", _, tries] => Ok(ask(number(tries))),
        ["pair", _] => Ok(pair()),
        ["attack", _, process, which] => Ok(attack(number(process), which)),
        _ => {
            eprintln!("callgate-hostile takes what to try, a file for the counts, and more");
            return ExitCode::from(2);
        }
    };
    // A file that could be opened before the filter is no use: this is written by name, in a folder that the profile allows.
    let written = tries.and_then(|tries| {
        let Tries {
            allowed,
            refused,
            escaped,
        } = tries;
        fs::write(words[1], format!("{allowed} {refused} {escaped}\n"))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("callgate-hostile: {error}");
            ExitCode::FAILURE
        }
    }
}

fn number<N: std::str::FromStr>(text: &str) -> N {
    text.parse()
        .unwrap_or_else(|_| panic!("{text:?} is no number"))
}

/// Does something while another thread changes memory without a pause.
fn meanwhile<T>(change: impl Fn() + Send + 'static, act: impl FnOnce() -> T) -> T {
    let is_over = Arc::new(AtomicBool::new(false));
    let over = is_over.clone();
    let changer = thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            change();
        }
    });
    let done = act();
    is_over.store(true, Ordering::Relaxed);
    changer.join().expect("it only stores");
    done
}

fn open(path: &str, other: &str, tries: u64) -> io::Result<Tries> {
    let at = path
        .bytes()
        .zip(other.bytes())
        .position(|(one, two)| one != two)
        .expect("the paths differ");
    let letters = [path.as_bytes()[at], other.as_bytes()[at]];
    let text: &'static [AtomicU8] = path
        .bytes()
        .chain([0])
        .map(AtomicU8::new)
        .collect::<Vec<_>>()
        .leak();
    let change = move || {
        letters
            .iter()
            .for_each(|&letter| text[at].store(letter, Ordering::Relaxed))
    };
    Ok(meanwhile(change, || {
        let mut counts = Tries::default();
        for _ in 0..tries {
            counts.count(match sys::first_byte(text) {
                Ok(b's') => Outcome::Escaped,
                Ok(_) => Outcome::Allowed,
                Err(_) => Outcome::Refused,
            });
        }
        counts
    }))
}

/// An IPv4 address of this machine whose port changes: family, port, address, zeroes.
fn address(port: u16) -> &'static [AtomicU16] {
    let words = [
        2,
        port.to_be(),
        u16::from_ne_bytes([127, 0]),
        u16::from_ne_bytes([0, 1]),
        0,
        0,
        0,
        0,
    ];
    Vec::from(words.map(AtomicU16::new)).leak()
}

fn connect(port: u16, other: u16, tries: u64) -> io::Result<Tries> {
    let address = address(port);
    let change = move || {
        [port, other]
            .iter()
            .for_each(|port| address[1].store(port.to_be(), Ordering::Relaxed))
    };
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    Ok(meanwhile(change, || {
        let mut counts = Tries::default();
        for _ in 0..tries {
            counts.count(match sys::connect(socket.as_raw_fd(), address) {
                Ok(()) => match socket.peer_addr() {
                    Ok(peer) if peer.port() == other => Outcome::Escaped,
                    _ => Outcome::Allowed,
                },
                Err(_) => Outcome::Refused,
            });
        }
        counts
    }))
}

fn send(port: u16, other: u16, tries: u64) -> io::Result<Tries> {
    let address = address(port);
    let change = move || {
        [port, other]
            .iter()
            .for_each(|port| address[1].store(port.to_be(), Ordering::Relaxed))
    };
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    Ok(meanwhile(change, || {
        let mut counts = Tries::default();
        for _ in 0..tries {
            // Whether it came to the other is for the other to say.
            counts.count(match sys::send(socket.as_raw_fd(), address) {
                Ok(()) => Outcome::Allowed,
                Err(_) => Outcome::Refused,
            });
        }
        counts
    }))
}

/// Asks who its parent is, which is always answered where nobody refuses.
fn ask(tries: u64) -> Tries {
    let mut counts = Tries::default();
    for _ in 0..tries {
        counts.count(match sys::parent() {
            Ok(_) => Outcome::Allowed,
            Err(_) => Outcome::Refused,
        });
    }
    counts
}

/// Two threads that ask different things at once.
fn pair() -> Tries {
    let one = thread::spawn(sys::parent);
    let two = thread::spawn(sys::session);
    let mut counts = Tries::default();
    for answer in [one, two] {
        counts.count(match answer.join().expect("it only asks") {
            Ok(_) => Outcome::Allowed,
            Err(_) => Outcome::Refused,
        });
    }
    counts
}

/// Attacks a process, with all that there is or with what does no harm where it comes through.
fn attack(process: i32, which: &str) -> Tries {
    let harmless = sys::HARMLESS.iter();
    let harmful = sys::HARMFUL.iter().filter(|_| which == "all");
    let mut counts = Tries::default();
    for (name, attack) in harmless.chain(harmful) {
        let refused = attack(process)
            .is_err_and(|error| matches!(error.raw_os_error(), Some(libc::EPERM | libc::EACCES)));
        counts.count(match refused {
            true => Outcome::Refused,
            false => Outcome::Escaped,
        });
        if !refused && which == "all" {
            eprintln!("callgate-hostile: {name} came through");
        }
    }
    counts
}
