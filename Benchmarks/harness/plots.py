"""Bars of a run as PNG, where matplotlib is there (Debian: python3-matplotlib)."""

GROUPS = {'pull': 'Pulls', 'manifest': 'Manifests', 'push': 'Pushes', 'tags': 'Lists of tags', 'catalog': 'Catalog'}


def draw(outcomes, servers, folder):
    """Writes a plot for each group of workloads; the names of the plots."""
    try:
        import matplotlib
    except ImportError:
        return []
    matplotlib.use('Agg')
    from matplotlib import pyplot
    names = []
    for group, title in GROUPS.items():
        chosen = [outcome for outcome in outcomes if outcome.workload.name.startswith(group + '-') and outcome.rounds]
        for unit in sorted({outcome.headline_key() for outcome in chosen}):
            rows = [outcome for outcome in chosen if outcome.headline_key() == unit]
            name = f'{group}-{unit.replace("/", "-per-").replace(" ", "-")}'
            _bars(pyplot, rows, servers, f'{title}, {unit}', f'{folder}/{name}.png')
            names.append(name)
    return names


def _bars(pyplot, outcomes, servers, title, path):
    figure, axes = pyplot.subplots(figsize=(9, 1 + 0.5 * len(outcomes)), layout='constrained')
    height = 0.8 / len(servers)
    for position, server in enumerate(servers):
        values = [outcome.value(server.name) or 0 for outcome in outcomes]
        axes.barh([row + position * height for row in range(len(outcomes))], values, height, label=server.name)
    axes.set_yticks([row + 0.4 - height / 2 for row in range(len(outcomes))],
                    [outcome.workload.name for outcome in outcomes], fontsize=8)
    axes.invert_yaxis()
    axes.set_title(title)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
