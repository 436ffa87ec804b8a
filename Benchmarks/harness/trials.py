"""One trial: a server is started, warmed up, loaded and ended, and what it took is read from /proc."""
import contextlib
import os
import shutil
import subprocess
import time

from . import content, load, machine, processes, servers
from .collecting import collecting
from .used_memory import UsedMemory

WARM_UP = 0.3
# What a load may be that writes to the store.
PUSHING = ('push', 'image', 'mixed')


class Trials:
    """Runs trials of a plan."""

    def __init__(self, plan, stores, generator, folder):
        self.plan = plan
        self.stores = stores
        self.generator = generator
        self.folder = folder
        self._used_memory = UsedMemory(folder)
        # Of the mixed load on ours, which is measured first.
        self._our_rate = None

    def run(self, workload, server, number=0):
        """The figures of the round of that number; `servers.Refused` or `load.Failed` where there are none."""
        if workload.trial == 'load':
            return self._load(workload, server, checked=workload.wrk and number == 0)
        return getattr(self, f'_{workload.trial}')(workload, server)

    def prepared(self, workload, server):
        """What the server is started with, and what the load is told."""
        root, options = workload.prepare(self.stores, server)
        if workload.mode in PUSHING:
            self._used_memory.fill()
        options = {'connections': workload.connections, 'tls': workload.tls, 'http2': workload.http2, **options}
        return servers.Options(root, workload.tls, workload.http2, workload.auth, workload.collecting), options

    def _load(self, workload, server, checked):
        started_with, options = self.prepared(workload, server)
        if workload.operations:
            extent = {'operations': workload.operations, 'duration': 300}
        else:
            extent = {'duration': self.plan.duration, 'grace': workload.patience}
            if workload.cut:
                extent['grace'] = 0
        try:
            with servers.running(server, started_with, self.folder) as it:
                self._warm_up(workload, it, options)
                figures = self._measured(it, lambda: self.generate(workload, it, options, extent))
                if workload.cut:
                    # Of transfers that were cut off only the bytes say something.
                    for name in ('operations/s', 'requests/s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'CPU µs/request'):
                        figures[name] = None
                if checked:
                    header = (options.get('header') or [None])[0]
                    figures['wrk per second'] = load.wrk(it.port, options['target'], workload.connections,
                                                         self.plan.duration, header)
        finally:
            self.clean(workload, started_with.root)
        return figures

    def generate(self, workload, it, options, extent):
        """Loads the server and gives the generator's report."""
        if not workload.by_h2load:
            return self.generator.run(workload.mode, it.port, **options, **extent)
        options = {**options, **extent}
        return load.h2load(it.port, options.pop('target'), f'{self.folder}/h2load', **options)

    def clean(self, workload, root):
        """Takes the room of the store of a trial that pushed."""
        if workload.mode in PUSHING:
            content.drop_bytes(root)

    def _warm_up(self, workload, it, options):
        """A short load of the same kind; of a push a megabyte is enough."""
        extent = {'duration': WARM_UP, 'grace': 0 if workload.cut or workload.operations else workload.patience}
        if workload.mode == 'push':
            extent = {'operations': workload.connections, 'duration': 60}
        if workload.mode == 'push':
            options = {**options, 'size': min(options['size'], 1 << 20)}
        # A machine that is busy may not answer anything in so short a time; what is wrong shows in the load itself.
        with contextlib.suppress(load.Silent):
            self.generate(workload, it, options, extent)

    def _measured(self, it, run):
        processes.reset_peak(it.pid)
        around = machine.Others(it.pid)
        before = processes.cpu_seconds(it.pid)
        report = run()
        figures = figures_of(report, processes.cpu_between(before, processes.cpu_seconds(it.pid)),
                             processes.memory_mib(it.pid))
        return {**figures, **around.figures()}

    def _mixed(self, workload, server):
        """The peak in a closed loop first, then an open loop below it, on the same server; a collection runs beside the
        second one only, so that it may not lower what is wanted."""
        started_with, options = self.prepared(workload, server)
        with servers.running(server, started_with, self.folder) as it:
            self._warm_up(workload, it, options)
            peak = self.generator.run('mixed', it.port, **options, duration=self.plan.duration)['perSecond']
            rate = round(0.7 * peak)
            if workload.same_rate:
                if server.kind == 'ours':
                    self._our_rate = rate
                elif self._our_rate is None:
                    raise load.Failed('registryd, whose rate it is, was not measured')
                rate = self._our_rate
            beside = collecting(it, started_with.root) if workload.collecting else contextlib.nullcontext()
            with beside as collections:
                figures = self._measured(it, lambda: self.generator.run(
                    'mixed', it.port, **options, duration=self.plan.duration * 2, rate=rate))
        for kind, part in figures['kinds'].items():
            for percentile in ('p50', 'p99'):
                figures[f'{kind} {percentile} ms'] = part['latencyMilliseconds'][percentile]
        if collections is not None:
            if collections.count == 0:
                raise load.Failed('no collection ended meanwhile')
            figures |= {'collections': collections.count, 'seconds/collection': collections.seconds / collections.count}
        self.clean(workload, started_with.root)
        return {**figures, 'peak per second': peak, 'rate': rate}

    def _referrers(self, workload, server):
        """Pushed through the server, since each keeps the list in its own way; skipped where it keeps none."""
        from . import referrers
        root = self.stores.empty()
        with servers.running(server, servers.Options(root), self.folder) as it:
            path = referrers.make(it.port)
            options = {'connections': workload.connections, 'target': path}
            self._warm_up(workload, it, options)
            return self._measured(
                it, lambda: self.generator.run('get', it.port, **options, duration=self.plan.duration))

    def _idle(self, workload, server):
        root = self.stores.manifest()[0]
        with servers.running(server, servers.Options(root), self.folder) as it:
            if workload.connections == 1:
                # A server that has just answered for the first time is still starting.
                time.sleep(2)
                return {'value': processes.memory_mib(it.pid, 'VmRSS')}
            command = self.generator.command('idle', it.port, target='/v2/', connections=workload.connections,
                                             grace=60)
            client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            try:
                lines = []
                # The report ends with a bracket on a line of its own, and the client then waits.
                while not lines or lines[-1].rstrip() != '}':
                    lines.append(client.stdout.readline())
                    if not lines[-1]:
                        break
                report = self.generator.report(''.join(lines))
                if report['unfinished'] > workload.connections / 100:
                    raise load.Failed(f'{report["unfinished"]} connections had no answer after 60 s')
                # Each has just had its answer; all servers get the time to come to rest.
                time.sleep(2)
                return {'value': processes.memory_mib(it.pid, 'VmRSS'), 'unanswered': report['unfinished']}
            finally:
                client.stdin.close()
                client.wait()

    def _memory(self, workload, server):
        """Pushes and pulls at once, by two generators."""
        size = workload.extra['size']
        pull_root, digest = self.stores.pull(size)
        with servers.running(server, servers.Options(pull_root), self.folder) as it:
            processes.reset_peak(it.pid)
            push = self.generator.command('push', it.port, size=size, connections=64, operations=64, duration=600,
                                          repository='bench/memory')
            client = subprocess.Popen(push, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            try:
                self.generator.run('get', it.port, target=f'/v2/bench/pull/blobs/{digest}', expect_length=size,
                                   connections=64, operations=64, duration=600)
            finally:
                output, _ = client.communicate()
            self.generator.report(output)
            peak = processes.memory_mib(it.pid)
        self._forget_pushes(pull_root)
        return {'value': peak}

    def _forget_pushes(self, root):
        """What was pushed beside the pulls: blobs that only the repository `bench/memory` has."""
        repository = f'{root}/docker/registry/v2/repositories/bench/memory'
        with contextlib.suppress(FileNotFoundError):
            for layer in os.listdir(f'{repository}/_layers/sha256'):
                shutil.rmtree(f'{root}/docker/registry/v2/blobs/sha256/{layer[:2]}/{layer}', ignore_errors=True)
        shutil.rmtree(repository, ignore_errors=True)

    def _start(self, workload, server):
        started_with, _ = self.prepared(workload, server)
        times = []
        for _ in range(3):
            with servers.running(server, started_with, self.folder) as it:
                times.append(it.seconds_to_first_answer)
        return {'value': min(times) * 1000}


def figures_of(report, cpu_seconds, peak_mib):
    """What a trial is judged by."""
    transferred = report['bytesReceived'] + report['bytesSent']
    latency = report['latencyMilliseconds']
    return {
        'MB/s': report['megabytesPerSecond'],
        'operations/s': report['perSecond'],
        'requests/s': report['requestsPerSecond'],
        'p50 ms': latency['p50'], 'p99 ms': latency['p99'], 'p99.9 ms': latency['p99.9'],
        'CPU s/GB': cpu_seconds / (transferred / 1e9) if transferred else None,
        'CPU µs/request': cpu_seconds * 1e6 / report['requests'],
        'CPU s': cpu_seconds,
        'peak MiB': peak_mib,
        'generator': report['generator'].get('name', 'registry-load'),
        'generator share': report['generator']['cpuShare'],
        'generator waited share': report['generator']['waitedShare'],
        'generator bottleneck': report['generator']['bottleneck'],
        'unfinished': report['unfinished'],
        'operations': report['operations'],
        'kinds': report.get('kinds'),
    }
