// The lab's probe: makes the calls that it is told to, and prints what became of each.
// It is C because it is nothing but what Rust calls unsafe: raw calls, another ABI's gate, signal frames, ptrace.
//
//     probe STEP...
//
// A step is `[FLAG+]...NUMBER[,ARGUMENT]...`; an argument is a number or, from its first `/` on, a path.
// Each call is made in a child of its own, so that one that kills does not end the run.
// A flag says how the call is made:
//
//     self      in this process, not in a child
//     handle    with a handler for SIGSYS
//     thread    in a second thread
//     traced    under a tracer that answers seccomp's events by letting the call pass
//     swap=N    under a tracer that puts N in the place of the call's number
//     i386      through `int 0x80`
//     x32       with bit 30 of the number set
//
// `layer,NUMBER,RETURN` is no call: it loads one more filter that answers RETURN to NUMBER.
//
// A line a step on stdout: `STEP = passed`, `= errno N`, `= trapped N`, `= traced N` followed by the result,
// `= signal N`, `= thread gone`.

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct step {
    int in_self, handled, in_thread, traced, swapped, i386, x32;
    long swap_to;
    unsigned long number, arguments[6];
};

// What the calling thread learns, in memory that the printing process shares.
struct seen {
    int returned, trapped, trap_errno, traced, trace_data;
    long result;
};

static struct seen *seen;

static void on_sigsys(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)context;
    seen->trapped = 1;
    seen->trap_errno = info->si_errno;
}

static long call(const struct step *step) {
    const unsigned long *a = step->arguments;
    long result;
    if (step->i386) {
        __asm__ volatile("int $0x80"
                         : "=a"(result)
                         : "a"(step->number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
                         : "memory", "r8", "r9", "r10", "r11");
        return (int)result;
    }
    register unsigned long r10 __asm__("r10") = a[3];
    register unsigned long r8 __asm__("r8") = a[4];
    register unsigned long r9 __asm__("r9") = a[5];
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(step->number | (step->x32 ? 0x40000000UL : 0)), "D"(a[0]), "S"(a[1]), "d"(a[2]),
                       "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static void *make(void *argument) {
    const struct step *step = argument;
    if (step->handled) {
        struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};
        sigaction(SIGSYS, &action, NULL);
    }
    seen->result = call(step);
    seen->returned = 1;
    return NULL;
}

static void make_here_or_in_a_thread(struct step *step) {
    pthread_t thread;
    if (!step->in_thread) {
        make(step);
    } else if (pthread_create(&thread, NULL, make, step) == 0) {
        pthread_join(thread, NULL);
    }
}

// Follows a stopped child to its end, and returns its wait status.
static int trace(pid_t child, const struct step *step) {
    int status;
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | (step->traced ? PTRACE_O_TRACESECCOMP : 0);
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, 0, options);
    for (int signal = 0;;) {
        ptrace(step->swapped ? PTRACE_SYSCALL : PTRACE_CONT, child, 0, signal);
        if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status)) {
            return status;
        }
        signal = 0;
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
            unsigned long data = 0;
            ptrace(PTRACE_GETEVENTMSG, child, 0, &data);
            seen->traced = 1;
            seen->trace_data = (int)data;
        } else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            struct user_regs_struct registers;
            ptrace(PTRACE_GETREGS, child, 0, &registers);
            if (registers.orig_rax == step->number) {
                registers.orig_rax = (unsigned long)step->swap_to;
                ptrace(PTRACE_SETREGS, child, 0, &registers);
            }
        } else {
            signal = WSTOPSIG(status);
        }
    }
}

static int make_in_a_child(struct step *step) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (step->traced || step->swapped) {
            if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) {
                _exit(2);
            }
            raise(SIGSTOP);
        }
        make_here_or_in_a_thread(step);
        _exit(0);
    }
    if (step->traced || step->swapped) {
        return trace(child, step);
    }
    waitpid(child, &status, 0);
    return status;
}

static void print(const char *text, int status) {
    printf("%s =", text);
    if (seen->traced) {
        printf(" traced %d", seen->trace_data);
    }
    if (seen->trapped) {
        printf(" trapped %d", seen->trap_errno);
    } else if (WIFSIGNALED(status)) {
        printf(" signal %d", WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
        printf(" exit %d", WEXITSTATUS(status));
    } else if (!seen->returned) {
        printf(" thread gone");
    } else if (seen->result < 0 && seen->result >= -4095) {
        printf(" errno %ld", -seen->result);
    } else {
        printf(" passed");
    }
    printf("\n");
    fflush(stdout);
}

static void layer(unsigned long number, unsigned long answer) {
    struct sock_filter insns[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, (unsigned)answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof insns / sizeof *insns, insns};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        printf("no layer: %s\n", strerror(errno));
        exit(2);
    }
}

static unsigned long argument(char *text) {
    return *text == '/' ? (unsigned long)text : strtoul(text, NULL, 0);
}

static void flag(struct step *step, const char *name) {
    step->in_self |= strcmp(name, "self") == 0;
    step->handled |= strcmp(name, "handle") == 0;
    step->in_thread |= strcmp(name, "thread") == 0;
    step->traced |= strcmp(name, "traced") == 0;
    step->i386 |= strcmp(name, "i386") == 0;
    step->x32 |= strcmp(name, "x32") == 0;
    if (strncmp(name, "swap=", 5) == 0) {
        step->swapped = 1;
        step->swap_to = strtol(name + 5, NULL, 0);
    }
}

int main(int count, char **words) {
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 1; i < count; i++) {
        char *text = strdup(words[i]), *rest = text, *plus;
        struct step step = {0};
        memset(seen, 0, sizeof *seen);
        while ((plus = strchr(rest, '+')) != NULL) {
            *plus = 0;
            flag(&step, rest);
            rest = plus + 1;
        }
        char *number = strsep(&rest, ",");
        for (int index = 0; rest != NULL && index < 6; index++) {
            step.arguments[index] = argument(strsep(&rest, ","));
        }
        if (strcmp(number, "layer") == 0) {
            layer(step.arguments[0], step.arguments[1]);
            continue;
        }
        step.number = strtoul(number, NULL, 0);
        if (step.in_self) {
            make_here_or_in_a_thread(&step);
            print(words[i], 0);
        } else {
            print(words[i], make_in_a_child(&step));
        }
    }
    return 0;
}
