"""What a run found, and figures taken from it."""
import statistics


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


class Outcome:
    """A workload's figures: for each server one set a round, or why there are none."""

    def __init__(self, workload):
        self.workload = workload
        self.rounds = {}
        self.skipped = {}
        self.passes = {}
        self.limits = []
        # Whether ours was left out, so that there is nothing to compare.
        self.over = False

    def add(self, server, figures):
        self.rounds.setdefault(server, []).append(figures)

    def headline_key(self):
        if self.workload.unit == 'MiB' or self.workload.trial == 'start':
            return 'value'
        if self.workload.unit == 'ms':
            return 'p99 ms' if self.workload.trial == 'mixed' else 'p50 ms'
        return self.workload.unit

    def value(self, server, key=None):
        """The median over the rounds, or `None`."""
        return median(figures.get(key or self.headline_key()) for figures in self.rounds.get(server, []))

    def ratio(self, server, other, key=None):
        """The median of the ratios, each of one round, so that a drift of the machine falls out."""
        return self.ratio_to(server, self, other, key)

    def ratio_to(self, server, outcome, other, key=None):
        """The same against an outcome of the same batch."""
        key = key or self.headline_key()
        pairs = zip(self.rounds.get(server, []), outcome.rounds.get(other, []))
        return median(one[key] / two[key] for one, two in pairs if one.get(key) is not None and two.get(key))

    def limit(self):
        """The slower of the disk and the hash, the median over the rounds; MB/s."""
        return median(min(limits.values()) for limits in self.limits)

    def limit_ratio(self, server):
        pairs = zip(self.rounds.get(server, []), self.limits)
        return median(figures['MB/s'] / min(limits.values()) for figures, limits in pairs)

    def marks(self, *servers):
        """⚠ where the load generator set the pace, ◆ where others loaded the machine, in a round of one of them."""
        figures = [one for server in servers for one in self.rounds.get(server, [])]
        return ('⚠' if any(one.get('generator bottleneck') for one in figures) else '') + (
            '◆' if any(one.get('others loaded') for one in figures) else '')

    def plain(self):
        """As JSON has it."""
        return {'name': self.workload.name, 'title': self.workload.title, 'unit': self.workload.unit,
                'rounds': self.rounds, 'skipped': self.skipped, 'passes': self.passes, 'limits': self.limits}
