"""A client of one connection that sends each request in one piece, so that a server does the same at every run. It is
for counting instructions, where the client's speed is nothing; registry-load would have to be built first."""
import hashlib
import http.client
import random
import socket

from .load import Failed


class Client:
    def __init__(self, port):
        self._socket = socket.create_connection(('127.0.0.1', port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def request(self, method, target, fields=(), body=b'', wanted=200):
        """The answer's head, whose content has been read."""
        lines = [f'{method} {target} HTTP/1.1', 'Host: 127.0.0.1', *fields]
        lines += [f'Content-Length: {len(body)}'] if method in ('POST', 'PUT') else []
        self._socket.sendall('\r\n'.join([*lines, '', '']).encode() + body)
        answer = http.client.HTTPResponse(self._socket, method=method)
        answer.begin()
        answer.read()
        if answer.status != wanted:
            raise Failed(f'{method} {target} was answered {answer.status}')
        return answer

    def push(self, repository, data):
        """POST and PUT of a blob."""
        location = self.request('POST', f'/v2/{repository}/blobs/uploads/', wanted=202).getheader('Location')
        target = '/' + location.split('://', 1)[1].split('/', 1)[1] if '://' in location else location
        digest = f'sha256:{hashlib.sha256(data).hexdigest()}'
        self.request('PUT', f'{target}{"&" if "?" in target else "?"}digest={digest}',
                     ['Content-Type: application/octet-stream'], data, wanted=201)


def run(port, mode, number, target=None, header=(), size=1024, **_):
    """So many operations, one after the other: 'get', 'head' or 'push'."""
    content = random.Random(0)
    with Client(port) as client:
        for _ in range(number):
            if mode == 'push':
                client.push('bench/push', content.randbytes(size))
            else:
                client.request(mode.upper(), target, header)
