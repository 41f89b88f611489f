// Asks for a folder, and writes to the file that it is given the errno that it got, as a letter from '0' on.
static long call(long nr, long one, long two, long three) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(one), "S"(two), "d"(three) : "rcx", "r11", "memory");
    return result;
}

__attribute__((used)) static void ask(long *stack) {
    char letter = (char)('0' - call(83, (long)"/made", 0755, 0)); // mkdir
    long file = call(2, stack[2], 0101, 0644);                    // open, to write and to make
    call(1, file, (long)&letter, 1);                              // write
    call(231, 0, 0, 0);                                           // exit_group
}

__attribute__((naked)) void _start(void) {
    __asm__ volatile("mov %rsp, %rdi\n\tcall ask");
}
