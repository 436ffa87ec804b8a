"""Stores made directly on the disk, in the layout that all the registries share, and read by all of them."""
import hashlib
import json
import os
import random
import subprocess
import time

MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
INDEX = 'application/vnd.oci.image.index.v1+json'
LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
CONFIG = 'application/vnd.oci.image.config.v1+json'
BLOCK = 1 << 20
ACCEPT = f'Accept: {MANIFEST}, {INDEX}, application/vnd.docker.distribution.manifest.v2+json'


def data_path(digest):
    """Below a store's root; also the path that nginx serves it under."""
    hexadecimal = digest.split(':')[1]
    return f'docker/registry/v2/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data'


def _write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(content)


def drop_bytes(root):
    """Takes the room of a store that is not needed any more, and leaves its files until the run has ended.

    ext4 without a journal gives out no inode that was freed within the last minutes, and looks at each of them when it
    looks for one: after a few stores had been removed, a push of an image took 143 ms of CPU instead of 42.
    """
    for folder, _, names in os.walk(f'{root}/docker/registry/v2/blobs'):
        for name in names:
            os.truncate(f'{folder}/{name}', 0)


class Store:
    """A store below a folder."""

    def __init__(self, root):
        self.root = root
        self.repositories = f'{root}/docker/registry/v2/repositories'

    def _link(self, repository, path, digest):
        _write(f'{self.repositories}/{repository}/{path}/link', digest.encode())

    def blob(self, repository, size, seed=0):
        """A layer of incompressible bytes."""
        block = random.Random(f'{size} {seed}').randbytes(min(size, BLOCK))
        path, hasher = f'{self.root}/new', hashlib.sha256()
        os.makedirs(self.root, exist_ok=True)
        with open(path, 'wb') as file:
            for _ in range(size // len(block)):
                file.write(block)
                hasher.update(block)
        digest = f'sha256:{hasher.hexdigest()}'
        place = f'{self.root}/{data_path(digest)}'
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.rename(path, place)
        self._link(repository, f'_layers/sha256/{hasher.hexdigest()}', digest)
        return digest

    def manifest(self, repository, tag, layers=7, more=()):
        """An image of small layers, and of `more` blobs with their sizes: about 1.5 KiB of manifest."""
        config = self.blob(repository, 512, f'{repository} {tag}')
        blobs = [(self.blob(repository, 1024, f'{repository} {tag} {number}'), 1024) for number in range(layers)]
        descriptors = [{'mediaType': LAYER, 'digest': digest, 'size': size} for digest, size in [*blobs, *more]]
        content = json.dumps({'schemaVersion': 2, 'mediaType': MANIFEST,
                              'config': {'mediaType': CONFIG, 'digest': config, 'size': 512},
                              'layers': descriptors}).encode()
        hexadecimal = hashlib.sha256(content).hexdigest()
        digest = f'sha256:{hexadecimal}'
        _write(f'{self.root}/{data_path(digest)}', content)
        self._link(repository, f'_manifests/revisions/sha256/{hexadecimal}', digest)
        self._link(repository, f'_manifests/tags/{tag}/current', digest)
        self._link(repository, f'_manifests/tags/{tag}/index/sha256/{hexadecimal}', digest)
        return digest, len(content)

    def garbage(self, count, seconds):
        """So many blobs that nothing refers to, written that long ago."""
        then = time.time() - seconds
        for _ in range(count):
            data = os.urandom(1024)
            path = f'{self.root}/{data_path(f"sha256:{hashlib.sha256(data).hexdigest()}")}'
            _write(path, data)
            os.utime(path, (then, then))

    def tags(self, repository, count):
        """Many tags of one manifest. Their links are one file, as far as a file may have names."""
        digest, _ = self.manifest(repository, 'first')
        folder = f'{self.repositories}/{repository}/_manifests/tags'
        source = ''
        for number in range(count - 1):
            if number % 30000 == 0:
                source = f'{self.root}/link{number}'
                _write(source, digest.encode())
            # Not makedirs, which asks for each folder above: this is done a million times.
            os.mkdir(f'{folder}/t{number:07}')
            os.mkdir(f'{folder}/t{number:07}/current')
            os.link(source, f'{folder}/t{number:07}/current/link')

    def catalog(self, count):
        """Many repositories, in groups of a thousand."""
        for number in range(count):
            group = f'{self.repositories}/g{number // 1000:04}'
            if number % 1000 == 0:
                os.makedirs(group)
            for path in ('', '/_manifests', '/_manifests/tags'):
                os.mkdir(f'{group}/r{number % 1000:03}{path}')


class Stores:
    """The stores of a run, each made when it is first wanted."""

    def __init__(self, folder, note):
        self.folder = folder
        self.note = note
        self._made = {}
        self._fresh = 0

    def pull(self, size):
        """A store with a blob, in `bench/pull`: its root and the blob's digest."""
        store = Store(f'{self.folder}/pull')
        return store.root, self._once(f'blob of {size} bytes', lambda: store.blob('bench/pull', size))

    def manifest(self):
        """The root, and digest and size of the manifest that `bench/pull:latest` is."""
        store = Store(f'{self.folder}/pull')
        return store.root, *self._once('manifest', lambda: store.manifest('bench/pull', 'latest'))

    def mixed(self, size):
        """A store for one trial that pulls, pushes and may collect: nothing in it is garbage. The root, and the digest of
        a blob of `size` in `bench/pull:latest`."""
        store = Store(f'{self.folder}/mixed')

        def make():
            digest = store.blob('bench/pull', size)
            store.manifest('bench/pull', 'latest', more=[(digest, size)])
            for number in range(300):
                store.manifest(f'other/r{number:03}', 'latest', layers=2)
            return digest
        digest = self._once('mixed', make)
        root = self.empty()
        subprocess.run(['cp', '-a', f'{store.root}/.', root], check=True)
        return root, digest

    def tags(self, count):
        store = Store(f'{self.folder}/tags')
        self._once(f'{count} tags', lambda: store.tags(f'bench/n{count}', count))
        return store.root

    def catalog(self, count):
        store = Store(f'{self.folder}/catalog-{count}')
        self._once(f'{count} repositories', lambda: store.catalog(count))
        return store.root

    def empty(self):
        """A root for one trial that pushes."""
        self._fresh += 1
        path = f'{self.folder}/push-{self._fresh}'
        os.makedirs(path)
        return path

    def _once(self, name, make):
        if name not in self._made:
            self.note(f'making a store: {name}')
            self._made[name] = make()
        return self._made[name]
