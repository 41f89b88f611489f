//! `cargo xtask engines`: starts real containers under real profiles, reads their filters back, and proves the models equal to them.
//! Apart from the lab, which asks what programs see: this asks for every call, and of more engines.

mod agent;
mod archive;
mod bundle;
mod cgroup;
mod containerd;
mod docker;
mod engine;
mod floors;
mod judge;
mod namespace;
mod oci;
mod podman;
mod profile;
mod rules;
mod site;
mod table;
mod trace;

use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::command::{Fallible, on_path, succeed};
use crate::left_out;
use crate::packages::{self, Need};
use engine::{CAPS, Engine};
use judge::Judge;
use site::Site;
use table::Table;

/// What is compared.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Only the profiles on which engines are known to differ
    #[arg(long)]
    short: bool,
    #[command(flatten)]
    site: SiteOptions,
}

/// What is needed to start containers, whatever for.
#[derive(Args, Debug)]
pub(crate) struct SiteOptions {
    /// Make the root of Debian sid anew, though there is one
    #[arg(long)]
    fresh: bool,
    /// Set where the task has started itself in namespaces of its own
    #[arg(long, hide = true)]
    inside: bool,
}

/// Why no engine can be compared on this machine, or none.
pub(crate) fn missing() -> Option<String> {
    if !cfg!(target_arch = "x86_64") {
        return Some("the containers' programs speak x86_64 only".to_owned());
    }
    if !on_path("dpkg-query") {
        return Some("not Debian".to_owned());
    }
    if !packages::is_root() {
        return Some("not root".to_owned());
    }
    Need::missing(&packages::ENGINES)
}

/// `cargo xtask engines`.
pub(crate) fn run(options: &Options) -> Fallible {
    let callgate = std::env::current_exe()?.with_file_name("callgate");
    if options.site.inside {
        return compare(options, &callgate);
    }
    packages::install()?;
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "-p", "callgate-cli", "-p"]);
    build.args(["callgate-tests", "--bin", "callgate", "--bin"]);
    succeed(build.arg("callgate-filter"))?;
    rules::build()?;
    let words: &[&str] = match options.short {
        true => &["engines", "--short"],
        false => &["engines"],
    };
    inside(&options.site, words)
}

/// `cargo xtask gen-floors`.
pub(crate) fn gen_floors(options: &SiteOptions) -> Fallible {
    if options.inside {
        return floors::measure(&Site::open()?);
    }
    packages::install()?;
    if let Some(reason) = Need::missing([&packages::STRACE]) {
        return Err(reason.into());
    }
    inside(options, &["gen-floors"])
}

/// Prepares what can be prepared outside, then does the task in namespaces that take all mounts and processes with them.
fn inside(options: &SiteOptions, words: &[&str]) -> Fallible {
    if let Some(reason) = missing() {
        return Err(reason.into());
    }
    if let Err(reason) = archive::prepare(options.fresh) {
        left_out::note("engines of Debian sid", &reason.to_string())?;
    }
    cgroup::clean();
    let mut again = namespace::command();
    again.arg(std::env::current_exe()?);
    let ended = succeed(again.args(words).arg("--inside"));
    cgroup::clean();
    ended.map_err(|_| format!("{} failed, as said above", words[0]).into())
}

/// Compares every engine on every ground, and prints as it goes.
fn compare(options: &Options, callgate: &Path) -> Fallible {
    let site = Site::open()?;
    let judge = Judge::new(callgate, &site)?;
    let profiles = profile::all(&site, options.short)?;
    let mut table = Table::new();
    for ground in site.grounds()? {
        rules::hold(&ground, &site, options.short)?;
        for engine in engine::all(&ground, &site)? {
            of_engine(&*engine, &profiles, &judge, &mut table)?;
        }
        agent::try_with(&ground, &site, callgate)?;
    }
    table.finish()
}

fn of_engine(
    engine: &dyn Engine,
    profiles: &[profile::Given],
    judge: &Judge,
    table: &mut Table,
) -> Fallible {
    let model = judge.model(engine)?;
    table.begin(engine, &model);
    for profile in profiles {
        let mut cells = Vec::new();
        for caps in CAPS {
            let start = engine.start(profile.path(), caps);
            let cell = judge.cell(&model, profile.path(), caps, start);
            engine.remove()?;
            cells.push((caps, cell));
        }
        table.add(profile.name(), cells);
    }
    Ok(())
}
