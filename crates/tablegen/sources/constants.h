/*
 * Constants of the kernel's interface that no header for user space holds and that the kernel does not write as macros,
 * each with the file of the kernel that has it.
 */
#include <asm/fcntl.h>

/* The structures that some ioctl requests carry the size of */
#include <asm/termbits.h>
#include <linux/blktrace_api.h>
#include <linux/fiemap.h>
#include <linux/filter.h>
#include <linux/fscrypt.h>
#include <linux/serial.h>
#include <linux/termios.h>
typedef __kernel_pid_t pid_t;
typedef __kernel_loff_t loff_t;

/* fs/open.c: the bits of access(2), which are those of S_IRWXO */
#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4

/* include/linux/net.h: enum sock_shutdown_cmd */
#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2

/* include/linux/net.h: enum sock_type; arch/mips/include/asm/socket.h swaps the first two */
#ifdef __mips__
#define SOCK_DGRAM 1
#define SOCK_STREAM 2
#else
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#endif
#define SOCK_RAW 3
#define SOCK_RDM 4
#define SOCK_SEQPACKET 5
#define SOCK_DCCP 6
#define SOCK_PACKET 10
#define SOCK_CLOEXEC O_CLOEXEC

/* include/linux/net.h; arch/parisc/include/asm/socket.h has its own */
#ifdef __hppa__
#define SOCK_NONBLOCK 0x40000000
#else
#define SOCK_NONBLOCK O_NONBLOCK
#endif
