// Calls of Linux that Swift's Glibc module leaves out, and glibc too.
#include <sys/statfs.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/types.h>
#include <unistd.h>

// sync_file_range(2), which is declared for _GNU_SOURCE only; off_t and off64_t are one on the machines that are built for.
int sync_file_range(int descriptor, off_t offset, off_t count, unsigned int flags);

// syncfs(2), the same.
int syncfs(int descriptor);

// openat2(2), by the current folder. Its structures are declared here, since the C library's headers may be older than
// the kernel.
static inline int registryd_open_resolving(const char *path, int flags, uint64_t resolve) {
#ifdef __NR_openat2
    struct { uint64_t flags, mode, resolve; } how = { (uint64_t)flags, 0, resolve };
    return (int)syscall(__NR_openat2, AT_FDCWD, path, &how, sizeof how);
#else
    errno = ENOSYS;
    return -1;
#endif
}

// With RESOLVE_CACHED: opens what the kernel finds without asking a disk, or fails with EAGAIN.
static inline int registryd_open_cached(const char *path, int flags) {
    return registryd_open_resolving(path, flags, 0x20);
}

// With RESOLVE_NO_SYMLINKS: fails with ELOOP where the way to the file leads over a symbolic link.
static inline int registryd_open_without_links(const char *path, int flags) {
    return registryd_open_resolving(path, flags, 0x04);
}

// O_PATH of open(2), which the C library declares for GNU programs only; the same number on every architecture that
// Swift runs on.
enum { REGISTRYD_O_PATH = 010000000 };

// Has what is written by a descriptor go past the kernel's memory (O_DIRECT of open(2), which the C library declares for GNU
// programs only, with a number that depends on the architecture), or no longer; -1 where the file system can't.
static inline int registryd_bypass_cache(int descriptor, int bypasses) {
#if defined(O_DIRECT)
    int direct = O_DIRECT;
#elif defined(__O_DIRECT)
    int direct = __O_DIRECT;
#else
    int direct = 0;
#endif
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || !direct) return -1;
    return fcntl(descriptor, F_SETFL, bypasses ? flags | direct : flags & ~direct);
}

// SCHED_BATCH of sched(7), which the C library declares for GNU programs only.
#include <pthread.h>
enum { REGISTRYD_SCHED_BATCH = 3 };

// Gives this thread, and those that it makes from now on, another policy without a priority; the one before, or -1 where
// the system refuses.
static inline int registryd_change_thread_policy(int policy) {
    struct sched_param parameters;
    int before;
    if (pthread_getschedparam(pthread_self(), &before, &parameters)) return -1;
    parameters.sched_priority = 0;
    return pthread_setschedparam(pthread_self(), policy, &parameters) ? -1 : before;
}

// preadv2(2) with RWF_NOWAIT, of one buffer: takes what is in memory, or fails with EAGAIN.
static inline ssize_t registryd_read_cached(int descriptor, void *bytes, size_t count, int64_t offset) {
#ifdef __NR_preadv2
    struct iovec part = { bytes, count };
    return syscall(__NR_preadv2, descriptor, &part, 1UL, (unsigned long)offset, (unsigned long)((uint64_t)offset >> 32), 8);
#else
    errno = ENOSYS;
    return -1;
#endif
}

// Takes the pages of this program that can't be written out of the process's resident memory: its code and constants
// as they are in the file. Each comes back, from the kernel's cache of the file, when it is used.
#include <elf.h>
#include <malloc.h>
#include <sys/mman.h>

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static inline void registryd_return_program_pages(void) {
    const char *base = (const char *)&__ehdr_start;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(base + __ehdr_start.e_phoff);
    uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
    uintptr_t offset = 0;
    for (int index = 0; index < __ehdr_start.e_phnum; index++) {
        if (segments[index].p_type == PT_LOAD && segments[index].p_offset == 0)
            offset = (uintptr_t)base - segments[index].p_vaddr;
    }
    for (int index = 0; index < __ehdr_start.e_phnum; index++) {
        const Elf64_Phdr *segment = &segments[index];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        uintptr_t start = (offset + segment->p_vaddr + mask) & ~mask;
        uintptr_t end = (offset + segment->p_vaddr + segment->p_memsz) & ~mask;
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
}

// Lets the allocator, where it is glibc's, keep what is freed until registryd_return_memory() is called. By itself it gives
// a buffer of an upload's piece back as soon as it is freed, and takes it anew for the next one: page by page, each cleared.
static inline void registryd_keep_memory(void) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

// Copies bytes that the processor itself will not look at again: past its caches, so that it neither fetches what is
// overwritten nor loses what it has there. To copy 1 MiB and have the disk take it cost 0.38 ms of the processor, and 0.56
// with memcpy.
static inline void registryd_copy_past_cache(void *to, const void *from, size_t count) {
    typedef long long part __attribute__((vector_size(16), aligned(16)));
    typedef long long unaligned_part __attribute__((vector_size(16), aligned(1)));
    enum { line = 64 };
    size_t head = -(uintptr_t)to % line;
    if (count >= 2 * line) {
        __builtin_memcpy(to, from, head);
        part *target = (part *)((char *)to + head);
        const unaligned_part *source = (const unaligned_part *)((const char *)from + head);
        size_t lines = (count - head) / line;
        for (size_t i = 0; i < lines; i++, target += 4, source += 4) {
            part a = source[0], b = source[1], c = source[2], d = source[3];
            __builtin_nontemporal_store(a, target);
            __builtin_nontemporal_store(b, target + 1);
            __builtin_nontemporal_store(c, target + 2);
            __builtin_nontemporal_store(d, target + 3);
        }
        // Such stores are not ordered with others, and a device reads them.
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        to = target;
        from = source;
        count -= head + lines * line;
    }
    __builtin_memcpy(to, from, count);
}

// Gives back what the allocator holds and nobody uses, where it is glibc's, and the program's pages.
static inline void registryd_return_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    registryd_return_program_pages();
}
