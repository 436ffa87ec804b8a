"""The command line of Benchmarks/run."""
import argparse
import fnmatch
import itertools
import json
import os
import shutil
import subprocess
import tempfile

from . import content, limits, load, machine, plots, report, servers, syscalls, targets, workloads
from .building import HERE, note, of_caller, registry_load, registryd
from .plan import DEFAULT_SIZES, Plan, size_of
from .results import Outcome
from .trials import Trials


def arguments():
    parser = argparse.ArgumentParser(prog='Benchmarks/run', description='Measures registries beside each other.')
    parser.add_argument('--quick', action='store_true', help='everything in ten minutes, for a first look')
    parser.add_argument('--full', action='store_true', help='also 2 GiB and a million tags; an hour')
    parser.add_argument('--only', action='append', metavar='GROUP',
                        help=f'{", ".join(workloads.GROUPS)}, or names, e.g. pull-1MiB-*; may be repeated')
    parser.add_argument('--list', action='store_true', help='only print the groups and names of the workloads')
    parser.add_argument('--rounds', type=int, help='rounds (3; quick: 2)')
    parser.add_argument('--duration', type=float, help='seconds of a load (2; full: 1.5; quick: 0.7)')
    parser.add_argument('--sizes', help='sizes of blobs, e.g. 1K,1M,256M')
    parser.add_argument('--memory-size', metavar='SIZE',
                        help='of each of the 64 pushes and 64 pulls of the workload "memory" (256M; quick: 16M)')
    parser.add_argument('--ours', metavar='PATH', help='a registryd that is built already')
    parser.add_argument('--other', action='append', default=[], metavar='NAME=PATH',
                        help='another registry with the same configuration file; may be repeated')
    parser.add_argument('--without', action='append', default=[], metavar='NAME', help='a server to leave out')
    parser.add_argument('--no-passes', action='store_true', help='no counting of system calls')
    parser.add_argument('--work', metavar='FOLDER', help='where the stores are made; the system\'s folder by default')
    parser.add_argument('--plots', metavar='FOLDER', help='where the plots go, instead of the output folder')
    parser.add_argument('--output', metavar='FOLDER', default=f'{HERE}/results', help='Benchmarks/results by default')
    return parser.parse_args()


def plan_of(given):
    sizes = [size_of(text) for text in given.sizes.split(',')] if given.sizes else list(DEFAULT_SIZES)
    if given.full and not given.sizes:
        sizes.append(size_of('2G'))
    memory = size_of(given.memory_size or ('16M' if given.quick else '256M'))
    return Plan(given.quick, given.full, given.rounds or (2 if given.quick else 3),
                given.duration or (0.7 if given.quick else 1.5 if given.full else 2), sizes, memory)


def wanted_of(given, plan):
    """The workloads that --only names: by groups or by patterns of names."""
    every = list(workloads.every(plan))
    for name in given.only or []:
        if not any(matches(workload, name) for workload in every):
            raise SystemExit(f'Benchmarks/run: --only {name}: no such workload; --list prints them')
    return [workload for workload in every
            if not given.only or any(matches(workload, name) for name in given.only)]


def matches(workload, name):
    return name in workload.groups or fnmatch.fnmatch(workload.name, name)


def servers_of(given):
    ours = of_caller(given.ours) if given.ours else None
    found = [servers.Server('registryd', 'ours', ours or registryd())]
    if peer := shutil.which('docker-registry'):
        found.append(servers.Server('docker-registry', 'peer', peer))
    for text in given.other:
        name, _, path = text.partition('=')
        found.append(servers.Server(name, 'peer', of_caller(path)))
    if nginx := shutil.which('nginx', path=f'{os.environ["PATH"]}:/usr/sbin'):
        found.append(servers.Server('nginx', 'nginx', nginx))
    return [server for server in found if server.name not in given.without]


