"""How much is measured."""
from dataclasses import dataclass

from .workloads import GIB, KIB, MIB


@dataclass
class Plan:
    """A run's extent, from the command line."""
    quick: bool
    full: bool
    rounds: int
    duration: float
    sizes: list
    memory_size: int
    idle_connections: int = 10_000

    @property
    def entries(self):
        """Tags and repositories of the lists."""
        return [100, 1000, 10_000] + ([1_000_000] if self.full else [])

    def traces(self, name):
        """Whether a workload has its system calls counted."""
        return not self.quick or name in QUICKLY_TRACED

    def connections(self, size, transport):
        """Of pulls of that size. HTTP/2 without TLS is measured less than what clients speak."""
        if self.quick and transport == 'h2c' and size != MIB:
            return []
        if self.quick or transport == 'h2c':
            return [1] if size > 16 * MIB else [16, 64] if size < 64 * KIB and transport == 'plain' else [16]
        return [1, 16, 64]

    def count(self, size):
        """Operations of a load of large blobs on one connection, which a duration would cut at random."""
        return 1 if size > GIB else 5 if self.quick else 8


QUICKLY_TRACED = ('pull-1KiB-c64', 'pull-1MiB-c16', 'manifest-get-tag', 'push-1KiB-c8', 'push-1MiB-c8',
                  'push-image-c16')
DEFAULT_SIZES = [KIB, MIB, 256 * MIB]


def size_of(text):
    """1024, 64K, 256M or 2G."""
    units = {'K': KIB, 'M': MIB, 'G': GIB}
    return int(text[:-1]) * units[text[-1].upper()] if text[-1].upper() in units else int(text)
