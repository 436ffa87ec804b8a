// statfs(2), which Swift's Glibc module leaves out.
#include <sys/statfs.h>
