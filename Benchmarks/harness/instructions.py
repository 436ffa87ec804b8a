"""The command line of Benchmarks/instructions: instructions of a request, counted by callgrind."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

from . import building, content, load, servers, workloads

BASELINE = f'{building.HERE}/instructions.json'
TOLERANCE = 0.05

# By name: the mode of the load, and its two numbers of operations. What starting and the first requests cost is in
# both, and falls out of the difference.
COUNTED = {
    'manifest GET by tag': ('get', 200, 1200, workloads.manifest('tag')),
    'blob GET, 1 KiB': ('get', 200, 1200, workloads.pull(1 << 10)),
    'push, 1 KiB': ('push', 20, 120, workloads.push(1 << 10)),
}


def total(server, options, folder, generator, preload, mode, extent, number, path):
    """Instructions of a server's whole life with so many operations on one connection."""
    # One processor, so that a second one doesn't change who wakes whom.
    tracer = ('taskset', '-c', '0', 'valgrind', '--tool=callgrind', f'--callgrind-out-file={path}')
    with servers.running(server, options, folder, tracer, {'LD_PRELOAD': preload}) as it:
        generator.run(mode, it.port, operations=number, duration=300, **extent)
    with open(path) as file:
        return int(re.search(r'^(?:totals|summary): (\d+)', file.read(), re.MULTILINE)[1])


def count(ours, generator, folder, keep):
    """Instructions of an operation, by the name of the workload."""
    # Debian 12's valgrind can't read the debugging information of this compiler; the names of functions stay.
    subprocess.run(['strip', '--strip-debug', '-o', f'{folder}/registryd', ours], check=True)
    server = servers.Server('registryd', 'ours', f'{folder}/registryd')
    # Without it, Debian 12's valgrind crashes; its source says why.
    preload = f'{building.build(building.HERE, "SigsuspendCopy")}/libSigsuspendCopy.so'
    stores = content.Stores(folder, lambda text: None)
    found = {}
    for name, (mode, few, many, prepare) in COUNTED.items():
        totals = []
        for number in (few, many):
            root, extent = prepare(stores, server)
            path = f'{keep or folder}/callgrind.{name.replace(" ", "-").replace(",", "")}.{number}'
            totals.append(total(server, servers.Options(root), folder, generator, preload, mode, extent,
                                number, path))
        found[name] = round((totals[1] - totals[0]) / (many - few))
        print(f'{name}: {found[name]:,} instructions', flush=True)
    return found


def compare(found):
    """Whether nothing has grown beyond the tolerance."""
    with open(BASELINE) as file:
        baseline = json.load(file)['instructions']
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
    generator = load.Generator(building.registry_load())
    ours = building.of_caller(given.ours) if given.ours else building.registryd()
    keep = building.of_caller(given.keep) if given.keep else None
    if keep:
        os.makedirs(keep, exist_ok=True)
    folder = tempfile.mkdtemp(prefix='registry-instructions-')
    try:
        found = count(ours, generator, folder, keep)
    finally:
        subprocess.run(['rm', '-rf', folder], check=True)
    if given.update:
        with open(BASELINE, 'w') as file:
            json.dump({'compiler': building.compiler(), 'instructions': found}, file, indent=4)
            file.write('\n')
    elif not compare(found):
        sys.exit(1)


if __name__ == '__main__':
    main()
