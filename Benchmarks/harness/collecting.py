"""Collects garbage, again and again, while a load runs."""
import contextlib
import http.client
import json
import socket
import subprocess
import threading
import time

from . import content
from .load import Failed

# The shortest that our collection takes in a store that is served, seconds. What a load has pushed is younger.
GRACE = 120
# What each of our collections finds to take away.
OLD_BLOBS = 20


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=30)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _ask(path, method, target, body=None):
    connection = _UnixConnection(path)
    try:
        connection.request(method, target, json.dumps(body) if body else None, {'Content-Type': 'application/json'})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 202):
            raise Failed(f'{method} {target} was answered {answer.status}: {content[:200].decode(errors="replace")}')
        return json.loads(content) if content else {}
    finally:
        connection.close()


def _ours(it, root):
    """One collection by the administration socket, which takes away blobs that have been garbage for a day."""
    content.Store(root).garbage(OLD_BLOBS, seconds=86400)
    _ask(it.administration, 'POST', '/v1/collection', {'grace': GRACE})
    while True:
        # Only whether it runs: what it tells would be encoded a hundred times a second.
        state = _ask(it.administration, 'GET', f'/v1/collection?from={10**9}')
        if not state.get('running'):
            break
        time.sleep(0.01)
    if state.get('failure'):
        raise Failed(f'a collection failed: {state["failure"]}')


def _peers(it, root):
    """One mark of another registry, beside it. A real collection of its would take blobs that are being pushed."""
    done = subprocess.run([it.server.binary, 'garbage-collect', '--dry-run', it.configuration],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failed(f'garbage-collect --dry-run: {done.stderr.strip()[-200:]}')


class Collections:
    """How many ended, and why there are no more."""

    def __init__(self):
        self.count = 0
        self.seconds = 0.0
        self.failure = None


@contextlib.contextmanager
def collecting(it, root):
    """One collection of the store after the other until the end of the block."""
    found, over = Collections(), threading.Event()
    once = _ours if it.server.kind == 'ours' else _peers

    def loop():
        started = time.monotonic()
        try:
            while not over.is_set():
                once(it, root)
                found.count += 1
                found.seconds = time.monotonic() - started
        except (Failed, OSError, ValueError, http.client.HTTPException) as error:
            found.failure = str(error)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
    if found.failure:
        raise Failed(found.failure)
