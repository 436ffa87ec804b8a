"""Memory as it is on a machine that has run for a while: none is free, since old files are kept in what nobody needs.

A virtual machine gives free pages back to its host (free page reporting), and who writes to one again waits for the host.
To copy 256 MiB into such pages took 600 to 770 ms of the processor here, where pages that held another file's bytes take
60 to 100; which ones a server meets depended on the trials before, and on the size of its writes.
"""
import os

_STEP = 64 << 20


def _free():
    """Free bytes that files are kept in first: all but those below 4 GiB, which the kernel saves for who needs such."""
    free, zone = {}, None
    with open('/proc/zoneinfo') as file:
        for line in file:
            if line.startswith('Node'):
                zone = line.split()[-1]
            elif line.split()[:2] == ['pages', 'free']:
                free[zone] = free.get(zone, 0) + int(line.split()[2])
    return free.get('Normal', sum(free.values())) * os.sysconf('SC_PAGE_SIZE')


class UsedMemory:
    """Keeps the page cache full with a file of holes, which takes no room on the disk."""

    def __init__(self, folder):
        self._path = f'{folder}/holes'
        self._offset = 0
        self._buffer = bytearray(1 << 20)

    def fill(self):
        """Reads on where it ended until hardly any memory is free. What is read again lies where the oldest was."""
        total = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
        with open(self._path, 'ab+', buffering=0) as file:
            os.ftruncate(file.fileno(), total)
            read = 0
            while _free() > total // 64 and read < 2 * total:
                for start in range(self._offset, self._offset + _STEP, len(self._buffer)):
                    os.preadv(file.fileno(), [self._buffer], start % total)
                self._offset = (self._offset + _STEP) % total
                read += _STEP
