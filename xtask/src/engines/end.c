// Ends at once by one system call, exit_group(0).
void _start(void) {
    __asm__ volatile("syscall" ::"a"(231), "D"(0));
    __builtin_trap();
}
