//! What a call costs in the kernel under each filter: answered from its cache, and where the filter has to run.
//!
//! Apart from counting steps, which says nothing of the time before and after them.

use callgate_bpf::{Insn, Program, SeccompData};

use crate::input::Abis;
use crate::page::Page;
use crate::programs::programs;
use crate::spread::interleaved;
use crate::sys::Caller;

/// How many rounds; in each, every process makes a batch of calls.
const ROUNDS: usize = 300;

/// The calls that are made, which do nothing, or are refused.
const CALLS: [(&str, libc::c_long); 2] = [
    ("getppid, which is allowed", libc::SYS_getppid),
    ("mount, which is refused", libc::SYS_mount),
];

/// Measures the cost of a call.
pub(crate) fn measure(page: &mut Page) {
    page.section(
        "What a call costs",
        "Nanoseconds of a call from user space and back, under filters for three ABIs: one process for each filter, all pinned to one processor, batches of 2000 calls in an order that differs from round to round. `without the cache` is the same filter behind one instruction that the kernel's cache does not follow, as on a kernel before 5.11.",
    );
    let mut subjects: Vec<(String, Option<Program>)> = vec![("no filter".into(), None)];
    for (name, program) in programs(Abis::Three) {
        let uncached = without_cache(&program);
        subjects.push((name.to_owned(), Some(program)));
        subjects.push((format!("{name}, without the cache"), Some(uncached)));
    }
    for (call, nr) in CALLS {
        let callers: Result<Vec<Caller>, _> = subjects
            .iter()
            .map(|(_, program)| Caller::start(program.as_ref(), nr))
            .collect();
        let mut callers = match callers {
            Ok(callers) => callers,
            Err(error) => {
                page.rows(&[call], vec![vec![format!("not measured: {error}")]]);
                continue;
            }
        };
        let mut timed: Vec<_> = callers
            .iter_mut()
            .map(|caller| || caller.nanoseconds().expect("the child answers"))
            .collect();
        let mut timed: Vec<_> = timed
            .iter_mut()
            .map(|work| work as &mut dyn FnMut() -> f64)
            .collect();
        let spreads = interleaved(ROUNDS, &mut timed);
        let base = spreads[0].median();
        let rows = subjects.iter().zip(&spreads).map(|((name, _), spread)| {
            [
                name.clone(),
                spread.to_string(),
                format!("{:+.1}", spread.median() - base),
            ]
        });
        page.table(&[call, "nanoseconds", "over no filter"], rows.collect());
    }
}

/// The program behind a load of an argument.
fn without_cache(program: &Program) -> Program {
    let mut insns = vec![Insn::LdAbs(SeccompData::ARGS)];
    insns.extend_from_slice(program.insns());
    Program::new(insns).expect("one more fits")
}
