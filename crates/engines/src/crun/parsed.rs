//! What crun's parser makes of a document whose values are not of their fields' types: most of them are not there to it.
//!
//! Apart from crun's checks, because the parser is a library's, made from the OCI's schema, and changed its ways with 1.28.
//! Sources: containers that were started with 1.8.1, 1.27.1 and 1.28, and the text of what these said.
//!
//! - A value of another type counts as absent, so that a number in a string is zero; an element of `names` counts as a name of no call.
//! - A number is read as C reads it: -1 is the largest. One with a fraction, or too large for its field, is refused;
//!   from 1.28 on, one that is too large for 64 bits is the largest, or the smallest, that fits.
//! - A `null` as a rule or a comparison lacks its fields. From 1.28 on the parser ends there without a word, and the container gets no filter.

use std::borrow::Cow;

use callgate_profile::{
    MOST_MISTYPED, Mistyped, NullElement, Part, Problem, Profile, Span, Spanned, codes, faults,
};

use super::{narrow, required};
use crate::fields::{is_oci, is_oci_list};
use crate::resolved::{Reasons, Refusal};
use crate::version::Version;

/// What the parser hands on.
pub(crate) enum Parsed<'p> {
    /// A document, in which the numbers stand that are numbers to C alone.
    Document(Box<Cow<'p, Profile>>),
    /// Nothing, without an error: why.
    Nothing(Problem),
}

/// Which library parses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parser {
    /// Up to 1.27: numbers are texts to it.
    Yajl,
    /// From 1.28 on: numbers have 64 bits to it.
    JsonC,
}

/// What crun of a version makes of a document.
pub(crate) fn parsed(profile: Cow<'_, Profile>, version: Version) -> Result<Parsed<'_>, Refusal> {
    let parser = match version.at_least(1, 28, 0) {
        true => Parser::JsonC,
        false => Parser::Yajl,
    };
    let mut reasons = Reasons::default();
    let mut profile = profile;
    let full = profile.mistyped.last();
    let full = full.filter(|_| profile.mistyped.len() >= MOST_MISTYPED);
    reasons.extend(full.map(|value| value.problem.clone()));
    let mistyped: Vec<Mistyped> = profile
        .mistyped
        .iter()
        .filter(|value| is_oci(value))
        .cloned()
        .collect();
    let mut numbers = Vec::new();
    for value in mistyped {
        match (value.part, &value.number) {
            (Part::Element, _) if value.field == "names" => {}
            (Part::Element, _) => reasons.add(value.problem),
            (Part::Value, None) => {}
            (Part::Value, Some(written)) => match number(parser, value.field, written) {
                Some(number) => numbers.push((value, number)),
                None => reasons.add(value.problem),
            },
        }
    }
    if !numbers.is_empty() {
        let profile = profile.to_mut();
        for (value, number) in numbers {
            if let Some(field) = field(profile, &value) {
                *field = Some(Spanned::new(number, value.problem.span));
            }
        }
    }
    let null = nulls(&profile, parser, &mut reasons);
    let Some(null) = null else {
        reasons.settle()?;
        return Ok(Parsed::Document(Box::new(profile)));
    };
    for rule in profile.rules() {
        required(rule, &mut reasons);
        narrow(&rule.value, rule.value.errno_ret.as_ref(), &mut reasons);
    }
    reasons.keep(|problem| is_before(problem.span, &profile, &null));
    reasons.settle()?;
    let message = format!(
        "crun from 1.28 on stops at the null in `{}` without a word, and the container runs without a filter",
        null.list
    );
    let problem = Problem::error(codes::NULL_ELEMENT, null.span, message);
    Ok(Parsed::Nothing(problem.help("take it out")))
}

/// The number that C makes of one that is no whole number from 0 to the largest.
fn number(parser: Parser, field: &str, written: &str) -> Option<u64> {
    let (is_negative, digits) = match written.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, written),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<u64>().ok();
    let number = match (parser, is_negative) {
        (Parser::Yajl, false) => size?,
        (Parser::Yajl, true) => size?.wrapping_neg(),
        (Parser::JsonC, false) => size.unwrap_or(u64::MAX),
        (Parser::JsonC, true) => {
            const LEAST: u64 = i64::MIN.unsigned_abs();
            size.map_or(LEAST, |size| size.min(LEAST)).wrapping_neg()
        }
    };
    let is_wide = matches!(field, "value" | "valueTwo");
    (is_wide || number <= u64::from(u32::MAX)).then_some(number)
}

/// The field that a number was written for.
fn field<'p>(profile: &'p mut Profile, value: &Mistyped) -> Option<&'p mut Option<Spanned<u64>>> {
    let Some(index) = value.rule else {
        return Some(&mut profile.default_errno_ret);
    };
    let mut rules = profile.syscalls.iter_mut().flat_map(|list| &mut list.value);
    let rule = &mut rules.find(|rule| rule.value.index == index)?.value;
    if value.field == "errnoRet" {
        return Some(&mut rule.errno_ret);
    }
    let mut arguments = rule.args.iter_mut().flat_map(|args| &mut args.value);
    let argument = arguments.find(|argument| holds(argument.span, value.problem.span))?;
    match value.field {
        "index" => Some(&mut argument.value.index),
        "value" => Some(&mut argument.value.value),
        "valueTwo" => Some(&mut argument.value.value_two),
        _ => None,
    }
}

const fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Reasons in the `null`s of lists, or the first of those at which the parser ends.
fn nulls(profile: &Profile, parser: Parser, reasons: &mut Reasons) -> Option<NullElement> {
    let nulls = profile.null_elements.iter();
    let nulls = nulls.filter(|null| is_oci_list(null.list) && null.list != "names");
    let ends =
        |null: &NullElement| parser == Parser::JsonC && matches!(null.list, "syscalls" | "args");
    reasons.extend(
        nulls
            .clone()
            .filter(|null| !ends(null))
            .map(faults::null_element),
    );
    nulls
        .copied()
        .filter(ends)
        .min_by_key(|null| null.span.start)
}

/// Whether the parser finds a fault before it comes to a `null`: it goes through the rules in their order, and looks last for what a rule lacks.
fn is_before(fault: Span, profile: &Profile, null: &NullElement) -> bool {
    let mut rules = profile.rules().iter();
    let of_null = rules.find(|rule| Some(rule.value.index) == null.rule);
    match of_null.filter(|rule| holds(rule.span, null.span)) {
        Some(rule) if fault.start == rule.span.start => false,
        _ => fault.start < null.span.start,
    }
}
