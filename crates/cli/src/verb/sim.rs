//! `callgate sim`: what a profile or a program answers to many calls.
//!
//! Apart from `explain`, which says why: this says what, a line each, as fast as it can.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use callgate_bpf::{Action, Program};
use callgate_policy::{Policy, of_stack};
use callgate_syscalls::{Arch, Syscall};
use clap::{Args, ValueEnum};

use crate::calls::Call;
use crate::failure::{Ended, Failure, Status};
use crate::input::{self, InputOptions};
use crate::meaning::{LayerOptions, Meaning};
use crate::reading::TargetOptions;
use crate::sources::Sources;
use crate::verb::compile;
use crate::words;

/// Say what a profile or a raw program answers to calls
///
/// A call is a line: ARCH NAME|NR [ARG…], numbers decimal or hexadecimal, arguments that are missing are zero;
/// blank lines and what follows a `#` are skipped.
/// A line that is no call is reported with its place, the others are answered, and the exit status is 2.
#[derive(Args, Debug)]
#[command(after_help = "Answers under --format jsonl, in the order of the calls:
  {\"arch\":\"x86_64\",\"nr\":41,\"args\":[40,1,0,0,0,0],\"action\":\"errno\",\"errno\":1,\"steps\":7}
  action is kill_process, kill_thread, trap, errno, notify, trace, log or allow;
  errno has its number in `errno`, trap and trace have their sixteen bits in `data`;
  nr is the number that a filter sees (x32's have bit 30 set);
  `steps` is there when a program was run: for FILE.bpf, and with --compiled.
With several --target a line has all of their answers, and says whether they differ; for people a `!` marks it:
  {\"arch\":\"x86_64\",\"nr\":308,\"args\":[0,0,0,0,0,0],\"differs\":true,\"targets\":[{\"target\":\"docker@28\",\"action\":\"errno\",\"errno\":1},{\"target\":\"containerd\",\"action\":\"allow\"}]}

Examples:
  echo 'x86_64 socket 0x28 1 0' | callgate sim docker:default --calls - --format jsonl
  callgate sim filter.bpf --all-calls --arch x86_64,x86
  callgate sim docker:default --all-calls --target docker@28 --target containerd | grep '^!'")]
pub(crate) struct Sim {
    /// A profile: a path, `-`, docker:default, pid:N, container:NAME, or a raw program FILE.bpf
    profile: String,
    /// The calls, a line each, or `-` for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "all_calls")]
    calls: Option<String>,
    /// Every call of the arches, with zero arguments
    #[arg(long, conflicts_with = "calls")]
    all_calls: bool,
    /// Answer by the compiled program instead of the profile's meaning
    #[arg(long)]
    compiled: bool,
    /// How to print the answers
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: LineFormat,
    #[command(flatten)]
    layer: LayerOptions,
    #[command(flatten)]
    target: TargetOptions,
}

/// How to print a stream of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LineFormat {
    Human,
    Jsonl,
}

/// Answers the calls.
pub(crate) fn run(arguments: &Sim, options: InputOptions) -> Ended {
    if arguments.profile == "-" && arguments.calls.as_deref() == Some("-") {
        return Err(Failure::input(
            "the profile and the calls can't both come from standard input",
        ));
    }
    let target = match arguments.compiled {
        true => arguments.target.for_a_program()?,
        false => arguments.target.clone(),
    };
    let targets = target.targets()?;
    let sources = Sources::read(&arguments.profile, &arguments.layer, options, &target)?;
    let mut arches = Vec::new();
    let mut columns = Vec::new();
    for each in targets {
        let meaning = sources.meaning(options, &each)?;
        for arch in meaning.arches() {
            if !arches.contains(&arch) {
                arches.push(arch);
            }
        }
        columns.push(Column {
            target: each.to_string(),
            answers: match (meaning, arguments.compiled) {
                (Meaning::Policy(reading), true) => Answers::Program(compile::program(&reading)?),
                (Meaning::Stack(layers), true) => {
                    Answers::Program(compile::program_of_stack(&layers, &target)?)
                }
                (meaning, _) => Answers::of(meaning),
            },
        });
    }
    if arches.is_empty() {
        arches = target.arches_of_a_program()?;
    }
    let mut printer = Printer {
        out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
        format: arguments.format,
        columns,
    };
    printer.head()?;
    match &arguments.calls {
        Some(file) => of_lines(file, &mut printer),
        None => of_arches(&arches, &mut printer),
    }
}

/// Who is asked, and what of.
struct Column {
    target: String,
    answers: Answers,
}

/// Who answers.
enum Answers {
    Policy(Policy),
    Program(Program),
    /// Several, the oldest first.
    Stack(Vec<Answers>),
}

impl Answers {
    fn of(meaning: Meaning) -> Self {
        match meaning {
            Meaning::Program(program) => Self::Program(program),
            Meaning::Policy(reading) => Self::Policy(reading.resolved.policy),
            Meaning::Stack(layers) => Self::Stack(
                layers
                    .into_iter()
                    .map(|layer| Self::of(layer.meaning))
                    .collect(),
            ),
        }
    }

    /// What a call gets, and the steps that it took.
    fn to(&self, call: &Call) -> Given {
        match self {
            Self::Policy(policy) => (policy.decide(&call.data()).action, None),
            Self::Program(program) => {
                let outcome = callgate_bpf::run(program, &call.data());
                (outcome.action, Some(outcome.steps))
            }
            Self::Stack(layers) => {
                let answers: Vec<_> = layers.iter().map(|layer| layer.to(call)).collect();
                let (_, action) = of_stack(answers.iter().map(|&(action, _)| action))
                    .expect("a stack has a layer");
                // All layers run; the steps are known where all are programs.
                (action, answers.into_iter().map(|(_, steps)| steps).sum())
            }
        }
    }
}

fn of_arches(arches: &[Arch], printer: &mut Printer<impl Write>) -> Ended {
    for &arch in arches {
        for (nr, _) in Syscall::numbers(arch) {
            printer.print(&Call {
                arch,
                nr,
                args: [0; 6],
            })?;
        }
    }
    printer.out.flush()?;
    Ok(Status::Yes)
}

fn of_lines(file: &str, printer: &mut Printer<impl Write>) -> Ended {
    let unreadable = |error: io::Error| {
        let words = words::system_error(&error);
        Failure::input(format_args!("{}: {words}", input::title(file)))
    };
    let source: Box<dyn io::Read> = match file {
        "-" => Box::new(io::stdin().lock()),
        path => Box::new(File::open(Path::new(path)).map_err(unreadable)?),
    };
    let mut source = BufReader::with_capacity(1 << 16, source);
    let mut line = Vec::new();
    let mut number = 0_u64;
    let mut wrong = 0_u64;
    loop {
        // Who writes a call and waits for its answer gets it.
        if source.buffer().is_empty() {
            printer.out.flush()?;
        }
        line.clear();
        let read = io::Read::take(&mut source, LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .map_err(unreadable)?;
        if read == 0 {
            break;
        }
        number += 1;
        if read as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            return Err(Failure::input(format_args!(
                "{}:{number}: a line of {LONGEST_LINE} bytes or more is no call",
                input::title(file)
            )));
        }
        match Call::parse(&String::from_utf8_lossy(&line)) {
            Ok(None) => {}
            Ok(Some(call)) => printer.print(&call)?,
            Err(error) => {
                wrong += 1;
                if wrong <= MOST_TOLD {
                    crate::say!("{}:{number}:{}: {error}", input::title(file), error.column);
                }
            }
        }
    }
    printer.out.flush()?;
    match wrong {
        0 => Ok(Status::Yes),
        1 => Err(Failure::input("1 line is not a call")),
        _ => Err(Failure::input(format_args!("{wrong} lines are not calls"))),
    }
}

/// The longest line that is read.
const LONGEST_LINE: u64 = 1 << 16;

/// The most wrong lines that are told one by one; all are counted.
const MOST_TOLD: u64 = 1000;

struct Printer<W> {
    out: W,
    format: LineFormat,
    /// One at least.
    columns: Vec<Column>,
}

impl<W: Write> Printer<W> {
    /// Says which column is whose, where there are several.
    fn head(&mut self) -> Result<(), Failure> {
        if let (LineFormat::Human, [_, _, ..]) = (self.format, &self.columns[..]) {
            write!(self.out, "  ")?;
            for Column { target, .. } in &self.columns {
                write!(self.out, "{target:<WIDTH$}  ")?;
            }
            writeln!(self.out, "{:<7}  call", "arch")?;
        }
        Ok(())
    }

    fn print(&mut self, call: &Call) -> Result<(), Failure> {
        let given = self.columns.iter().map(|column| column.answers.to(call));
        let given: Vec<Given> = given.collect();
        match self.format {
            LineFormat::Human => self.human(call, &given),
            LineFormat::Jsonl => self.jsonl(call, &given),
        }
        .map_err(Failure::from)
    }

    fn human(&mut self, call: &Call, given: &[Given]) -> io::Result<()> {
        if given.len() > 1 {
            let mark = if differ(given) { "! " } else { "  " };
            self.out.write_all(mark.as_bytes())?;
        }
        for (&(action, _), Column { target, .. }) in given.iter().zip(&self.columns) {
            let width = match given {
                [_] => WIDTH,
                _ => WIDTH.max(target.len()),
            };
            let words = words::action(action, call.arch);
            write!(self.out, "{words:<width$}  ")?;
        }
        write!(self.out, "{:<7}  {}", call.arch, Written(call))?;
        match given {
            [(_, Some(steps))] => writeln!(self.out, "  in {steps} steps"),
            _ => writeln!(self.out),
        }
    }

    fn jsonl(&mut self, call: &Call, given: &[Given]) -> io::Result<()> {
        let [a, b, c, d, e, f] = call.args;
        write!(
            self.out,
            "{{\"arch\":\"{}\",\"nr\":{},\"args\":[{a},{b},{c},{d},{e},{f}],",
            call.arch, call.nr
        )?;
        if let &[one] = given {
            self.answer(one)?;
            return self.out.write_all(b"}\n");
        }
        write!(self.out, "\"differs\":{},\"targets\":[", differ(given))?;
        for (at, &one) in given.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let target = &self.columns[at].target;
            write!(self.out, "{comma}{{\"target\":\"{target}\",")?;
            self.answer(one)?;
            self.out.write_all(b"}")?;
        }
        self.out.write_all(b"]}\n")
    }

    /// The members of an object that say what a call gets.
    fn answer(&mut self, (action, steps): Given) -> io::Result<()> {
        write!(self.out, "\"action\":\"{}\"", action.name())?;
        match action {
            Action::Errno(errno) => write!(self.out, ",\"errno\":{errno}")?,
            Action::Trap(data) | Action::Trace(data) => write!(self.out, ",\"data\":{data}")?,
            _ => {}
        }
        match steps {
            Some(steps) => write!(self.out, ",\"steps\":{steps}"),
            None => Ok(()),
        }
    }
}

/// The width of an answer in words.
const WIDTH: usize = 18;

/// What a call gets, and the steps that it took, where they are known.
type Given = (Action, Option<u32>);

/// Whether not all answers are the same action with the same data.
fn differ(given: &[Given]) -> bool {
    given.iter().any(|(action, _)| *action != given[0].0)
}

/// A call as in C, with as many arguments as matter.
struct Written<'c>(&'c Call);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(call) = *self;
        match Arch::of_call(call.arch.audit(), call.nr)
            .and_then(|arch| Syscall::by_number(arch, call.nr))
        {
            Some(known) => write!(f, "{known}(")?,
            None => write!(f, "{}(", call.nr)?,
        }
        let given = call
            .args
            .iter()
            .rposition(|&arg| arg != 0)
            .map_or(0, |last| last + 1);
        for (index, arg) in call.args[..given].iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{arg:#x}")?;
        }
        f.write_str(")")
    }
}
