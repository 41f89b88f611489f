//! `callgate syscall`: everything that is known of a call, by its name or its number.
//!
//! Apart from `explain`, which asks what a profile says: this needs no profile.

use std::collections::BTreeMap;
use std::fmt::Write;

use callgate_syscalls::constants::{self, Constants};
use callgate_syscalls::{Arch, KERNEL, Param, Syscall, X32_BIT, groups};
use clap::Args;
use serde::Serialize;

use crate::failure::{Ended, Failure, Status};
use crate::named::Named;
use crate::verb::Format;
use crate::{nearest, number, output};

/// Look up a call: numbers on every arch, arguments, constants, kernel release, groups
///
/// A number is looked up on every arch, or on the one that --native names. Exit status 1: there is no such call.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate syscall openat2
  callgate syscall 41
  callgate syscall 0x29 --native x86_64
  callgate syscall @mount
  callgate syscall @runtime/runc@1.1.5")]
pub(crate) struct Lookup {
    /// A name, a number in decimal or hexadecimal, a group, or what a container runtime calls before the program: @runtime/runc
    #[arg(value_name = "NAME|NR|@GROUP")]
    call: String,
    /// Whose number it is [default: every arch's], and whose widths and constants are shown [default: the host's]
    #[arg(long, value_name = "ARCH")]
    native: Option<Arch>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Prints what is known.
pub(crate) fn run(arguments: &Lookup) -> Ended {
    if arguments.call.starts_with('@') {
        return print_group(&arguments.call, arguments.format);
    }
    if !number::is_meant(&arguments.call) {
        let unknown = || Failure::new(Status::No, nearest::unknown_call(&arguments.call));
        let call = Syscall::by_name(&arguments.call).ok_or_else(unknown)?;
        return print(call, arguments);
    }
    let number = number::of_call(&arguments.call).map_err(Failure::input)?;
    match arguments.native {
        Some(arch) => match on(arch, number) {
            Some(call) => print(call, arguments),
            None => Err(Failure::new(
                Status::No,
                format_args!("{arch} has no call of the number {number} (as of Linux {KERNEL})"),
            )),
        },
        None => print_everywhere(number, arguments.format),
    }
}

/// Prints the calls of a group, or of a floor.
fn print_group(name: &str, format: Format) -> Ended {
    let named = Named::by_name(name).map_err(|unknown| Failure::new(Status::No, unknown))?;
    match format {
        Format::Human => output::answer(&format!("{}\n", named.calls().join("\n")))?,
        Format::Json => output::document(&GroupAnswer {
            schema: "callgate/group/v1",
            name: named.name(),
            calls: named.calls(),
        })?,
    }
    Ok(Status::Yes)
}

/// The call of a number; x32's are found with and without the bit that a filter sees.
fn on(arch: Arch, number: u32) -> Option<Syscall> {
    Syscall::by_number(arch, number).or_else(|| match arch {
        Arch::X32 => Syscall::by_number(arch, number | X32_BIT),
        _ => None,
    })
}

fn print(call: Syscall, arguments: &Lookup) -> Ended {
    match arguments.format {
        Format::Human => {
            output::answer(&page_for(call, arguments.native))?;
        }
        Format::Json => output::document(&Answer::of(call))?,
    }
    Ok(Status::Yes)
}

fn print_everywhere(number: u32, format: Format) -> Ended {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for &arch in Arch::ALL {
        if let Some(call) = on(arch, number) {
            found.entry(call.name()).or_default().push(arch.name());
        }
    }
    if found.is_empty() {
        return Err(Failure::new(
            Status::No,
            format_args!("no arch has a call of the number {number} (as of Linux {KERNEL})"),
        ));
    }
    match format {
        Format::Human => {
            let width = found.keys().map(|name| name.len()).max().unwrap_or(0);
            let mut text = String::new();
            for (name, arches) in &found {
                let _ = writeln!(text, "{name:width$}  {}", arches.join(" "));
            }
            output::answer(&text)?;
        }
        Format::Json => output::document(&NumberAnswer {
            schema: "callgate/syscall-number/v1",
            nr: number,
            calls: found,
        })?,
    }
    Ok(Status::Yes)
}

#[derive(Serialize)]
struct GroupAnswer {
    schema: &'static str,
    name: String,
    calls: &'static [&'static str],
}

/// The page of a call for who has a machine of that arch, or of this one's.
pub(crate) fn page_for(call: Syscall, native: Option<Arch>) -> String {
    let native = native.or(Arch::of_this_build());
    page(call, native.unwrap_or(Arch::X86_64))
}

