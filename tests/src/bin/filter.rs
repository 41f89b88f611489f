//! `callgate-filter PROCESS FILE`: writes the one filter of a process to a file, as raw instructions; `cargo xtask engines` uses it.

use std::process::ExitCode;

use callgate_syscalls::Endian;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (Some(process), Some(file)) = (words.next(), words.next()) else {
        eprintln!("callgate-filter takes a process and a file");
        return ExitCode::from(2);
    };
    match write(&process, &file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("callgate-filter: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(process: &str, file: &str) -> Result<(), Box<dyn std::error::Error>> {
    let filters = callgate_load::filters::of_process(process.parse()?)?;
    let [filter] = &filters[..] else {
        return Err(format!(
            "process {process} has {} filters, and one is expected",
            filters.len()
        )
        .into());
    };
    Ok(std::fs::write(file, filter.to_bytes(Endian::Little))?)
}
