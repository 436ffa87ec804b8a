"""Passwords, keys and tokens of a run, made by openssl: what the servers are configured with, and what clients send."""
import base64
import functools
import hashlib
import json
import os
import re
import subprocess
import time

PASSWORD_LINE = 'bench:$2y$05$NZJftl64Y1VNvwXIUtrFnuY3fcMkBmAEWv6K9DgInhSQBF0ozfnX.\n'
PASSWORD = 'Basic YmVuY2g6YmVuY2g='    # bench:bench
ISSUER, SERVICE = 'benchmark-issuer', 'benchmark-service'


def _openssl(*words, data=None):
    return subprocess.run(['openssl', *words], input=data, check=True, capture_output=True).stdout


def certificate(folder, name='server', key=('ec', '-pkeyopt', 'ec_paramgen_curve:P-256')):
    """The paths of a certificate that signs itself, and of its key, made once in a run."""
    path = f'{folder}/{name}'
    if not os.path.exists(f'{path}.crt'):
        _openssl('req', '-x509', '-newkey', *key, '-nodes', '-days', '30', '-subj', '/CN=localhost',
                 '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
                 '-keyout', f'{path}.key', '-out', f'{path}.crt')
    return f'{path}.crt', f'{path}.key'


def token_certificate(folder):
    """Those of the token service: RSA of 2048 bits, as the services of registries have."""
    return certificate(folder, 'token', ('rsa:2048',))


def configuration(folder, kind):
    """The lines of `auth` in the configuration file."""
    if kind == 'htpasswd':
        with open(f'{folder}/htpasswd', 'w') as file:
            file.write(PASSWORD_LINE)
        return ['auth:', '  htpasswd:', '    realm: benchmark', f'    path: {folder}/htpasswd']
    return ['auth:', '  token:', '    realm: https://localhost/token', f'    service: {SERVICE}',
            f'    issuer: {ISSUER}', f'    rootcertbundle: {token_certificate(folder)[0]}']


def authorization(folder, kind, binary):
    """What a client sends to the server that `binary` is."""
    return PASSWORD if kind == 'htpasswd' else f'Bearer {_token(folder, _generation(binary))}'


@functools.cache
def _generation(binary):
    """The major version, by which the names of keys differ."""
    said = subprocess.run([binary, '--version'], capture_output=True, text=True).stdout
    found = re.search(r'\sv?(\d+)\.\d+\S*\s*$', said)
    return int(found[1]) if found else 3


def _text(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def _key_name(key, generation):
    """Version 2 has names by libtrust, 3 the thumbprint of RFC 7638. registryd takes both."""
    if generation == 2:
        public = _openssl('pkey', '-in', key, '-pubout', '-outform', 'DER')
        return ':'.join(re.findall('....', base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()))
    modulus = bytes.fromhex(_openssl('rsa', '-in', key, '-noout', '-modulus').decode().partition('=')[2].strip())
    # 65537 is the exponent that openssl gives.
    return _text(hashlib.sha256(json.dumps({'e': 'AQAB', 'kty': 'RSA', 'n': _text(modulus)},
                                           separators=(',', ':')).encode()).digest())


@functools.cache
def _token(folder, generation):
    """A token for pulls that holds for a day."""
    _, key = token_certificate(folder)
    now = int(time.time())
    header = {'typ': 'JWT', 'alg': 'RS256', 'kid': _key_name(key, generation)}
    claims = {'iss': ISSUER, 'sub': 'bench', 'aud': SERVICE, 'iat': now - 60, 'nbf': now - 60, 'exp': now + 86400,
              'jti': 'benchmark', 'access': [{'type': 'repository', 'name': 'bench/pull', 'actions': ['pull']}]}
    signed = '.'.join(_text(json.dumps(part).encode()) for part in (header, claims))
    return f'{signed}.{_text(_openssl("dgst", "-sha256", "-sign", key, data=signed.encode()))}'
