//! `callgate rule`: the page about a problem that `check` finds, and the list of them all.
//!
//! Apart from `check`, because it reads no profile.

use std::fmt::Write;

use callgate_analyze::{Example, LINTS, Lint, lint_by_id};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::failure::{Ended, Failure, Status};
use crate::{difference, output, render};

/// Explain a problem that check finds: what it is, why it matters, what to do
///
/// Without a code all are listed.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate rule
  callgate rule CG204
  callgate rule --format markdown > lints.md")]
pub(crate) struct Rule {
    /// Codes, such as CG204
    #[arg(value_name = "CODE")]
    codes: Vec<String>,
    /// How to print them; markdown and json have the pages of all where no code is named
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: PageFormat,
}

/// How to print pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PageFormat {
    Human,
    Json,
    Markdown,
}

/// Prints the pages.
pub(crate) fn run(arguments: &Rule) -> Ended {
    let lints: Vec<&Lint> = match &arguments.codes[..] {
        [] => LINTS.iter().collect(),
        codes => codes
            .iter()
            .map(|code| named(code))
            .collect::<Result<_, _>>()?,
    };
    match arguments.format {
        PageFormat::Human if arguments.codes.is_empty() => output::answer(&list(&lints))?,
        PageFormat::Human => output::answer(&pages(&lints))?,
        PageFormat::Json => output::document(&Answer::of(&lints))?,
        PageFormat::Markdown => output::answer(&markdown(&lints))?,
    }
    Ok(Status::Yes)
}

fn named(code: &str) -> Result<&'static Lint, Failure> {
    let upper = code.to_ascii_uppercase();
    lint_by_id(&upper).ok_or_else(|| {
        let ids = LINTS.iter().map(|lint| lint.id);
        let failure = Failure::input(format_args!("there is no rule `{code}`"));
        match callgate_profile::nearest(&upper, ids) {
            Some(near) => failure.help(format_args!(
                "did you mean {near}? `callgate rule` lists all"
            )),
            None => failure.help("`callgate rule` lists all"),
        }
    })
}

fn list(lints: &[&Lint]) -> String {
    let mut text = String::new();
    for lint in lints {
        let severity = render::severity(lint.severity);
        let _ = writeln!(text, "{}  {severity:<7}  {}", lint.id, lint.title);
    }
    text
}

fn pages(lints: &[&Lint]) -> String {
    let page = |lint: &&Lint| {
        format!(
            "{}: {}\n{}, {}; found by {}\n\n{}{}",
            lint.id,
            lint.title,
            render::severity(lint.severity),
            lint.confidence.name(),
            lint.found_by(),
            lint.page,
            lint.example
                .map(|example| shown(&example))
                .unwrap_or_default()
        )
    };
    let pages: Vec<String> = lints.iter().map(page).collect();
    pages.join("\n")
}

/// The families of codes.
const FAMILIES: &[(&str, &str)] = &[
    ("CG1", "What is written"),
    ("CG2", "Rules that are not what they look like"),
    ("CG3", "Engines, kernels, libcs and arches"),
    ("CG4", "What is allowed beside Docker's default"),
    ("CG5", "What is refused, and goes another way"),
    ("CG6", "Whether it starts, and ends"),
    ("CG7", "Listeners"),
    ("CG8", "Size, speed and age"),
];

fn markdown(lints: &[&Lint]) -> String {
    let mut text = String::from(
        "# The rules of `callgate check`\n\n\
         This page is made by `callgate rule --format markdown` from the rules themselves.\n\
         `callgate rule CODE` shows one, `--select` and `--ignore` take codes or their beginnings, `--fail-on` a severity.\n\
         The examples are held against the rules: the lines with a minus have the problem, those with a plus do not.\n",
    );
    for (start, title) in FAMILIES {
        let mut of_family = lints
            .iter()
            .filter(|lint| lint.id.starts_with(start))
            .peekable();
        if of_family.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "\n## {title}");
        for lint in of_family {
            let _ = writeln!(
                text,
                "\n### {}: {}\n\n*{}, {}; found by {}.*\n\n{}{}",
                lint.id,
                lint.title,
                render::severity(lint.severity),
                lint.confidence.name(),
                lint.found_by(),
                sentences(lint.page),
                lint.example
                    .map(|example| fenced(&example))
                    .unwrap_or_default()
            );
        }
    }
    text
}

/// An example for a terminal.
fn shown(example: &Example) -> String {
    let lines = difference::whole(example.wrong, example.right);
    let lines = lines.lines().map(|line| format!("    {line}\n"));
    format!("\n{}:\n\n{}", command(example), lines.collect::<String>())
}

/// An example in Markdown.
fn fenced(example: &Example) -> String {
    format!(
        "\n\n`{}`:\n\n```diff\n{}```",
        command(example),
        difference::whole(example.wrong, example.right)
    )
}

/// What finds the problem in an example, and mends it if it can.
fn command(example: &Example) -> String {
    let fix = match example.is_mended {
        true => "--fix --write",
        false => "",
    };
    let words = ["callgate check", example.options, fix, example.file];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// A page with a sentence a line, and nothing in it that Markdown would act on.
fn sentences(page: &str) -> String {
    let joined = page.trim_end().replace('\n', " ");
    let parts = joined.split('`').enumerate();
    let parts = parts.map(|(at, part)| match at % 2 {
        0 => part.replace(". ", ".\n").replace('_', "\\_"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<String>>().join("`")
}

/// The JSON document.
#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    rules: Vec<RuleAnswer>,
}

#[derive(Serialize)]
struct RuleAnswer {
    code: &'static str,
    title: &'static str,
    severity: &'static str,
    confidence: &'static str,
    found_by: &'static str,
    page: &'static str,
    example: Option<ExampleAnswer>,
}

#[derive(Serialize)]
struct ExampleAnswer {
    file: &'static str,
    options: &'static str,
    wrong: &'static str,
    right: &'static str,
    mended_by_fix: bool,
}

impl Answer {
    fn of(lints: &[&Lint]) -> Self {
        let rule = |lint: &&Lint| RuleAnswer {
            code: lint.id,
            title: lint.title,
            severity: render::severity(lint.severity),
            confidence: lint.confidence.name(),
            found_by: lint.found_by(),
            page: lint.page,
            example: lint.example.map(ExampleAnswer::of),
        };
        Self {
            schema: "callgate/rules/v1",
            rules: lints.iter().map(rule).collect(),
        }
    }
}

impl ExampleAnswer {
    const fn of(example: Example) -> Self {
        Self {
            file: example.file,
            options: example.options,
            wrong: example.wrong,
            right: example.right,
            mended_by_fix: example.is_mended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_family() {
        let all: Vec<&Lint> = LINTS.iter().collect();
        let page = markdown(&all);
        for lint in LINTS {
            assert!(page.contains(&format!("### {}: ", lint.id)), "{}", lint.id);
        }
    }
}
