"""What is measured: every workload by its name, in the order of the report."""
from dataclasses import dataclass, field

from . import content, servers

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
REGISTRIES = ('ours', 'peer')
ALL = ('ours', 'peer', 'nginx')


@dataclass
class Workload:
    """A load on one server after the other. `trial` names the function of trials.py that runs it."""
    name: str
    title: str
    # Which figure stands for it: 'MB/s', 'operations/s', 'ms' or 'MiB'. The last two are better when lower.
    unit: str
    kinds: tuple = REGISTRIES
    trial: str = 'load'
    mode: str = 'get'
    # The root of a store and the options of the load, by `(stores, server)`.
    prepare: object = None
    connections: int = 1
    # Ends after so many operations; else after the run's duration.
    operations: int = None
    tls: bool = False
    http2: bool = False
    htpasswd: bool = False
    # Operations of the passes that count system calls; 0 for no such pass.
    traced: int = 0
    # Whether dd and openssl speed are measured in each round too.
    limits: bool = False
    # Whether wrk can check the figure.
    wrk: bool = False
    extra: dict = field(default_factory=dict)


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


def _with_password(prepare):
    def secured(stores, server):
        root, options = prepare(stores, server)
        return root, {**options, 'header': [*options.get('header', []), f'Authorization: {servers.AUTHORIZATION}']}
    return secured


def push(size, chunk=None):
    """Prepares pushes into a store of their own."""
    return lambda stores, server: (stores.empty(), {'size': size, 'chunk': chunk})


def pulls(plan):
    transports = [('', False, False), ('-tls', True, False), ('-h2', True, True)]
    for suffix, tls, http2 in transports:
        for size in plan.sizes:
            for connections in plan.connections(size, tls):
                yield Workload(
                    f'pull-{label(size)}-c{connections}{suffix}',
                    f'pull {text(size)}, {connections} connection{"s" if connections > 1 else ""}'
                    + (', HTTP/2 over TLS' if http2 else ', TLS 1.3' if tls else ''),
                    'operations/s' if size < 64 * KIB else 'MB/s', kinds=ALL, prepare=pull(size),
                    connections=connections, tls=tls, http2=http2,
                    operations=plan.count(size, connections), traced=0 if tls or size > 16 * MIB else 400,
                    wrk=not tls and size < 64 * KIB)


def manifests(plan):
    for mode in ('get', 'head'):
        for by in ('tag', 'digest'):
            yield Workload(
                f'manifest-{mode}-{by}', f'manifest {mode.upper()} by {by}, 64 connections', 'operations/s', mode=mode,
                kinds=ALL if mode == 'get' and by == 'tag' else REGISTRIES, prepare=manifest(by), connections=64,
                traced=400, wrk=mode == 'get')
    yield Workload('manifest-get-tag-htpasswd', 'manifest GET by tag, 64 connections, htpasswd', 'operations/s',
                   prepare=_with_password(manifest('tag')), connections=64, htpasswd=True, traced=400)


def pushes(plan):
    for size in plan.sizes:
        clients = 1 if size > 16 * MIB else 8
        for chunk in (None, max(size // 4, 1)):
            yield Workload(
                f'push-{label(size)}-c{clients}{"-chunked" if chunk else ""}',
                f'push {text(size)}, {"4 chunks" if chunk else "monolithic"}, {clients} client'
                + ('s' if clients > 1 else ''),
                'operations/s' if size < 64 * KIB else 'MB/s', mode='push', prepare=push(size, chunk),
                connections=clients, operations=plan.count(size, clients), traced=0 if size > 16 * MIB else 40,
                limits=size > 16 * MIB and chunk is None, extra={'size': size})
    yield Workload('push-image-c16', 'push of an image, 20 layers of 10 KiB, 16 clients', 'operations/s', mode='image',
                   prepare=lambda stores, server: (stores.empty(), {'size': 10 * KIB, 'layers': 20}),
                   connections=16, traced=16)


def lists(plan):
    for count in plan.entries:
        yield Workload(f'tags-{count}', f'first page of 100 of {count:,} tags', 'ms', connections=1,
                       prepare=lambda stores, server, count=count: (
                           stores.tags(count), {'target': f'/v2/bench/n{count}/tags/list?n=100'}))
    for count in plan.entries:
        yield Workload(f'catalog-{count}', f'first page of 100 of {count:,} repositories', 'ms', connections=1,
                       prepare=lambda stores, server, count=count: (
                           stores.catalog(count), {'target': '/v2/_catalog?n=100'}))
    yield Workload('referrers', 'referrers list of 10 entries, 16 connections', 'operations/s', trial='referrers',
                   connections=16)


def mixed(plan):
    def prepare(stores, server):
        _, digest = stores.pull(64 * KIB)
        root, _, _ = stores.manifest()
        return root, {'target': ['/v2/bench/pull/manifests/latest', f'/v2/bench/pull/blobs/{digest}'],
                      'header': [content.ACCEPT], 'size': 64 * KIB}
    yield Workload('mixed', 'mixed 80/20, open loop at 70 % of the server\'s own peak, 16 connections', 'ms', mode='mixed',
                   trial='mixed', prepare=prepare, connections=16)


def residents(plan):
    yield Workload('idle', 'resident when idle', 'MiB', kinds=ALL, trial='idle', connections=1)
    yield Workload('idle-connections', f'resident with {plan.idle_connections:,} idle connections', 'MiB', kinds=ALL,
                   trial='idle', connections=plan.idle_connections)
    yield Workload('memory', f'peak with 64 pushes and 64 pulls of {text(plan.memory_size)}', 'MiB', trial='memory',
                   connections=64, extra={'size': plan.memory_size})
    yield Workload('start', 'start to the first answer, store of 100,000 repositories', 'ms', trial='start',
                   prepare=lambda stores, server: (stores.catalog(100_000), {}))


def every(plan):
    for group in (pulls, manifests, pushes, lists, mixed, residents):
        yield from group(plan)
