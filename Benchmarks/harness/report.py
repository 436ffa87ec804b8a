"""The Markdown of a run."""


def _number(value):
    if value is None:
        return '–'
    if value >= 100:
        return f'{value:,.0f}'
    return f'{value:.3g}'


def _share(value):
    return '–' if value is None else f'{value:.0%}'


def _table(head, rows):
    lines = ['| ' + ' | '.join(head) + ' |', '|' + ' --- |' * len(head)]
    return '\n'.join(lines + ['| ' + ' | '.join(row) + ' |' for row in rows]).replace('  |', ' |') + '\n'


def _ratios(outcomes, servers):
    others = [server.name for server in servers if server.name != 'registryd']
    rows = []
    for outcome in outcomes:
        if 'registryd' not in outcome.rounds:
            continue
        row = [outcome.workload.title, outcome.headline_key() if outcome.headline_key() != 'value'
               else outcome.workload.unit, f'{_number(outcome.value("registryd"))} {outcome.marks("registryd")}']
        for other in others:
            value, ratio = outcome.value(other), outcome.ratio('registryd', other)
            row.append('–' if ratio is None else f'{_number(value)} ({_number(ratio)} ×) {outcome.marks(other)}')
        rows.append(row)
    return _table(['workload', 'figure', 'registryd', *(f'{name} (ours / it)' for name in others)], rows)


def _targets(verdicts):
    words = {True: 'met', False: '**missed**', None: '–'}
    return _table(['workload', 'against', 'measured', 'target', ''],
                  [[verdict.what, verdict.against, verdict.measured, verdict.target,
                    f'{words[verdict.met]} {verdict.marks}']
                   for verdict in verdicts])


def _details(outcomes, servers):
    columns = ['MB/s', 'operations/s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'CPU s/GB', 'CPU µs/request', 'peak MiB']
    rows = []
    for outcome in outcomes:
        for server in servers:
            if server.name in outcome.skipped and server.name not in outcome.rounds:
                continue
            if not outcome.rounds.get(server.name) or outcome.value(server.name, 'CPU s') is None:
                continue
            row = [outcome.workload.name, f'{server.name} {outcome.marks(server.name)}']
            row += [_number(outcome.value(server.name, column)) for column in columns]
            row += [_share(outcome.value(server.name, 'generator share')),
                    _share(outcome.value(server.name, 'others share'))]
            passes = outcome.passes.get(server.name, {})
            row += [_number(passes.get('system calls/request')), _number(passes.get('fsyncs/operation'))]
            rows.append(row)
    return _table(['workload', 'server', *columns, 'generator\'s core', 'others', 'system calls/request',
                   'fsyncs/operation'], rows)


def _fsyncs(outcomes, servers):
    """Calls that wait for the disk, of each push: what durability is made of."""
    rows = []
    for outcome in outcomes:
        counts = [outcome.passes.get(server.name, {}).get('fsyncs/operation') for server in servers]
        if any(count is not None for count in counts):
            rows.append([outcome.workload.title, *map(_number, counts)])
    return _table(['workload', *(server.name for server in servers)], rows) if rows else ''


def _collections(outcomes):
    rows = [[outcome.workload.name, server, _number(outcome.value(server, 'collections')),
             _number(outcome.value(server, 'seconds/collection'))]
            for outcome in outcomes for server in outcome.rounds if outcome.value(server, 'collections')]
    return _table(['workload', 'server', 'collections in a round', 'seconds each'], rows) if rows else ''


def _limits(outcomes):
    rows = [[outcome.workload.name, *(_number(sorted(one[key] for one in outcome.limits)[len(outcome.limits) // 2])
                                      for key in ('dd', 'sha256'))] for outcome in outcomes if outcome.limits]
    return _table(['workload', 'dd with fsync, MB/s', 'SHA-256 alone, MB/s'], rows) if rows else ''


def _checks(outcomes):
    rows = []
    for outcome in outcomes:
        for server in outcome.rounds:
            wrk = outcome.value(server, 'wrk per second')
            if wrk:
                rows.append([outcome.workload.name, server, _number(outcome.value(server, 'operations/s')),
                             _number(wrk)])
    return _table(['workload', 'server', 'registry-load, operations/s', 'wrk, requests/s'], rows) if rows else ''


def _skipped(outcomes):
    rows = [[outcome.workload.name, server, reason.replace('|', '\\|')]
            for outcome in outcomes for server, reason in outcome.skipped.items()]
    return _table(['workload', 'server', 'why'], rows) if rows else 'Nothing.\n'


def markdown(machine, plan, servers, outcomes, verdicts, images):
    met = sum(1 for verdict in verdicts if verdict.met)
    judged = sum(1 for verdict in verdicts if verdict.met is not None)
    parts = [
        '# Benchmark\n',
        '\n'.join(f'- {name}: {value}' for name, value in machine.items()),
        f'- {plan.rounds} rounds, the servers in turn within each, {plan.duration:g} s a load; medians\n',
        'CPU is the server\'s, user and system, with its children. ⚠: the load generator used more than 90 % of its '
        'thread in a round, so the server may be faster than that. ◆: other programs, or the host, took more than a '
        'tenth of the machine in a round; measure again when it is quiet.\n',
        f'## Targets: {met} of {judged} met\n', _targets(verdicts),
        '## Ratios\n', 'The value of each server, and ours divided by it. For ms and MiB, less is better.\n',
        _ratios(outcomes, servers),
        '## Details\n', _details(outcomes, servers),
        '## fsyncs of a push\n' if _fsyncs(outcomes, servers) else '', _fsyncs(outcomes, servers),
        '## Collections beside the mixed load\n' if _collections(outcomes) else '', _collections(outcomes),
        '## The machine alone\n' if _limits(outcomes) else '', _limits(outcomes),
        '## Checked with wrk\n' if _checks(outcomes) else '', _checks(outcomes),
        '## Not measured\n', _skipped(outcomes),
    ]
    parts += [f'![{path}]({path})\n' for path in images]
    return '\n'.join(part for part in parts if part)
