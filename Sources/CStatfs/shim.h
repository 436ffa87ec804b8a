// statfs(2), which Swift's Glibc module leaves out.
#include <sys/statfs.h>
// sync_file_range(2), which is declared for _GNU_SOURCE only; off_t and off64_t are one on the machines that are built for.
#include <sys/types.h>
int sync_file_range(int descriptor, off_t offset, off_t count, unsigned int flags);
