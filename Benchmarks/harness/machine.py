"""What the figures were measured on."""
import os
import platform
import resource
import subprocess
import time

from . import processes

# The share of the machine that others may take before a row says so.
TOLERATED = 0.1


def _first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return 'unknown'
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else 'unknown'


def describe(servers):
    """By name what a reader must know."""
    with open('/proc/cpuinfo') as file:
        model = next((line.partition(':')[2].strip() for line in file if line.startswith('model name')), 'unknown')
    facts = {
        'date': time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime()),
        'processors': f'{os.cpu_count()} × {model}',
        'kernel': platform.release(),
        'congestion control': _first_line('sysctl', '-n', 'net.ipv4.tcp_congestion_control'),
        'load average at the start': ' '.join(f'{value:.1f}' for value in os.getloadavg()),
    }
    for server in servers:
        flag = '-v' if server.kind == 'nginx' else '--version'
        facts[server.name] = _first_line(server.binary, flag)
    return facts


class Others:
    """What else ran on this machine while a server was under load: the user time of all processors, without that of
    the server, of the load generator and of this program. Kernel threads, which write back what was pushed, don't
    count."""

    def __init__(self, pid):
        self._pid = pid
        self._load = os.getloadavg()[0]
        self._before = self._now()

    def _now(self):
        with open('/proc/stat') as file:
            words = file.readline().split()
        ours = sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return (time.monotonic(), (int(words[1]) + int(words[2])) / processes.TICK, int(words[8]) / processes.TICK,
                ours + processes.user_seconds(self._pid))

    def figures(self):
        elapsed, user, stolen, ours = (after - before for before, after in zip(self._before, self._now()))
        had = max(elapsed, 1e-9) * os.cpu_count()
        others = max(0, user - ours) / had
        return {'load average before': self._load, 'others share': others, 'stolen share': stolen / had,
                'others loaded': others > TOLERATED or stolen / had > TOLERATED}
