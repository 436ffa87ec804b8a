"""One trial: a server is started, warmed up, loaded and ended, and what it took is read from /proc."""
import subprocess

from . import load, processes, servers

WARM_UP = 0.3


class Trials:
    """Runs trials of a plan."""

    def __init__(self, plan, stores, generator, folder):
        self.plan = plan
        self.stores = stores
        self.generator = generator
        self.folder = folder

    def run(self, workload, server):
        """The figures of a trial; `servers.Refused` or `load.Failed` where there are none."""
        return getattr(self, f'_{workload.trial}')(workload, server)

    def prepared(self, workload, server):
        """What the server is started with, and what the load is told."""
        root, options = workload.prepare(self.stores, server)
        options = {'connections': workload.connections, 'tls': workload.tls, 'http2': workload.http2, **options}
        return servers.Options(root, workload.tls, workload.htpasswd), options

    def _load(self, workload, server):
        started_with, options = self.prepared(workload, server)
        if workload.operations:
            extent = {'operations': workload.operations, 'duration': 300}
        else:
            extent = {'duration': self.plan.duration}
        try:
            with servers.running(server, started_with, self.folder) as it:
                self._warm_up(workload, it, options)
                figures = self._measured(it, lambda: self.generator.run(workload.mode, it.port, **options, **extent))
                if workload.wrk:
                    header = (options.get('header') or [None])[0]
                    figures['wrk per second'] = load.wrk(it.port, options['target'], workload.connections,
                                                         self.plan.duration, header)
        finally:
            self.clean(workload, started_with.root)
        return figures

    def clean(self, workload, root):
        """Removes the store of a trial that pushed."""
        if workload.mode in ('push', 'image'):
            subprocess.run(['rm', '-rf', root], check=True)

    def _warm_up(self, workload, it, options):
        extent = {'operations': 1, 'duration': 60} if workload.operations else {'duration': WARM_UP}
        self.generator.run(workload.mode, it.port, **{**options, **extent})

    def _measured(self, it, run):
        processes.reset_peak(it.pid)
        before = processes.cpu_seconds(it.pid)
        report = run()
        return figures_of(report, processes.cpu_between(before, processes.cpu_seconds(it.pid)), processes.memory_mib(it.pid))

    def _mixed(self, workload, server):
        """The peak in a closed loop first, then an open loop below it, on the same server."""
        started_with, options = self.prepared(workload, server)
        with servers.running(server, started_with, self.folder) as it:
            self._warm_up(workload, it, options)
            peak = self.generator.run('mixed', it.port, **options, duration=self.plan.duration)['perSecond']
            rate = round(0.7 * peak)
            figures = self._measured(it, lambda: self.generator.run(
                'mixed', it.port, **options, duration=self.plan.duration * 2, rate=rate))
        for kind, part in figures['kinds'].items():
            for percentile in ('p50', 'p99'):
                figures[f'{kind} {percentile} ms'] = part['latencyMilliseconds'][percentile]
        return {**figures, 'peak per second': peak, 'rate': rate}

    def _referrers(self, workload, server):
        """Pushed through the server, since each keeps the list in its own way; skipped where it keeps none."""
        from . import referrers
        root = self.stores.empty()
        try:
            with servers.running(server, servers.Options(root), self.folder) as it:
                path = referrers.make(it.port)
                options = {'connections': workload.connections, 'target': path}
                self._warm_up(workload, it, options)
                return self._measured(
                    it, lambda: self.generator.run('get', it.port, **options, duration=self.plan.duration))
        finally:
            subprocess.run(['rm', '-rf', root], check=True)

    def _idle(self, workload, server):
        root = self.stores.manifest()[0]
        with servers.running(server, servers.Options(root), self.folder) as it:
            if workload.connections == 1:
                return {'value': processes.memory_mib(it.pid, 'VmRSS')}
            command = self.generator.command('idle', it.port, target='/v2/', connections=workload.connections,
                                             grace=30)
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
                    raise load.Failed(f'{report["unfinished"]} connections had no answer after 30 s')
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
        """What was pushed beside the pulls: blobs that only `bench/memory` has."""
        layers = f'{root}/docker/registry/v2/repositories/bench/memory/_layers/sha256'
        listed = subprocess.run(['ls', layers], capture_output=True, text=True).stdout.split()
        folders = [f'{root}/docker/registry/v2/blobs/sha256/{name[:2]}/{name}' for name in listed]
        subprocess.run(['rm', '-rf', *folders, f'{root}/docker/registry/v2/repositories/bench/memory'], check=True)

    def _start(self, workload, server):
        started_with, _ = self.prepared(workload, server)
        times = []
        for _ in range(3):
            with servers.running(server, started_with, self.folder) as it:
                times.append(it.seconds_to_first_answer)
        return {'value': min(times) * 1000}


def figures_of(report, cpu_seconds, peak_mib):
    """What a trial is judged by."""
    content = report['bytesReceived'] + report['bytesSent']
    latency = report['latencyMilliseconds']
    return {
        'MB/s': report['megabytesPerSecond'],
        'operations/s': report['perSecond'],
        'requests/s': report['requestsPerSecond'],
        'p50 ms': latency['p50'], 'p99 ms': latency['p99'], 'p99.9 ms': latency['p99.9'],
        'CPU s/GB': cpu_seconds / (content / 1e9) if content else None,
        'CPU µs/request': cpu_seconds * 1e6 / report['requests'],
        'CPU s': cpu_seconds,
        'peak MiB': peak_mib,
        'generator share': report['generator']['cpuShare'],
        'generator waited share': report['generator']['waitedShare'],
        'generator bottleneck': report['generator']['bottleneck'],
        'unfinished': report['unfinished'],
        'operations': report['operations'],
        'kinds': report.get('kinds'),
    }
