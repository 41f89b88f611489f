//! Every program answers as its policy does: random policies of any shape, on the calls at their edges.

mod support;

use callgate_compile::{Options, compile};

#[test]
fn a_program_answers_as_its_policy_does() {
    arbtest::arbtest(|u| {
        let policy = support::random::policy(u, 6)?;
        let program = compile(&policy, &Options::default()).expect("a small policy has a program");
        support::assert_same(&policy, &program, &support::calls::interesting(&policy));
        Ok(())
    })
    .budget_ms(5_000);
}
