// Preloaded into a program under valgrind, whose wrapper of sigsuspend writes to the caller's mask (3.19, Debian 12).
// libdispatch keeps its mask in read-only memory, and waits with it on the main thread of every asynchronous Swift
// program: valgrind ends with a segmentation fault. Here the mask is copied first.
#if defined(__linux__)
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    // The kernel's set has a bit for each of 64 signals.
    return (int)syscall(SYS_rt_sigsuspend, &copy, 8);
}
#endif
