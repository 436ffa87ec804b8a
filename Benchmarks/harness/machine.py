"""What the figures were measured on."""
import os
import platform
import subprocess
import time


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
        'load average at the start': ' '.join(f'{value:.1f}' for value in os.getloadavg()),
    }
    for server in servers:
        flag = '-v' if server.kind == 'nginx' else '--version'
        facts[server.name] = _first_line(server.binary, flag)
    return facts
