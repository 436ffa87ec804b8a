"""What is measured: every workload by its name, in the order of the report."""
from dataclasses import dataclass, field

from . import auth, content

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
REGISTRIES = ('ours', 'peer')
ALL = ('ours', 'peer', 'nginx')
GROUPS = ('pulls', 'plain', 'tls', 'h2', 'h2c', 'manifests', 'auth', 'pushes', 'lists', 'mixed', 'residents')


@dataclass
class Workload:
    """A load on one server after the other. `trial` names the function of trials.py that runs it."""
    name: str
    title: str
    # Which figure stands for it: 'MB/s', 'operations/s', 'ms' or 'MiB'. The last two are better when lower.
    unit: str
    # What --only may name instead: the name of the function below that has it, and more.
    groups: tuple = ()
    kinds: tuple = REGISTRIES
    trial: str = 'load'
    mode: str = 'get'
    # The root of a store and the options of the load, by `(stores, server)`.
    prepare: object = None
    connections: int = 1
    # Ends after so many operations; else after the run's duration.
    operations: int = None
    # Seconds that the end waits for what runs.
    patience: int = 60
    # Whether the end of the duration cuts what runs; the rate is then one of bytes.
    cut: bool = False
    tls: bool = False
    http2: bool = False
    # Whether the generator counts TLS's records instead of decrypting them: else it takes as long as the server.
    counts_records: bool = False
    # 'htpasswd', 'token' or None.
    auth: str = None
    # Whether garbage is collected meanwhile.
    collecting: bool = False
    # Whether all servers get the rate that ours is measured at, instead of one that each can keep up with.
    same_rate: bool = False
    # Operations of the passes that count system calls, and fsyncs; 0 for no such pass.
    traced: int = 0
    fsyncs: int = 0
    # Whether dd and openssl speed are measured in each round too.
    limits: bool = False
    # Whether wrk can check the figure.
    wrk: bool = False
    # The most rounds of what takes long.
    rounds: int = None
    # Those of one batch have their rounds in turn too, so that they can be compared with each other.
    batch: str = None
    extra: dict = field(default_factory=dict)

    @property
    def by_h2load(self):
        """Whether h2load loads it: our generator's TLS and HTTP/2 cost more than the servers', but where it decrypts
        nothing."""
        return (self.tls or self.http2) and not self.counts_records


def text(size):
    for unit, name in ((GIB, 'GiB'), (MIB, 'MiB'), (KIB, 'KiB')):
        if size >= unit:
            return f'{size // unit} {name}'
    return f'{size} B'


def label(size):
    return text(size).replace(' ', '')


def pull(size):
    """Prepares a pull of a blob."""
    def prepare(stores, server):
        root, digest = stores.pull(size)
        path = '/' + content.data_path(digest) if server.kind == 'nginx' else f'/v2/bench/pull/blobs/{digest}'
        return root, {'target': path, 'expect_length': size}
    return prepare


def manifest(by):
    """Prepares a pull of a manifest."""
    def prepare(stores, server):
        root, digest, size = stores.manifest()
        reference = digest if by == 'digest' else 'latest'
        path = '/' + content.data_path(digest) if server.kind == 'nginx' else f'/v2/bench/pull/manifests/{reference}'
        return root, {'target': path, 'expect_length': size, 'header': [content.ACCEPT]}
    return prepare


def _with_authorization(prepare, kind):
    def secured(stores, server):
        root, options = prepare(stores, server)
        sent = auth.authorization(stores.folder, kind, server.binary)
        return root, {**options, 'header': [*options.get('header', []), f'Authorization: {sent}']}
    return secured


def push(size, chunk=None):
    """Prepares pushes into a store of their own."""
    return lambda stores, server: (stores.empty(), {'size': size, 'chunk': chunk})


TRANSPORTS = [('', False, False, 'plain', ''), ('-tls', True, False, 'tls', ', TLS 1.3'),
              ('-h2', True, True, 'h2', ', HTTP/2 over TLS'), ('-h2c', False, True, 'h2c', ', HTTP/2')]


def pulls(plan):
    for suffix, tls, http2, group, words in TRANSPORTS:
        for size in plan.sizes:
            for connections in plan.connections(size, group):
                large = size > 16 * MIB
                yield Workload(
                    f'pull-{label(size)}-c{connections}{suffix}',
                    f'pull {text(size)}, {connections} connection{"s" if connections > 1 else ""}{words}',
                    'operations/s' if size < 64 * KIB else 'MB/s', ('pulls', group), kinds=ALL, prepare=pull(size),
                    connections=connections, tls=tls, http2=http2, counts_records=large and tls and not http2,
                    operations=plan.count(size) if large and connections == 1 else None,
                    cut=large and connections > 1, traced=0 if tls or http2 or large else 400,
                    wrk=not (tls or http2) and size < 64 * KIB)


