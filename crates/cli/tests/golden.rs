//! Sessions at a terminal as data: what each verb prints, with its exit status.
//!
//! `TRYCMD=overwrite cargo test -p callgate-cli --test golden` writes what is printed now; read the difference before you keep it.

/// Runs every session of `tests/golden`, in the crate's folder; those with libseccomp where it is built in.
#[test]
fn sessions() {
    let cases = trycmd::TestCases::new();
    cases.env("NO_COLOR", "1").case("tests/golden/*.md");
    #[cfg(feature = "libseccomp")]
    cases.case("tests/golden/libseccomp/*.md");
}