def measure(batch, chosen, trials, passes):
    """All rounds of a batch of workloads, the servers in turn, and then the passes that count."""
    outcomes = [Outcome(workload) for workload in batch]
    for number in range(trials.plan.rounds):
        for outcome in outcomes:
            if number < (outcome.workload.rounds or number + 1) and not outcome.over:
                measure_round(outcome, number, chosen, trials)
    for outcome in outcomes:
        if passes and not outcome.over:
            for server in chosen:
                if server.name in outcome.rounds and server.name not in outcome.skipped:
                    attempt(outcome, server, lambda: count(outcome, server, trials))
    return outcomes


def measure_round(outcome, number, chosen, trials):
    workload = outcome.workload
    if workload.limits:
        size = workload.extra['size']
        root, digest = trials.stores.pull(size)
        outcome.limits.append({
            'dd': limits.disk_megabytes_per_second(f'{root}/{content.data_path(digest)}', trials.folder, size),
            'sha256': limits.sha256_megabytes_per_second()})
    for server in chosen:
        if server.kind not in workload.kinds or server.name in outcome.skipped:
            continue
        attempt(outcome, server, lambda: outcome.add(server.name, trials.run(workload, server, number)))
        if server.kind == 'ours' and server.name in outcome.skipped:
            outcome.over = True
            return


def count(outcome, server, trials):
    workload, found = outcome.workload, {}
    if workload.traced and trials.plan.traces(workload.name):
        found |= syscalls.calls_per_request(trials, workload, server)
    if workload.fsyncs and not (trials.plan.quick and workload.name.endswith('-chunked')):
        found |= syscalls.fsyncs_per_operation(trials, workload, server)
    if found:
        outcome.passes[server.name] = found


def attempt(outcome, server, action):
    try:
        action()
    except (servers.Refused, load.Failed) as error:
        outcome.skipped[server.name] = str(error)
        note(f'{outcome.workload.name}: {server.name} left out: {error}')


def tell(outcome, chosen):
    values = [f'{server.name} {outcome.value(server.name):.5g}{outcome.marks(server.name)}' for server in chosen
              if outcome.value(server.name) is not None]
    note(f'{outcome.workload.name} ({outcome.headline_key()}, {outcome.workload.unit}): {", ".join(values)}')


def write(given, plan, facts, chosen, outcomes):
    """All that is known so far, so that a run that is cut off leaves what it had."""
    os.makedirs(given.output, exist_ok=True)
    peers = [server.name for server in chosen if server.kind == 'peer']
    verdicts = targets.Targets(outcomes, peers).judge()
    folder = given.plots or given.output
    images = [os.path.relpath(path, given.output) for path in plots.draw(outcomes, chosen, folder)]
    with open(f'{given.output}/benchmark.json', 'w') as file:
        json.dump({'machine': facts, 'rounds': plan.rounds, 'duration': plan.duration,
                   'workloads': [outcome.plain() for outcome in outcomes],
                   'targets': [vars(verdict) for verdict in verdicts]}, file, indent=1, ensure_ascii=False)
    with open(f'{given.output}/benchmark.md', 'w') as file:
        file.write(report.markdown(facts, plan, chosen, outcomes, verdicts, images))


def batches(wanted):
    """Workloads that are measured in turn with each other; most are alone."""
    for key, members in itertools.groupby(wanted, lambda workload: workload.batch or workload.name):
        yield list(members)


def main():
    given = arguments()
    given.output = of_caller(given.output)
    given.plots = of_caller(given.plots) if given.plots else None
    plan = plan_of(given)
    wanted = wanted_of(given, plan)
    if given.list:
        for workload in wanted:
            print(f'{" ".join(workload.groups):20} {workload.name:32} {workload.title}')
        return
    generator = load.Generator(registry_load())
    chosen = servers_of(given)
    facts = machine.describe(chosen)
    folder = tempfile.mkdtemp(prefix='registry-benchmark-', dir=given.work)
    outcomes = []
    try:
        trials = Trials(plan, content.Stores(folder, note), generator, folder)
        for batch in batches(wanted):
            found = measure(batch, chosen, trials, not given.no_passes)
            outcomes += found
            for outcome in found:
                tell(outcome, chosen)
            write(given, plan, facts, chosen, outcomes)
    finally:
        subprocess.run(['rm', '-rf', folder], check=True)
    note(f'written: {given.output}/benchmark.md, benchmark.json')


if __name__ == '__main__':
    main()