def manifests(plan):
    def one(mode, by, **more):
        return Workload(
            f'manifest-{mode}-{by}', f'manifest {mode.upper()} by {by}, 64 connections', 'operations/s',
            mode=mode, connections=64, traced=400, **{'groups': ('manifests',), 'prepare': manifest(by), **more})

    yield one('get', 'tag', groups=('manifests', 'auth'), kinds=ALL, wrk=True, batch='manifest-get-tag')
    for kind, words in (('htpasswd', 'htpasswd'), ('token', 'bearer token')):
        secured = one('get', 'tag', groups=('manifests', 'auth'), auth=kind, batch='manifest-get-tag',
                      prepare=_with_authorization(manifest('tag'), kind))
        secured.name, secured.title = f'{secured.name}-{kind}', f'{secured.title}, {words}'
        yield secured
    yield one('get', 'digest', wrk=True)
    yield one('head', 'tag')
    yield one('head', 'digest')


def pushes(plan):
    for size in plan.sizes:
        large = size > 16 * MIB
        clients = 1 if large else 8
        for chunk in (None, max(size // 4, 1)):
            yield Workload(
                f'push-{label(size)}-c{clients}{"-chunked" if chunk else ""}',
                f'push {text(size)}, {"4 chunks" if chunk else "monolithic"}, {clients} client'
                + ('s' if clients > 1 else ''),
                'operations/s' if size < 64 * KIB else 'MB/s', ('pushes',), mode='push', prepare=push(size, chunk),
                connections=clients, operations=plan.count(size) if large else None, traced=0 if large else 40,
                fsyncs=0 if size > GIB else 2 if large else 40, limits=large and chunk is None, extra={'size': size})
    yield Workload('push-image-c16', 'push of an image, 20 layers of 10 KiB, 16 clients', 'operations/s',
                   ('pushes',), mode='image', prepare=lambda stores, server: (stores.empty(), {'size': 10 * KIB, 'layers': 20}),
                   connections=16, traced=16, fsyncs=32)


def lists(plan):
    for count in plan.entries:
        many = count > 100_000
        yield Workload(f'tags-{count}', f'first page of 100 of {count:,} tags', 'ms', ('lists',), connections=1,
                       rounds=1 if many else None, batch=None if many else 'tags', patience=300 if many else 60,
                       prepare=lambda stores, server, count=count: (
                           stores.tags(count), {'target': f'/v2/bench/n{count}/tags/list?n=100'}))
    for count in plan.entries:
        yield Workload(f'catalog-{count}', f'first page of 100 of {count:,} repositories', 'ms', ('lists',),
                       connections=1, rounds=1 if count > 100_000 else None,
                       patience=300 if count > 100_000 else 60,
                       prepare=lambda stores, server, count=count: (
                           stores.catalog(count), {'target': '/v2/_catalog?n=100'}))
    yield Workload('referrers', 'referrers list of 10 entries, 16 connections', 'operations/s', ('lists',),
                   trial='referrers', connections=16)


def mixed(plan):
    def prepare(stores, server):
        root, digest = stores.mixed(64 * KIB)
        return root, {'target': ['/v2/bench/pull/manifests/latest', f'/v2/bench/pull/blobs/{digest}'],
                      'header': [content.ACCEPT], 'size': 64 * KIB}
    own, ours = (f'mixed 80/20, open loop at 70 % of {whose} peak, 16 connections'
                 for whose in ('the server\'s own', 'registryd\'s'))
    for suffix, title in (('', own), ('-same-rate', ours), ('-collecting', f'{own}, while garbage is collected')):
        yield Workload(f'mixed{suffix}', title, 'ms', ('mixed',), mode='mixed', trial='mixed', prepare=prepare,
                       connections=16, collecting=suffix == '-collecting', same_rate=suffix == '-same-rate',
                       batch='mixed')


def residents(plan):
    yield Workload('idle', 'resident when idle', 'MiB', ('residents',), kinds=ALL, trial='idle', rounds=1)
    yield Workload('idle-connections', f'resident with {plan.idle_connections:,} idle connections', 'MiB',
                   ('residents',), kinds=ALL, trial='idle', connections=plan.idle_connections, rounds=1)
    yield Workload('memory', f'peak with 64 pushes and 64 pulls of {text(plan.memory_size)}', 'MiB', ('residents',),
                   trial='memory', connections=64, rounds=1, extra={'size': plan.memory_size})
    yield Workload('start', 'start to the first answer, store of 100,000 repositories', 'ms', ('residents',),
                   trial='start', rounds=2, prepare=lambda stores, server: (stores.catalog(100_000), {}))


def every(plan):
    for group in (pulls, manifests, pushes, lists, mixed, residents):
        yield from group(plan)
