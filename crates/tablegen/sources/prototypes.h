/*
 * Prototypes that the kernel's headers do not hold, or hold without the names of the parameters.
 * Names and types are those of the SYSCALL_DEFINE in the kernel's source.
 * Where a header does declare the function, the types here must be the header's: gen-tables compares them.
 */

/* net/socket.c; the header gives no names */
long sys_socket(int family, int type, int protocol);
long sys_socketpair(int family, int type, int protocol, int *usockvec);
long sys_bind(int fd, struct sockaddr *umyaddr, int addrlen);
long sys_listen(int fd, int backlog);
long sys_accept(int fd, struct sockaddr *upeer_sockaddr, int *upeer_addrlen);
long sys_accept4(int fd, struct sockaddr *upeer_sockaddr, int *upeer_addrlen, int flags);
long sys_connect(int fd, struct sockaddr *uservaddr, int addrlen);
long sys_getsockname(int fd, struct sockaddr *usockaddr, int *usockaddr_len);
long sys_getpeername(int fd, struct sockaddr *usockaddr, int *usockaddr_len);
long sys_send(int fd, void *buff, size_t len, unsigned flags);
long sys_sendto(int fd, void *buff, size_t len, unsigned flags, struct sockaddr *addr, int addr_len);
long sys_recv(int fd, void *ubuf, size_t size, unsigned flags);
long sys_recvfrom(int fd, void *ubuf, size_t size, unsigned flags, struct sockaddr *addr, int *addr_len);
long sys_shutdown(int fd, int how);

/* fs/select.c, fs/aio.c, kernel/signal.c, kernel/sys.c; the header gives no names */
long sys_ppoll(struct pollfd *ufds, unsigned int nfds, struct __kernel_timespec *tsp, const sigset_t *sigmask, size_t sigsetsize);
long sys_pselect6(int n, fd_set *inp, fd_set *outp, fd_set *exp, struct __kernel_timespec *tsp, void *sig);
long sys_io_submit(aio_context_t ctx_id, long nr, struct iocb **iocbpp);
long sys_rt_sigaction(int sig, const struct sigaction *act, struct sigaction *oact, size_t sigsetsize);
long sys_sigaction(int sig, const struct old_sigaction *act, struct old_sigaction *oact);
long sys_uname(struct old_utsname *name);
long sys_olduname(struct oldold_utsname *name);
long sys_sigsuspend(old_sigset_t mask);
long sys_sigsuspend3(int unused1, int unused2, old_sigset_t mask);
long sys_mips_sigsuspend(sigset_t *uset);

/* kernel/fork.c: the order differs by CONFIG_CLONE_BACKWARDS and CONFIG_CLONE_BACKWARDS2 */
long sys_clone(unsigned long clone_flags, unsigned long newsp, int *parent_tidptr, int *child_tidptr, unsigned long tls);
long sys_clone_backwards(unsigned long clone_flags, unsigned long newsp, int *parent_tidptr, unsigned long tls, int *child_tidptr);
long sys_clone_backwards2(unsigned long newsp, unsigned long clone_flags, int *parent_tidptr, int *child_tidptr, unsigned long tls);

/* fs/notify/fanotify/fanotify_user.c: 32-bit kernels take the mask as two words */
long sys_fanotify_mark(int fanotify_fd, unsigned int flags, u64 mask, int dfd, const char *pathname);

/* arch/x86/kernel */
long sys_arch_prctl(int option, unsigned long arg2);
long sys_iopl(unsigned int level);
long sys_modify_ldt(int func, void *ptr, unsigned long bytecount);
long sys_x86_set_thread_area(struct user_desc *u_info);
long sys_x86_get_thread_area(struct user_desc *u_info);
long sys_vm86(unsigned long cmd, unsigned long arg);
long sys_vm86old(struct vm86_struct *user_vm86);

/* arch/arm/kernel/traps.c */
long sys_arm_cacheflush(unsigned long start, unsigned long end, unsigned long flags);
long sys_breakpoint(void);
long sys_usr26(void);
long sys_usr32(void);
long sys_set_tls(unsigned long value);
long sys_get_tls(void);

/* arch/mips */
long sys_mips_cacheflush(unsigned long addr, unsigned long bytes, unsigned int cache);
long sys_cachectl(char *addr, int nbytes, int op);
long sys_sysmips(long cmd, long arg1, long arg2);
long sys_mips_set_thread_area(unsigned long addr);

/* arch/sh/kernel/sys_sh.c */
long sys_sh_cacheflush(unsigned long addr, unsigned long len, int op);

/* arch/riscv/kernel; the headers give no names */
long sys_riscv_flush_icache(uintptr_t start, uintptr_t end, uintptr_t flags);
long sys_riscv_hwprobe(struct riscv_hwprobe *pairs, size_t pair_count, size_t cpusetsize, unsigned long *cpus, unsigned int flags);

/* arch/s390 */
long sys_s390_guarded_storage(int command, struct gs_cb *gs_cb);
long sys_s390_pci_mmio_read(unsigned long mmio_addr, void *user_buffer, size_t length);
long sys_s390_pci_mmio_write(unsigned long mmio_addr, const void *user_buffer, size_t length);
long sys_s390_runtime_instr(int command, int signum);
long sys_s390_sthyi(unsigned long function_code, void *buffer, u64 *return_code, unsigned long flags);

/* gone from the kernel, still numbered */
long sys__sysctl(struct __sysctl_args *args);
long sys_bdflush(int func, long data);
long sys_lookup_dcookie(u64 cookie64, char *buf, size_t len);
long sys_nfsservctl(int cmd, struct nfsctl_arg *arg, void *res);

/* mm/mmap.c, fs/select.c, fs/readdir.c: the oldest forms; two take one pointer to all arguments */
long sys_old_mmap(struct mmap_arg_struct *arg);
long sys_old_select(struct sel_arg_struct *arg);
long sys_old_readdir(unsigned int fd, struct old_linux_dirent *dirent, unsigned int count);
