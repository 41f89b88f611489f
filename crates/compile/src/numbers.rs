//! The numbers of one audit token as spans that lead to blocks, each with its weight.

use alloc::vec::Vec;

use callgate_bpf::Action;
use callgate_syscalls::Arch;

use crate::arches::Space;
use crate::code::{Code, Node, Step};
use crate::dispatch::Leaf;
use crate::options::Options;
use crate::spans::Span;
use crate::weights::IsCached;

/// Which part of its weight x32 keeps beside x86_64.
const X32_PART: u64 = 1024;

/// The spans of a space, ascending, over all numbers.
pub(crate) fn spans(
    space: &Space,
    blocks: &[Node],
    code: &Code,
    options: &Options,
) -> Vec<Span<Leaf>> {
    let mut spans: Vec<Span<Leaf>> = Vec::with_capacity(space.runs.len());
    // A stretch of runs of one arch is weighed at once: x32's lie within x86_64's.
    for stretch in space.runs.chunk_by(|one, two| one.is.arch == two.is.arch) {
        let arch = stretch[0].is.arch;
        let runs = stretch.iter().map(|run| {
            let node = blocks[run.is.meaning as usize];
            (run.first, is_cached(arch, code.step(node)))
        });
        let runs: Vec<(u32, IsCached)> = runs.collect();
        let weights = options.weights.of_runs(arch, options.cache(), &runs);
        for (run, weight) in stretch.iter().zip(weights) {
            // Hardly a program is built for x32, and x86_64's calls should not wait for it.
            let weight = if arch == Arch::X32 {
                weight / X32_PART
            } else {
                weight
            };
            if let Some(previous) = spans.last_mut() {
                previous.last = run.first - 1;
            }
            spans.push(Span {
                first: run.first,
                last: u32::MAX,
                to: Leaf {
                    node: blocks[run.is.meaning as usize],
                    weight,
                },
            });
        }
    }
    spans
}

/// Whether the kernel keeps the calls of a run in its cache, which has no room for x32.
fn is_cached(arch: Arch, step: Step) -> IsCached {
    if arch != Arch::X32 && step == Step::Ret(Action::Allow.to_ret()) {
        IsCached::Yes
    } else {
        IsCached::No
    }
}
