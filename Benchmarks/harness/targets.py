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


def _verdict(what, against, measured, sign, wanted, unit='×'):
    if measured is None:
        return Verdict(what, against, 'not measured', f'{sign} {wanted:g} {unit}', None)
    met = measured >= wanted if sign == AT_LEAST else measured <= wanted
    return Verdict(what, against, f'{measured:.3g} {unit}', f'{sign} {wanted:g} {unit}', met)


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
        self._password()
        self._each_peer('manifest-get-tag-htpasswd', AT_LEAST, 30, 8)
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
        self.verdicts.append(_verdict(what, other, outcome.ratio('registryd', other, key), sign, wanted))

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

    def _compare(self, what, one, two, sign, wanted):
        measured = one / two if one is not None and two else None
        self.verdicts.append(_verdict(what, 'itself', measured, sign, wanted))

    def _password(self):
        plain, secured = (self.outcomes.get(name) for name in ('manifest-get-tag', 'manifest-get-tag-htpasswd'))
        if plain and secured:
            self._compare('manifest GET with htpasswd, against without', secured.value('registryd'),
                          plain.value('registryd'), AT_LEAST, 0.75)

    def _push(self, name):
        if name in self.outcomes:
            outcome = self.outcomes[name]
            self.verdicts.append(_verdict(outcome.workload.title, 'the slower of dd with fsync and SHA-256',
                                          outcome.limit_ratio('registryd'), AT_LEAST, 0.85))

    def _mixed(self):
        if 'mixed' in self.outcomes:
            outcome = self.outcomes['mixed']
            self._compare('mixed 80/20, open loop: p99 against p50', outcome.value('registryd', 'p99 ms'),
                          outcome.value('registryd', 'p50 ms'), AT_MOST, 5)
            for kind in ('pull', 'push'):
                self._compare(f'the same, of each {kind} alone', outcome.value('registryd', f'{kind} p99 ms'),
                              outcome.value('registryd', f'{kind} p50 ms'), AT_MOST, 5)
            self._each_peer('mixed', AT_MOST, 0.2, 0.2, key='p99 ms')

    def _tags(self):
        few = self.outcomes.get('tags-1000')
        for count in (1_000_000, 10_000):
            many = self.outcomes.get(f'tags-{count}')
            if few and many:
                self._compare(f'first page of tags, {count:,} against 1,000', many.value('registryd'),
                              few.value('registryd'), AT_MOST, 2)
                return
