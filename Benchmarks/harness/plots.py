"""Bars of a run as PNG, where matplotlib is there (Debian: python3-matplotlib)."""
import os

# The file, its title, which workloads are in it, and whether the axis is logarithmic.
PLOTS = [
    ('pulls', 'Pulls, MB/s', lambda workload: 'pulls' in workload.groups and workload.unit == 'MB/s', False),
    ('requests', 'Small requests, operations/s', lambda workload: workload.unit == 'operations/s'
     and workload.mode in ('get', 'head') and workload.trial == 'load', True),
    ('pushes', 'Pushes, share of the fastest', lambda workload:
     workload.mode in ('push', 'image'), None),
    ('lists', 'First page of a list, p50 ms', lambda workload: 'lists' in workload.groups and workload.unit == 'ms',
     True),
    ('memory', 'Resident set, MiB', lambda workload: workload.unit == 'MiB', False),
]
MOST = 18    # Bars of one plot; a full run has more workloads than a page.


def draw(outcomes, servers, folder):
    """Writes the plots of those workloads that were measured; their paths."""
    try:
        import matplotlib
    except ImportError:
        return []
    matplotlib.use('Agg')
    from matplotlib import pyplot
    os.makedirs(folder, exist_ok=True)
    paths = []
    for name, title, has, logarithmic in PLOTS:
        chosen = [outcome for outcome in outcomes if has(outcome.workload) and outcome.rounds][:MOST]
        present = [server for server in servers if any(server.name in outcome.rounds for outcome in chosen)]
        if chosen:
            paths.append(f'{folder}/benchmark-{name}.png')
            _bars(pyplot, chosen, present, title, logarithmic, paths[-1])
    return paths


def _values(outcome, servers, relative):
    values = [outcome.value(server.name) or 0 for server in servers]
    return [value / max(values) for value in values] if relative and max(values) else values


def _bars(pyplot, outcomes, servers, title, logarithmic, path):
    figure, axes = pyplot.subplots(figsize=(9, 1.1 + 0.36 * len(outcomes)), layout='constrained')
    height = 0.84 / len(servers)
    values = [_values(outcome, servers, logarithmic is None) for outcome in outcomes]
    for position, server in enumerate(servers):
        axes.barh([row + position * height for row in range(len(outcomes))], [one[position] for one in values], height,
                  label=server.name)
    axes.set_yticks([row + 0.42 - height / 2 for row in range(len(outcomes))],
                    [outcome.workload.name for outcome in outcomes], fontsize=7)
    axes.tick_params(axis='x', labelsize=7)
    if logarithmic:
        axes.set_xscale('log')
    axes.invert_yaxis()
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=7, loc='upper left', bbox_to_anchor=(1, 1), frameon=False)
    figure.savefig(path, dpi=90)
    pyplot.close(figure)
