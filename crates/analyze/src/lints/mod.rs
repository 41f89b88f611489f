//! The lints, one file each: its page, its code, its tests.
//!
//! A lint reports only what it can show: a claim about meaning carries a call that `decide` was asked about.

pub(crate) mod cg201;
pub(crate) mod cg202;
pub(crate) mod cg204;
pub(crate) mod cg207;
pub(crate) mod cg209;
pub(crate) mod cg210;
pub(crate) mod cg211;
pub(crate) mod cg212;
pub(crate) mod cg213;
pub(crate) mod cg215;
pub(crate) mod cg301;
pub(crate) mod cg601;
pub(crate) mod cg606;
mod docker;
#[cfg(test)]
mod testing;
