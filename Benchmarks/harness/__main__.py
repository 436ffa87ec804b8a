"""The command line of Benchmarks/run."""
import argparse
import fnmatch
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
    parser.add_argument('--quick', action='store_true', help='a few minutes, for a first look')
    parser.add_argument('--full', action='store_true', help='also 2 GiB, a million tags, 64 transfers of 1 GiB')
    parser.add_argument('--only', action='append', metavar='PATTERN', help='workloads, e.g. pull-*; may be repeated')
    parser.add_argument('--list', action='store_true', help='only print the names of the workloads')
    parser.add_argument('--rounds', type=int, help='rounds (5; quick: 2)')
    parser.add_argument('--duration', type=float, help='seconds of a load (5; quick: 1)')
    parser.add_argument('--sizes', help='sizes of blobs, e.g. 1K,1M,256M')
    parser.add_argument('--ours', metavar='PATH', help='a registryd that is built already')
    parser.add_argument('--other', action='append', default=[], metavar='NAME=PATH',
                        help='another registry with the same configuration file; may be repeated')
    parser.add_argument('--without', action='append', default=[], metavar='NAME', help='a server to leave out')
    parser.add_argument('--no-passes', action='store_true', help='no counting of system calls')
    parser.add_argument('--work', metavar='FOLDER', help='where the stores are made; the system\'s folder by default')
    parser.add_argument('--output', metavar='FOLDER', default=f'{HERE}/results', help='Benchmarks/results by default')
    return parser.parse_args()


def plan_of(given):
    sizes = [size_of(text) for text in given.sizes.split(',')] if given.sizes else list(DEFAULT_SIZES)
    if given.full and not given.sizes:
        sizes.append(size_of('2G'))
    return Plan(given.quick, given.full, given.rounds or (2 if given.quick else 5),
                given.duration or (1 if given.quick else 5), sizes)


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


def measure(workload, chosen, trials, passes):
    """All rounds of a workload, the servers in turn, and then the passes that count."""
    outcome = Outcome(workload)
    for number in range(trials.plan.rounds):
        if workload.limits:
            size = workload.extra['size']
            root, digest = trials.stores.pull(size)
            outcome.limits.append({
                'dd': limits.disk_megabytes_per_second(f'{root}/{content.data_path(digest)}', trials.folder, size),
                'sha256': limits.sha256_megabytes_per_second()})
        for server in chosen:
            if server.kind not in workload.kinds or server.name in outcome.skipped:
                continue
            attempt(outcome, server, lambda: outcome.add(server.name, trials.run(workload, server)))
            if server.kind == 'ours' and server.name in outcome.skipped:
                return outcome    # There is nothing to compare.
    if workload.traced and passes and trials.plan.traces(workload.name):
        for server in chosen:
            if server.name in outcome.rounds and server.name not in outcome.skipped:
                attempt(outcome, server, lambda: count(outcome, workload, server, trials))
    return outcome


def count(outcome, workload, server, trials):
    found = syscalls.calls_per_request(trials, workload, server)
    if workload.mode in ('push', 'image'):
        found |= syscalls.fsyncs_per_operation(trials, workload, server)
    outcome.passes[server.name] = found


def attempt(outcome, server, action):
    try:
        action()
    except (servers.Refused, load.Failed) as error:
        outcome.skipped[server.name] = str(error)
        note(f'{outcome.workload.name}: {server.name} left out: {error}')


def tell(outcome, chosen):
    values = [f'{server.name} {outcome.value(server.name):.5g}' for server in chosen
              if outcome.value(server.name) is not None]
    note(f'{outcome.workload.name} ({outcome.headline_key()}, {outcome.workload.unit}): {", ".join(values)}')


def write(given, plan, facts, chosen, outcomes):
    """All that is known so far, so that a run that is cut off leaves what it had."""
    os.makedirs(given.output, exist_ok=True)
    peers = [server.name for server in chosen if server.kind == 'peer']
    verdicts = targets.Targets(outcomes, peers).judge()
    images = plots.draw(outcomes, chosen, given.output)
    with open(f'{given.output}/benchmark.json', 'w') as file:
        json.dump({'machine': facts, 'rounds': plan.rounds, 'duration': plan.duration,
                   'workloads': [outcome.plain() for outcome in outcomes],
                   'targets': [vars(verdict) for verdict in verdicts]}, file, indent=1, ensure_ascii=False)
    with open(f'{given.output}/benchmark.md', 'w') as file:
        file.write(report.markdown(facts, plan, chosen, outcomes, verdicts, images))


def main():
    given = arguments()
    given.output = of_caller(given.output)
    plan = plan_of(given)
    wanted = [workload for workload in workloads.every(plan)
              if not given.only or any(fnmatch.fnmatch(workload.name, pattern) for pattern in given.only)]
    if given.list:
        print('\n'.join(f'{workload.name:32} {workload.title}' for workload in wanted))
        return
    generator = load.Generator(registry_load())
    chosen = servers_of(given)
    facts = machine.describe(chosen)
    folder = tempfile.mkdtemp(prefix='registry-benchmark-', dir=given.work)
    outcomes = []
    try:
        trials = Trials(plan, content.Stores(folder, note), generator, folder)
        for workload in wanted:
            outcomes.append(measure(workload, chosen, trials, not given.no_passes))
            tell(outcomes[-1], chosen)
            write(given, plan, facts, chosen, outcomes)
    finally:
        subprocess.run(['rm', '-rf', folder], check=True)
    note(f'written: {given.output}/benchmark.md, benchmark.json')


if __name__ == '__main__':
    main()
