"""Builds what is measured, and finds files that the command line names."""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Paths of the command line are relative to where it was given.
CALLER = os.environ.get('BENCHMARK_CALLER', os.getcwd())


def note(text):
    print(f'{time.strftime("%H:%M:%S")} {text}', file=sys.stderr, flush=True)


def of_caller(path):
    return os.path.abspath(os.path.join(CALLER, path))


def build(folder, product):
    """Builds a product for release, as it is shipped; its path."""
    note(f'building {product}')
    for more in ([], ['--show-bin-path']):
        done = subprocess.run(['swift', 'build', '-c', 'release', '--static-swift-stdlib', '--product', product, *more],
                              cwd=folder, check=True, stdout=subprocess.PIPE if more else sys.stderr, text=True)
    return f'{done.stdout.strip()}/{product}'


def registry_load():
    return build(HERE, 'registry-load')


def registryd():
    return build(os.path.dirname(HERE), 'registryd')


def compiler():
    return subprocess.run(['swift', '--version'], capture_output=True, text=True).stdout.splitlines()[0]
