"""Memory as it is on a machine that has run for a while: none is free, since old files are kept in what nobody needs.

A virtual machine gives free pages back to its host (free page reporting), and who writes to one again waits for the host.
To copy 256 MiB into such pages took 600 to 770 ms of the processor here, where pages that held another file's bytes take
60 to 100; which ones a server meets depended on the trials before, and on the size of its writes.
"""
import concurrent.futures
import os

_STEP = 64 << 20
# A single reader goes no faster than the kernel empties the cache behind it, and then what lies below 4 GiB stays free.
_READERS = 4


def _free():
    """Free bytes."""
    with open('/proc/meminfo') as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith('MemFree'))


class UsedMemory:
    """Keeps the page cache full with a file of holes, which takes no room on the disk."""

    def __init__(self, folder):
        self._path = f'{folder}/holes'
        self._offset = 0
        self._buffers = [bytearray(4 << 20) for _ in range(_READERS)]

    def fill(self):
        """Reads on where it ended until hardly any memory is free. What is read again lies where the oldest was."""
        total = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
        with open(self._path, 'ab+', buffering=0) as file, concurrent.futures.ThreadPoolExecutor(_READERS) as readers:
            os.ftruncate(file.fileno(), total)
            read = 0
            while _free() > total // 48 and read < 2 * total:
                starts = [(self._offset + reader * _STEP) % total for reader in range(_READERS)]
                list(readers.map(lambda start, buffer: _read(file.fileno(), start, buffer), starts, self._buffers))
                self._offset = (self._offset + _READERS * _STEP) % total
                read += _READERS * _STEP


def _read(descriptor, start, buffer):
    for offset in range(start, start + _STEP, len(buffer)):
        os.preadv(descriptor, [buffer], offset)
