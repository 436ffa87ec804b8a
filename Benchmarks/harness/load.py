"""Runs the load generators."""
import json
import os
import re
import resource
import subprocess


class Failed(Exception):
    """A load that could not run, or of which an operation failed."""


class Generator:
    """registry-load, of this package."""

    def __init__(self, binary):
        self.binary = binary

    def command(self, mode, port, tls=False, http2=False, **options):
        words = [self.binary, mode, '--port', str(port)]
        words += ['--tls', '--count-records'] if tls else []
        words += ['--http2'] if http2 else []
        for name, value in options.items():
            for one in value if isinstance(value, list) else [value]:
                if one is not None:
                    words += ['--' + name.replace('_', '-'), str(one)]
        return words

    def run(self, mode, port, **options):
        """The generator's report. An operation that failed makes the whole load one that failed."""
        try:
            done = subprocess.run(self.command(mode, port, **options), stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=600)
        except subprocess.TimeoutExpired:
            raise Failed('the load did not end in 600 s') from None
        return self.report(done.stdout, done.stderr, cut=options.get('grace') == 0)

    @staticmethod
    def report(output, errors='', cut=False):
        try:
            report = json.loads(output)
        except ValueError:
            raise Failed(errors.strip()[-300:] or 'the load generator said nothing') from None
        if report['errors']:
            worst = sorted(report['errors'].items(), key=lambda item: -item[1])
            raise Failed(', '.join(f'{count} × {text}' for text, count in worst[:3]))
        if report['operations'] == 0 and not (cut and report['bytesReceived']):
            raise Failed('no operation ended in time')
        return report


def wrk(port, path, connections, seconds, header=None):
    """Requests a second that wrk reaches, as a check of ours."""
    words = ['wrk', '-t1', f'-c{connections}', f'-d{max(1, round(seconds))}', f'http://127.0.0.1:{port}{path}']
    words += ['-H', header] if header else []
    output = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if 'Non-2xx' in output:
        raise Failed('wrk got errors')
    return float(re.search(r'Requests/sec:\s+([\d.]+)', output)[1])


class Silent(Failed):
    """A load to which nothing was answered."""


SUITE = 'TLS_AES_128_GCM_SHA256'
PROBE = ['-n1', '-c1', '-N10']


def h2load(port, path, log, connections=1, tls=False, http2=False, header=(), expect_length=None, operations=None,
           duration=None, grace=None):
    """A report like that of `Generator`. One thread, one stream at a time on each connection, Go's windows; over TLS
    only one cipher suite, so that all servers have the same."""
    words = ['h2load', '-t1', f'-c{connections}', '-m1', '-w22', '-W30', f'--tls13-ciphers={SUITE}',
             f'--log-file={log}']
    words += [] if http2 else ['--h1']
    words += [f'-n{operations}'] if operations else [f'-D{round(duration * 1000)}ms']
    words += [word for field in header for word in ('-H', field)]
    if os.path.exists(log):
        os.unlink(log)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run([*words, f'http{"s" if tls else ""}://127.0.0.1:{port}{path}'], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise Failed('h2load did not end in 300 s') from None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    try:
        return _h2load_report(done.stdout, done.stderr, log, cpu, connections, tls, http2, expect_length, operations)
    except Silent:
        # Whether the server is slow, or never says a word of that protocol.
        one = subprocess.run([*words[:1], *PROBE, f'http{"s" if tls else ""}://127.0.0.1:{port}/v2/'], text=True,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        if http2 and not tls and 'status codes: 0 2xx, 0 3xx, 0 4xx, 0 5xx' in one.stdout:
            raise Failed('speaks no HTTP/2 without TLS') from None
        raise


def _h2load_report(output, errors, log, cpu, connections, tls, http2, length, operations):
    finished = re.search(r'finished in ([\d.]+)(us|ms|s|m|h),', output)
    counts = re.search(r'(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout', output)
    codes = re.search(r'status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx', output)
    data = re.search(r'\((\d+)\) data', output)
    if not (finished and counts and codes and data):
        raise Failed((errors or output).strip()[-200:] or 'h2load said nothing')
    wanted = {'TLS Protocol': 'TLSv1.3', 'Cipher': SUITE} if tls else {}
    wanted |= {'Application protocol': 'h2' if tls else 'h2c'} if http2 else {}
    for name, value in wanted.items():
        said = re.search(f'^{name}: (.*)$', output, re.MULTILINE)
        if said is None or said[1].strip() != value:
            raise Failed(f'{name} is {said[1].strip() if said else "unknown"} and not {value}')
    seconds = float(finished[1]) * {'us': 1e-6, 'ms': 1e-3, 's': 1, 'm': 60, 'h': 3600}[finished[2]]
    succeeded, received = int(counts[1]), int(data[1])
    others = sum(int(codes[number]) for number in (2, 3, 4))
    # What the end of the duration cuts off counts as failed with h2load.
    if not received and not others:
        raise Silent('no content in time')
    if others or (operations and succeeded < operations) or not received:
        raise Failed(f'h2load: {counts[0]}, {codes[0]}')
    if length and received < succeeded * length:
        raise Failed(f'h2load: {succeeded} answers of {length} bytes came to {received}')
    return {'bytesReceived': received, 'bytesSent': 0, 'latencyMilliseconds': _h2load_latencies(log),
            'megabytesPerSecond': received / 1e6 / seconds, 'perSecond': succeeded / seconds,
            'requestsPerSecond': succeeded / seconds, 'requests': max(succeeded, 1), 'operations': succeeded,
            'unfinished': 0 if operations else connections, 'errors': {},
            'generator': {'name': 'h2load', 'cpuSeconds': cpu, 'cpuShare': cpu / seconds, 'waitedShare': None,
                          'bottleneck': cpu / seconds > 0.9}}


def _h2load_latencies(log):
    """From the log: start, status and microseconds of each request."""
    times = []
    if os.path.exists(log):
        with open(log) as file:
            times = sorted(int(words[2]) for words in map(str.split, file) if words[1] == '200')
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))] / 1000 if times else None
    return {'p50': at(0.5), 'p99': at(0.99), 'p99.9': at(0.999)}
