// Stays alive without a single system call, so that no filter can end it.
void _start(void) {
    for (;;)
        __asm__ volatile("pause");
}
