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


def cpu_seconds(pid):
    """User and system time of the family, with that of children that have ended."""
    total = 0
    for member in family(pid):
        try:
            total += sum(int(value) for value in _stat(member)[11:15])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / TICK


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
