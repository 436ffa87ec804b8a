"""The servers under test: how each is configured, started on a free port, awaited and ended."""
import contextlib
import http.client
import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass

from . import auth, processes


# As the image of version 3 has it; it looks for a collector of traces otherwise.
QUIET = {'OTEL_TRACES_EXPORTER': 'none'}


class Refused(Exception):
    """The server did not start; the text is what it said."""


@dataclass
class Server:
    """A program that may be measured."""
    name: str
    kind: str           # 'ours', 'peer' (another registry) or 'nginx'
    binary: str

    @property
    def is_registry(self):
        return self.kind != 'nginx'


@dataclass
class Options:
    """What a workload wants of a server."""
    root: str
    tls: bool = False
    http2: bool = False
    # 'htpasswd', 'token' or None.
    auth: str = None
    # Whether ours opens its administration socket.
    administration: bool = False


@dataclass
class Running:
    server: Server
    process: subprocess.Popen
    port: int
    seconds_to_first_answer: float
    folder: str
    configuration: str
    administration: str = None
    traced: bool = False

    @property
    def pid(self):
        """The server's process, which is the tracer's child where there is one."""
        if not self.traced:
            return self.process.pid
        return next(pid for pid in processes.family(self.process.pid) if pid != self.process.pid)


def _socket(port, folder):
    return f'{folder}/admin-{port}.sock'


def _registry_configuration(server, options, port, folder):
    """One file for all registries: what operators have, with logs on. They go to /dev/null."""
    lines = ['version: 0.1', 'log:', '  level: info', 'storage:', '  cache:', '    blobdescriptor: inmemory',
             '  filesystem:', f'    rootdirectory: {options.root}', '  delete:', '    enabled: true',
             'http:', f'  addr: 127.0.0.1:{port}', '  secret: benchmark']
    if options.tls:
        crt, key = auth.certificate(folder)
        lines += ['  tls:', f'    certificate: {crt}', f'    key: {key}']
    elif options.http2:
        lines += ['  h2c:', '    enabled: true']
    if options.auth:
        lines += auth.configuration(folder, options.auth)
    if options.administration and server.kind == 'ours':
        lines += ['registryd:', '  administration:', f'    socket: {_socket(port, folder)}']
    return '\n'.join(lines) + '\n'


def _nginx_configuration(options, port, folder):
    """Files of the same store, with sendfile: the limit that a server in user space can reach."""
    listen, tls = f'listen 127.0.0.1:{port} backlog=4096', ''
    if options.tls:
        crt, key = auth.certificate(folder)
        listen += ' ssl'
        tls = (f'ssl_certificate {crt}; ssl_certificate_key {key}; ssl_protocols TLSv1.3; '
               'ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;')
    listen += ' http2' if options.http2 else ''
    temporary = ' '.join(f'{name}_temp_path {folder}/nginx-{name};'
                         for name in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
    user = 'user root;' if os.geteuid() == 0 else ''
    return f'''{user} daemon off; worker_processes auto; worker_rlimit_nofile 65536; pid {folder}/nginx-{port}.pid;
error_log {folder}/nginx.log error;
events {{ worker_connections 20000; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_timeout 300; keepalive_requests 1000000000;
    default_type application/octet-stream; {temporary}
    server {{ {listen}; {tls} root {options.root}; location = /v2/ {{ return 200 '{{}}'; }} }}
}}
'''


def _command(server, options, path, port, folder):
    with open(path, 'w') as file:
        if server.kind == 'nginx':
            file.write(_nginx_configuration(options, port, folder))
        else:
            file.write(_registry_configuration(server, options, port, folder))
    if server.kind == 'nginx':
        return [server.binary, '-c', path, '-p', folder]
    return [server.binary, 'serve', path]


def _connect(port, tls):
    if not tls:
        return http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    import ssl
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection('127.0.0.1', port, timeout=10, context=context)


def get(port, path, tls=False, headers=None):
    """One request: the status, the head's fields and the content."""
    connection = _connect(port, tls)
    try:
        connection.request('GET', path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def _why(command):
    """What the program says when it refuses to start: started again, for what it says is thrown away otherwise."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5)
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        said = (lines or [f'exit code {done.returncode}'])[-1]
        # Without the name of the configuration file, which is of this run only.
        return said.rpartition(': error: ')[2][:300]
    return 'no answer'


def _await(process, port, options, command, patience):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Refused(_why(command))
        try:
            if get(port, '/v2/', options.tls)[0] in (200, 401):
                return
        except http.client.HTTPException:
            # A port for HTTP/2 alone, nginx's, has answered this.
            if options.http2:
                return
            time.sleep(0.0005)
        except OSError:
            time.sleep(0.0005)
    raise Refused(f'no answer for {patience} s')


@contextlib.contextmanager
def running(server, options, folder, tracer=(), environment=None):
    """Starts the server and ends it. `tracer` is a command that runs another one, such as strace's; `environment` is
    added to what the server inherits."""
    port = processes.free_port()
    # What runs another program may slow it down much.
    patience = 180 if tracer else 30
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def limits():
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))

    path = f'{folder}/{server.kind}-{port}.conf'
    command = [*tracer, *_command(server, options, path, port, folder)]
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=limits,
                               env={**os.environ, **QUIET, **(environment or {})})
    it = None
    try:
        _await(process, port, options, command, patience)
        it = Running(server, process, port, time.monotonic() - started, folder, path, _socket(port, folder),
                     traced=bool(tracer))
        yield it
    finally:
        _end(process, it, patience)


def _end(process, it, patience):
    pid = process.pid
    if it is not None and it.traced:
        with contextlib.suppress(StopIteration):
            pid = it.pid
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    try:
        process.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        for member in processes.family(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        process.wait()
