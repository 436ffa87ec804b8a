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
        key = key or self.headline_key()
        pairs = zip(self.rounds.get(server, []), self.rounds.get(other, []))
        return median(one[key] / two[key] for one, two in pairs if one.get(key) is not None and two.get(key))

    def limit(self):
        """The slower of the disk and the hash, the median over the rounds; MB/s."""
        return median(min(limits.values()) for limits in self.limits)

    def limit_ratio(self, server):
        pairs = zip(self.rounds.get(server, []), self.limits)
        return median(figures['MB/s'] / min(limits.values()) for figures, limits in pairs)

    def bottleneck(self, server):
        return any(figures.get('generator bottleneck') for figures in self.rounds.get(server, []))

    def plain(self):
        """As JSON has it."""
        return {'name': self.workload.name, 'title': self.workload.title, 'unit': self.workload.unit,
                'rounds': self.rounds, 'skipped': self.skipped, 'passes': self.passes, 'limits': self.limits}
