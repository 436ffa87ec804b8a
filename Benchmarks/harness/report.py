"""The Markdown of a run."""


def _number(value):
    if value is None:
        return '–'
    if value >= 100:
        return f'{value:,.0f}'
    return f'{value:.3g}'


def _table(head, rows):
    lines = ['| ' + ' | '.join(head) + ' |', '|' + ' --- |' * len(head)]
    return '\n'.join(lines + ['| ' + ' | '.join(row) + ' |' for row in rows]) + '\n'


def _ratios(outcomes, servers):
    others = [server.name for server in servers if server.name != 'registryd']
    rows = []
    for outcome in outcomes:
        if 'registryd' not in outcome.rounds:
            continue
        row = [outcome.workload.title, outcome.headline_key() if outcome.headline_key() != 'value'
               else outcome.workload.unit, _number(outcome.value('registryd'))]
        for other in others:
            value, ratio = outcome.value(other), outcome.ratio('registryd', other)
            row.append('–' if ratio is None else f'{_number(value)} ({_number(ratio)} ×)')
        rows.append(row)
    return _table(['workload', 'figure', 'registryd', *(f'{name} (ours / it)' for name in others)], rows)


def _targets(verdicts):
    words = {True: 'met', False: '**missed**', None: '–'}
    return _table(['workload', 'against', 'measured', 'target', ''],
                  [[verdict.what, verdict.against, verdict.measured, verdict.target, words[verdict.met]]
                   for verdict in verdicts])


def _details(outcomes, servers):
    columns = ['MB/s', 'operations/s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'CPU s/GB', 'CPU µs/request', 'peak MiB']
    rows = []
    for outcome in outcomes:
        for server in servers:
            if server.name in outcome.skipped and server.name not in outcome.rounds:
                continue
            if not outcome.rounds.get(server.name) or outcome.value(server.name, 'p50 ms') is None:
                continue
            row = [outcome.workload.name, server.name + (' ⚠' if outcome.bottleneck(server.name) else '')]
            row += [_number(outcome.value(server.name, column)) for column in columns]
            passes = outcome.passes.get(server.name, {})
            row += [_number(passes.get('system calls/request')), _number(passes.get('fsyncs/operation'))]
            rows.append(row)
    return _table(['workload', 'server', *columns, 'system calls/request', 'fsyncs/operation'], rows)


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
        'thread, so the server may be faster than that.\n',
        f'## Targets: {met} of {judged} met\n', _targets(verdicts),
        '## Ratios\n', 'The value of each server, and ours divided by it. For ms and MiB, less is better.\n',
        _ratios(outcomes, servers),
        '## Details\n', _details(outcomes, servers),
        '## The machine alone\n' if _limits(outcomes) else '', _limits(outcomes),
        '## Checked with wrk\n' if _checks(outcomes) else '', _checks(outcomes),
        '## Not measured\n', _skipped(outcomes),
    ]
    parts += [f'![{name}]({name}.png)\n' for name in images]
    return '\n'.join(part for part in parts if part)
