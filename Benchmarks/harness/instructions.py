"""The command line of Benchmarks/instructions: instructions of a request, counted by callgrind."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

from . import building, content, plain_client, servers, workloads
from .plan import DEFAULT_SIZES, Plan

BASELINE = f'{building.HERE}/instructions.json'
# Two runs on one machine differed by 2 % at most; those of one commit on two machines by up to 5.7 %. Why is not known.
TOLERANCE = 0.1

PLAIN = {'few': 100, 'many': 600}
# By name: the workload, and its two numbers of operations. What starting and the first requests cost is in both, and
# falls out of the difference.
COUNTED = {
    'manifest GET by tag': ('manifest-get-tag', PLAIN),
    'manifest GET by tag, bearer token': ('manifest-get-tag-token', PLAIN),
    'blob GET, 1 KiB': ('pull-1KiB-c1', PLAIN),
    'push, 1 KiB': ('push-1KiB-c8', {'few': 20, 'many': 120}),
    'page of 100 of 1,000 tags': ('tags-1000', PLAIN),
}


class Counter:
    """Runs a server under callgrind, in a folder of its own."""

    def __init__(self, ours, folder, keep):
        self.folder = folder
        self.profiles = keep or folder
        # Debian 12's valgrind can't read the debugging information of this compiler; the names of functions stay.
        subprocess.run(['strip', '--strip-debug', '-o', f'{folder}/registryd', ours], check=True)
        self.server = servers.Server('registryd', 'ours', f'{folder}/registryd')
        # Without it, Debian 12's valgrind crashes; its source says why.
        self.preload = f'{folder}/sigsuspend.so'
        subprocess.run(['cc', '-shared', '-fPIC', '-O', '-o', self.preload, f'{building.HERE}/harness/sigsuspend.c'],
                       check=True)
        self.stores = content.Stores(folder, lambda text: None)

    def total(self, workload, number):
        """Instructions of a server's whole life with so many operations on one connection."""
        root, options = workload.prepare(self.stores, self.server)
        path = f'{self.profiles}/callgrind.{workload.name}.{number}'
        # One processor, so that a second one doesn't change who wakes whom.
        tracer = ('taskset', '-c', '0', 'valgrind', '--tool=callgrind', f'--callgrind-out-file={path}')
        started_with = servers.Options(root, auth=workload.auth)
        with servers.running(self.server, started_with, self.folder, tracer, {'LD_PRELOAD': self.preload}) as it:
            plain_client.run(it.port, workload.mode, number, **options)
        with open(path) as file:
            return int(re.search(r'^(?:totals|summary): (\d+)', file.read(), re.MULTILINE)[1])

    def per_operation(self, workload, few, many):
        return round((self.total(workload, many) - self.total(workload, few)) / (many - few))


def count(ours, folder, keep, baseline):
    """Instructions of an operation, by the name of the path.

    Where there seem to be too many, they are counted twice more, and the least of the counts holds: what else the
    machine does makes a run longer, and what the server does now and then is done more often in a longer one.
    """
    counter = Counter(ours, folder, keep)
    by_name = {workload.name: workload for workload in workloads.every(Plan(False, False, 1, 1, DEFAULT_SIZES, 0))}
    found = {}
    for name, (workload, numbers) in COUNTED.items():
        for _ in range(3):
            counted = counter.per_operation(by_name[workload], **numbers)
            print(f'{name}: {counted:,} instructions', flush=True)
            found[name] = min(counted, found.get(name, counted))
            if found[name] <= baseline.get(name, counted) * (1 + TOLERANCE):
                break
    return found


def compare(found, baseline):
    """Whether nothing has grown beyond the tolerance."""
    good = True
    for name, value in found.items():
        if name not in baseline:
            print(f'{name}: not in the baseline; --update writes it')
            good = False
            continue
        change = value / baseline[name] - 1
        good = good and change <= TOLERANCE
        hint = '' if change <= TOLERANCE else ': too many' if change > 0 else ''
        hint = hint or (': fewer, --update keeps that' if change < -TOLERANCE else '')
        print(f'{name}: {change:+.1%} against {baseline[name]:,}{hint}')
    return good


def main():
    parser = argparse.ArgumentParser(prog='Benchmarks/instructions', description=__doc__)
    parser.add_argument('--ours', metavar='PATH', help='a registryd that is built already, for release')
    parser.add_argument('--update', action='store_true', help='write the baseline')
    parser.add_argument('--keep', metavar='FOLDER', help='where to leave the profiles, for callgrind_annotate')
    given = parser.parse_args()
    ours = building.of_caller(given.ours) if given.ours else building.registryd()
    keep = building.of_caller(given.keep) if given.keep else None
    if keep:
        os.makedirs(keep, exist_ok=True)
    with open(BASELINE) as file:
        baseline = json.load(file)['instructions']
    folder = tempfile.mkdtemp(prefix='registry-instructions-')
    try:
        found = count(ours, folder, keep, baseline)
    finally:
        subprocess.run(['rm', '-rf', folder], check=True)
    if given.update:
        with open(BASELINE, 'w') as file:
            json.dump({'compiler': building.compiler(), 'instructions': found}, file, indent=4)
            file.write('\n')
    elif not compare(found, baseline):
        sys.exit(1)


if __name__ == '__main__':
    main()
