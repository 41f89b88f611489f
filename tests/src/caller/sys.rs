//! Calls after which one sees what is in the registers.
//!
//! Apart because `unsafe` stands here.

use std::arch::asm;

use callgate_actions::{CustomAction, TrapHandler};
use callgate_syscalls::Arch;

/// An action whose handler keeps to its stack.
pub(super) fn trap(name: &str, handler: TrapHandler) -> CustomAction {
    // SAFETY: the only handler here reads and adds numbers.
    unsafe { CustomAction::trap(name, handler) }
}

/// Makes a call by the instruction of its arch; what it returned, and the registers of its arguments afterwards.
pub(super) fn make(arch: Arch, nr: u32, args: &[u64; 6]) -> (i64, [u64; 6]) {
    match arch {
        Arch::X86 => by_interrupt(nr, args.map(|arg| arg as u32)),
        _ => by_syscall(nr, *args),
    }
}

fn by_syscall(nr: u32, mut args: [u64; 6]) -> (i64, [u64; 6]) {
    let value: i64;
    let [a, b, c, d, e, f] = &mut args;
    // SAFETY: the instruction changes rax, rcx and r11, and who answers the call the others; the calls of the tests touch no memory.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") u64::from(nr) => value,
            inlateout("rdi") *a, inlateout("rsi") *b, inlateout("rdx") *c,
            inlateout("r10") *d, inlateout("r8") *e, inlateout("r9") *f,
            lateout("rcx") _, lateout("r11") _,
        );
    }
    (value, args)
}

fn by_interrupt(nr: u32, mut args: [u32; 6]) -> (i64, [u64; 6]) {
    let value: i32;
    let place = args.as_mut_ptr();
    // SAFETY: as above; rbx and rbp, which can't be operands, are put back,
    // and old kernels clear r8 to r11.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "mov ebx, [r12]",
            "mov ecx, [r12 + 4]",
            "mov edx, [r12 + 8]",
            "mov esi, [r12 + 12]",
            "mov edi, [r12 + 16]",
            "mov ebp, [r12 + 20]",
            "int 0x80",
            "mov [r12], ebx",
            "mov [r12 + 4], ecx",
            "mov [r12 + 8], edx",
            "mov [r12 + 12], esi",
            "mov [r12 + 16], edi",
            "mov [r12 + 20], ebp",
            "pop rbp",
            "pop rbx",
            inout("r12") place => _,
            inlateout("eax") nr => value,
            lateout("rcx") _, lateout("rdx") _, lateout("rsi") _, lateout("rdi") _,
            lateout("r8") _, lateout("r9") _, lateout("r10") _, lateout("r11") _,
        );
    }
    (value.into(), args.map(u64::from))
}
