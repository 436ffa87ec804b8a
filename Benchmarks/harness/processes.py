"""What /proc says of a server and its children, and ports."""
import os
import socket

TICK = os.sysconf('SC_CLK_TCK')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def _stat(pid):
    with open(f'/proc/{pid}/stat') as file:
        # The name, in brackets, may have spaces.
        return file.read().rpartition(')')[2].split()


def family(pid):
    """The process and all that descend from it."""
    children = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                children.setdefault(int(_stat(name)[1]), []).append(int(name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    found, queue = [], [pid]
    while queue:
        found.append(queue.pop())
        queue += children.get(found[-1], [])
    return found


def _ticks(pid):
    """User and system time of a process with its children that have ended, in steps of 10 ms."""
    return sum(int(value) for value in _stat(pid)[11:15]) / TICK


def user_seconds(pid):
    """User time of the family so far, in steps of 10 ms."""
    total = 0
    for member in family(pid):
        try:
            words = _stat(member)
            total += int(words[11]) + int(words[13])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / TICK


def _exact(pid):
    """The same to the nanosecond, but without threads and children that have ended."""
    total = 0
    for thread in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{thread}/schedstat') as file:
            total += int(file.read().split()[0])
    return total / 1e9


def cpu_seconds(pid):
    """CPU time of the family so far, by both clocks; for `cpu_between`."""
    coarse = exact = 0
    for member in family(pid):
        try:
            coarse += _ticks(member)
            exact += _exact(member)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return coarse, exact


def cpu_between(before, after):
    """CPU seconds between two readings: exact, unless threads or children have ended in between."""
    coarse, exact = after[0] - before[0], after[1] - before[1]
    return exact if abs(exact - coarse) <= 0.04 + 0.05 * coarse else coarse


def memory_mib(pid, key='VmHWM'):
    """`VmHWM` is the peak of the resident set since the start, `VmRSS` the resident set now; summed over the family."""
    total = 0
    for member in family(pid):
        try:
            with open(f'/proc/{member}/status') as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith(key))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / 1024


def reset_peak(pid):
    """Lets VmHWM start again from what is resident now."""
    for member in family(pid):
        try:
            with open(f'/proc/{member}/clear_refs', 'w') as file:
                file.write('5')
        except OSError:
            continue
