"""Runs the load generators."""
import json
import re
import subprocess


class Failed(Exception):
    """A load that could not run, or of which an operation failed."""


class Generator:
    """registry-load, of this package."""

    def __init__(self, binary):
        self.binary = binary

    def command(self, mode, port, tls=False, http2=False, **options):
        words = [self.binary, mode, '--port', str(port)]
        words += ['--tls'] if tls else []
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
        return self.report(done.stdout, done.stderr)

    @staticmethod
    def report(output, errors=''):
        try:
            report = json.loads(output)
        except ValueError:
            raise Failed(errors.strip()[-300:] or 'the load generator said nothing') from None
        if report['errors']:
            worst = sorted(report['errors'].items(), key=lambda item: -item[1])
            raise Failed(', '.join(f'{count} × {text}' for text, count in worst[:3]))
        if report['operations'] == 0:
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
