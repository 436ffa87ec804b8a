"""System calls and fsyncs, in passes of their own: strace slows a server down, so nothing else is read from these."""
import re
import signal
import subprocess
import time

from . import processes, servers

SYNCING = 'fsync,fdatasync,sync_file_range,syncfs'


def _table(path):
    """Calls by name, from what `strace -c` writes."""
    counts = {}
    with open(path) as file:
        for line in file:
            found = re.match(r'\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)\s*$', line)
            if found and found[2] != 'total':
                counts[found[2]] = int(found[1])
    return counts


def calls_per_request(trials, workload, server):
    """System calls of a request, and the ones that are made most."""
    started_with, options = trials.prepared(workload, server)
    path = f'{trials.folder}/strace'
    try:
        with servers.running(server, started_with, trials.folder) as it:
            trials.generator.run(workload.mode, it.port, **options, operations=workload.connections, duration=30)
            members = [word for pid in processes.family(it.pid) for word in ('-p', str(pid))]
            tracer = subprocess.Popen(['strace', '-f', '-c', '-qq', '-o', path, *members], stdin=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
            time.sleep(0.5)
            try:
                report = trials.generator.run(workload.mode, it.port, **options, operations=workload.traced,
                                              duration=60)
            finally:
                tracer.send_signal(signal.SIGINT)
                tracer.wait()
    finally:
        trials.clean(workload, started_with.root)
    counts = _table(path)
    often = sorted(counts.items(), key=lambda item: -item[1])[:6]
    return {'system calls/request': sum(counts.values()) / report['requests'],
            'calls': {name: round(count / report['requests'], 2) for name, count in often}}


def fsyncs_per_operation(trials, workload, server):
    """Calls that wait for the disk. Only those stop at the tracer, so concurrent pushes share them as without it."""
    started_with, options = trials.prepared(workload, server)
    path = f'{trials.folder}/strace'
    tracer = ('strace', '-f', '--seccomp-bpf', '-c', '-qq', '-e', f'trace={SYNCING}', '-o', path)
    try:
        with servers.running(server, started_with, trials.folder, tracer) as it:
            report = trials.generator.run(workload.mode, it.port, **options, operations=workload.fsyncs,
                                          duration=60)
    finally:
        trials.clean(workload, started_with.root)
    return {'fsyncs/operation': sum(_table(path).values()) / report['operations']}
