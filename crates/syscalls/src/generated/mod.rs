//! The tables, as `cargo xtask gen-tables` writes them from the files in `tables`.
//!
//! They stand apart because nobody edits them; rustfmt leaves them alone for the sake of their length.

#[rustfmt::skip]
pub(crate) mod capabilities;
#[rustfmt::skip]
pub(crate) mod constants;
#[rustfmt::skip]
pub(crate) mod groups;
#[rustfmt::skip]
pub(crate) mod numbers;
#[rustfmt::skip]
pub(crate) mod prototypes;
#[rustfmt::skip]
pub(crate) mod releases;