/// The page of a call; its arguments are shown as on the native arch or, if that lacks the call, as on one that has it.
fn page(call: Syscall, native: Arch) -> String {
    let arch = [native]
        .iter()
        .chain(Arch::ALL)
        .copied()
        .find(|&arch| call.number(arch).is_some())
        .unwrap_or(native);
    let mut text = String::new();
    let prototype = match call.params() {
        Some(params) => {
            let names: Vec<&str> = params.iter().map(|param| param.name).collect();
            format!("{call}({})", names.join(", "))
        }
        None => format!("{call}(…)"),
    };
    let since = match call.since() {
        Some(release) => format!("since Linux {release}"),
        None => "release not known".to_owned(),
    };
    let names: Vec<&str> = groups::of(call).map(|group| group.name).collect();
    let _ = writeln!(text, "{prototype}\n{since}, {}", names.join(" "));
    match call.params() {
        Some([]) => text.push_str("\nno arguments\n"),
        Some(params) => {
            match arch == native {
                true => text.push_str("\narguments\n"),
                false => {
                    let _ = writeln!(text, "\narguments on {arch}");
                }
            }
            write_params(&mut text, call, params, arch);
        }
        None => text.push_str("\narguments not known: the kernel's headers have no prototype\n"),
    }
    text.push_str("\nnumbers\n");
    let mut by_number: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    let mut without = Vec::new();
    for &each in Arch::ALL {
        match call.number(each) {
            Some(number) => by_number.entry(number).or_default().push(each.name()),
            None => without.push(each.name()),
        }
    }
    for (number, arches) in &by_number {
        let place = match number & X32_BIT {
            0 => number.to_string(),
            _ => format!("{} + {X32_BIT:#x}", number & !X32_BIT),
        };
        let _ = writeln!(text, "  {place:>6}  {}", arches.join(" "));
    }
    if !without.is_empty() {
        let _ = writeln!(text, "  {:>6}  {}", "none", without.join(" "));
    }
    text
}

fn write_params(text: &mut String, call: Syscall, params: &[Param], arch: Arch) {
    let width = |part: fn(&Param) -> &str| {
        params
            .iter()
            .map(|param| part(param).len())
            .max()
            .unwrap_or(0)
    };
    let name_width = width(|param| param.name);
    let kind_width = width(|param| param.kind.name());
    for (index, param) in params.iter().enumerate() {
        let row = format!(
            "  {index}  {:name_width$}  {:kind_width$}  {:>2} bits  {}",
            param.name,
            param.kind.name(),
            param.kind.bits(arch),
            param.c_type
        );
        let _ = writeln!(text, "{}", row.trim_end());
        if let Some(constants) = constants::of_param(arch, call, index) {
            let _ = writeln!(text, "     {:name_width$}  {}", "", sample(constants));
        }
    }
}

/// The first names of a set of constants.
fn sample(constants: &Constants) -> String {
    /// As many as fit on two lines.
    const SHOWN: usize = 8;
    let names: Vec<&str> = constants.values.iter().map(|&(name, _)| name).collect();
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => names.join(" "),
        Some(more) => format!("{} and {more} more", names[..SHOWN].join(" ")),
    }
}

/// The JSON document about a call.
#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    name: &'static str,
    since: Option<String>,
    groups: Vec<&'static str>,
    params: Option<Vec<ParamAnswer>>,
    numbers: BTreeMap<&'static str, u32>,
}

#[derive(Serialize)]
struct ParamAnswer {
    name: &'static str,
    kind: &'static str,
    c_type: &'static str,
}

/// The JSON document about a number.
#[derive(Serialize)]
struct NumberAnswer {
    schema: &'static str,
    nr: u32,
    calls: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Answer {
    fn of(call: Syscall) -> Self {
        let param = |param: &'static Param| ParamAnswer {
            name: param.name,
            kind: param.kind.name(),
            c_type: param.c_type,
        };
        Self {
            schema: "callgate/syscall/v1",
            name: call.name(),
            since: call.since().map(|release| release.to_string()),
            groups: groups::of(call).map(|group| group.name).collect(),
            params: call
                .params()
                .map(|params| params.iter().map(param).collect()),
            numbers: Arch::ALL
                .iter()
                .filter_map(|&arch| Some((arch.name(), call.number(arch)?)))
                .collect(),
        }
    }
}
