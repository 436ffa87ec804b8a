"""A subject with ten referrers, pushed through a server."""
import hashlib
import http.client
import json

from . import content
from .load import Failed

REPOSITORY = 'bench/referrers'


def _request(connection, method, path, body=b'', headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    answer.read()
    return answer


def _blob(connection, data):
    digest = f'sha256:{hashlib.sha256(data).hexdigest()}'
    location = _request(connection, 'POST', f'/v2/{REPOSITORY}/blobs/uploads/').getheader('Location')
    path = '/' + location.split('://', 1)[1].split('/', 1)[1] if '://' in location else location
    path += f'{"&" if "?" in path else "?"}digest={digest}'
    answer = _request(connection, 'PUT', path, data, {'Content-Type': 'application/octet-stream'})
    if answer.status != 201:
        raise Failed(f'a blob was answered {answer.status}')
    return {'mediaType': content.CONFIG, 'digest': digest, 'size': len(data)}


def _manifest(connection, config, **more):
    data = json.dumps({'schemaVersion': 2, 'mediaType': content.MANIFEST, 'config': config, 'layers': [config],
                       **more}).encode()
    digest = f'sha256:{hashlib.sha256(data).hexdigest()}'
    answer = _request(connection, 'PUT', f'/v2/{REPOSITORY}/manifests/{digest}', data,
                      {'Content-Type': content.MANIFEST})
    if answer.status != 201:
        raise Failed(f'a manifest was answered {answer.status}')
    return {'mediaType': content.MANIFEST, 'digest': digest, 'size': len(data)}


def make(port):
    """The path of the list. `Failed` where the server has no such list."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
    config = _blob(connection, b'{}')
    subject = _manifest(connection, config)
    for number in range(10):
        _manifest(connection, config, subject=subject, artifactType='application/vnd.bench.signature',
                  annotations={'number': str(number)})
    path = f'/v2/{REPOSITORY}/referrers/{subject["digest"]}'
    if _request(connection, 'GET', path).status != 200:
        raise Failed('has no referrers list')
    return path
