"""The figures that the project holds itself to, each as a ratio within one run."""
from dataclasses import dataclass

from .plan import size_of
from .workloads import label

AT_LEAST, AT_MOST = '≥', '≤'


@dataclass
class Verdict:
    """A line of the table of targets."""
    what: str
    against: str
    measured: str
    target: str
    met: object      # True, False or None where it could not be measured
    marks: str = ''  # `Outcome.marks` of what it is made of


def _verdict(what, against, measured, sign, wanted, unit='×', marks=''):
    if measured is None:
        return Verdict(what, against, 'not measured', f'{sign} {wanted:g} {unit}', None)
    met = measured >= wanted if sign == AT_LEAST else measured <= wanted
    return Verdict(what, against, f'{measured:.3g} {unit}', f'{sign} {wanted:g} {unit}', met, marks)


class Targets:
    """Judges the outcomes of a run."""

    def __init__(self, outcomes, peers):
        self.outcomes = {outcome.workload.name: outcome for outcome in outcomes}
        self.peers = peers
        self.verdicts = []

    def judge(self):
        blob, large = label(size_of('1M')), label(size_of('256M'))
        self._rates(f'pull-{large}-c1', nginx=0.95, peer=1.5, other=1.5)
        self._ratio(f'pull-{large}-c1', 'nginx', AT_MOST, 1.15, key='CPU s/GB')
        self._each_peer(f'pull-{large}-c1', AT_MOST, 0.2, 0.2, key='CPU s/GB')
        self._rates(f'pull-{blob}-c16', nginx=0.85, peer=6, other=5)
        self._rates(f'pull-{large}-c1-tls', nginx=1.1, peer=1.5, other=1.5)
        self._rates('manifest-get-tag', nginx=0.6, peer=30, other=8)
        for kind, words in (('token', 'a bearer token'), ('htpasswd', 'htpasswd')):
            self._across(f'manifest GET by tag with {words}, against without', f'manifest-get-tag-{kind}',
                         'manifest-get-tag', AT_LEAST, 0.75)
            self._each_peer(f'manifest-get-tag-{kind}', AT_LEAST, 30, 8)
        self._push(f'push-{large}-c1')
        self._rates(f'push-{large}-c1', peer=3, other=2.5)
        self._rates(f'push-{blob}-c8', peer=4, other=3)
        self._rates('push-image-c16', peer=4, other=3)
        self._mixed()
        self._tags()
        for name, wanted in (('idle', 20), ('memory', 100), ('idle-connections', 200)):
            self._own(name, wanted, 'MiB')
        self._each_peer('memory', AT_MOST, 0.5, 0.5)
        self._each_peer('idle-connections', AT_MOST, 0.5, 0.5)
        self._own('start', 50, 'ms')
        return self.verdicts

    def _ratio(self, name, other, sign, wanted, key=None):
        if name not in self.outcomes:
            return
        outcome = self.outcomes[name]
        known = {*outcome.rounds, *outcome.skipped}
        # Where ours was left out, so were the others; the target is still told.
        if other not in known and 'registryd' not in outcome.skipped:
            return
        what = outcome.workload.title + (f': {key}' if key else '')
        self.verdicts.append(_verdict(what, other, outcome.ratio('registryd', other, key), sign, wanted,
                                      marks=outcome.marks('registryd', other)))

    def _each_peer(self, name, sign, peer, other, key=None):
        """`peer` is the target against Debian's, `other` against any other registry."""
        for server in self.peers:
            self._ratio(name, server, sign, peer if server == 'docker-registry' else other, key)

    def _rates(self, name, peer, other, nginx=None):
        if nginx:
            self._ratio(name, 'nginx', AT_LEAST, nginx)
        self._each_peer(name, AT_LEAST, peer, other)

    def _own(self, name, wanted, unit):
        if name in self.outcomes:
            outcome = self.outcomes[name]
            self.verdicts.append(
                _verdict(outcome.workload.title, 'itself', outcome.value('registryd'), AT_MOST, wanted, unit))

    def _spread(self, what, outcome, prefix=''):
        """p99 against p50 of ours."""
        high, low = (outcome.value('registryd', f'{prefix}{name} ms') for name in ('p99', 'p50'))
        self.verdicts.append(_verdict(what, 'itself', high / low if high is not None and low else None, AT_MOST, 5,
                                      marks=outcome.marks('registryd')))

    def _across(self, what, one, two, sign, wanted):
        """One workload of ours against another of its batch."""
        one, two = self.outcomes.get(one), self.outcomes.get(two)
        if one and two:
            self.verdicts.append(_verdict(what, 'itself', one.ratio_to('registryd', two, 'registryd'), sign, wanted,
                                          marks=one.marks('registryd') or two.marks('registryd')))

    def _push(self, name):
        if name in self.outcomes:
            outcome = self.outcomes[name]
            self.verdicts.append(_verdict(outcome.workload.title, 'the slower of dd with fsync and SHA-256',
                                          outcome.limit_ratio('registryd'), AT_LEAST, 0.85,
                                          marks=outcome.marks('registryd')))

    def _mixed(self):
        for name, words in (('mixed', ''), ('mixed-collecting', ' while garbage is collected')):
            if name in self.outcomes:
                outcome = self.outcomes[name]
                self._spread(f'mixed 80/20, open loop{words}: p99 against p50', outcome)
                for kind in ('pull', 'push'):
                    self._spread(f'the same, of each {kind} alone', outcome, f'{kind} ')
        # The target is one at one rate for all; that each keeps up with is the harder one, and is shown beside it.
        for name in ('mixed-same-rate', 'mixed', 'mixed-collecting'):
            self._each_peer(name, AT_MOST, 0.2, 0.2, key='p99 ms')

    def _tags(self):
        for count in (1_000_000, 10_000):
            if f'tags-{count}' in self.outcomes:
                return self._across(f'first page of tags, {count:,} against 1,000', f'tags-{count}', 'tags-1000',
                                    AT_MOST, 2)
