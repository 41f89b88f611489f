//! The report: a page of Markdown with tables and plots, the same on the terminal and in the docs.
//!
//! Apart from the measurements, which know no Markdown.

use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use crate::plot::Plot;

/// What is said, and the plots that belong to it.
pub(crate) struct Page {
    text: String,
    plots: Vec<Plot>,
}

/// How many times quicker callgate shall be.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    /// One day.
    pub(crate) aim: f64,
    /// Below this something got worse: what was reached, less what a noisy machine may take.
    pub(crate) least: f64,
}

/// Where the plots stand, beside the page.
const PLOTS: &str = "bench";

impl Page {
    pub(crate) fn new() -> Self {
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let text = format!(
            "# callgate beside libseccomp\n\n\
             Made by `cargo xtask bench` on x86_64, Linux {}, libseccomp {}; do not edit.\n\
             Times are of one noisy machine, so look at the ratios; counts are exact.\n",
            kernel.trim(),
            callgate_oracle::version()
        );
        Self {
            text,
            plots: Vec::new(),
        }
    }

    /// Begins a section.
    pub(crate) fn section(&mut self, title: &str, about: &str) {
        let sentences = about.replace(". ", ".\n");
        let _ = write!(self.text, "\n## {title}\n\n{sentences}\n");
    }

    /// Adds a table.
    pub(crate) fn table<const N: usize>(&mut self, heads: &[&str; N], rows: Vec<[String; N]>) {
        self.rows(heads, rows.into_iter().map(Vec::from).collect());
    }

    /// Adds a table whose width is not known beforehand; each row is as long as the heads.
    pub(crate) fn rows(&mut self, heads: &[&str], rows: Vec<Vec<String>>) {
        let _ = write!(self.text, "\n| {} |\n|", heads.join(" | "));
        for at in 0..heads.len() {
            self.text
                .push_str(if at == 0 { " --- |" } else { " ---: |" });
        }
        self.text.push('\n');
        for row in rows {
            let _ = writeln!(self.text, "| {} |", row.join(" | "));
        }
    }

    /// Says how many times quicker callgate is than libseccomp, and whether that is what is aimed at; whether it is enough.
    pub(crate) fn ratio(&mut self, what: &str, ratio: f64, goal: Goal) -> bool {
        let Goal { aim, least } = goal;
        let word = if ratio >= aim {
            "reached"
        } else {
            "not reached"
        };
        let _ = writeln!(
            self.text,
            "\n{what}: {ratio:.1} times quicker than libseccomp at level 2; the aim of {aim} is {word}."
        );
        let enough = ratio >= least;
        if !enough {
            let _ = writeln!(
                self.text,
                "It was {least} at least, so something got worse."
            );
        }
        enough
    }

    /// Adds a plot.
    pub(crate) fn plot(&mut self, plot: Plot) {
        let (title, file) = (&plot.title, &plot.file);
        let _ = write!(self.text, "\n![{title}]({PLOTS}/{file}.svg)\n");
        self.plots.push(plot);
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Writes `bench.md` and its plots into a folder.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let plots = folder.join(PLOTS);
        fs::create_dir_all(&plots)?;
        for plot in &self.plots {
            let svg = plot.svg().map_err(io::Error::other)?;
            fs::write(plots.join(&plot.file).with_extension("svg"), svg)?;
        }
        fs::write(folder.join("bench.md"), &self.text)
    }
}
