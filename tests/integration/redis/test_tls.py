"""TLS to Redis: what is verified, what is said when it fails, and that nothing waits for it."""

import ssl
import socket
import threading
import time

import pytest

from harness import scene
from harness.certificates import Authority
from harness.ports import ReservedPort
from harness.redis.server import RedisServer
from harness.redis.rogue import READS, Session, bulk
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue("redis")


@pytest.fixture
def tls_redis(directory, authority):
    """tls_redis(certificate, clients="no") starts a Redis that listens with TLS on `.tls_port`."""
    started = []

    def start(certificate, clients="no"):
        port = ReservedPort()
        files = ["--tls-port", str(port.number), "--tls-cert-file", str(certificate[0]),
                 "--tls-key-file", str(certificate[1]), "--tls-ca-cert-file", str(authority.file),
                 "--tls-auth-clients", clients]
        server = RedisServer(directory / "redis", options=files)
        server.tls_port = port.number
        started.append((server, port))
        server.set_json("profile:ada", scene.PROFILE)
        return server

    yield start
    for server, port in started:
        server.stop()
        port.release()


def start(nginx, address, parameters, cache="", wait="9s", timeout="9s", connect_timeout="9s",
          connected=True):
    scene.prepare(nginx)
    nginx.configure(scene.http(address=f"{address} tls=on {parameters} connect_timeout={connect_timeout}",
                               timeout=timeout, cache=cache), scene.server(wait))
    return nginx.start(connected)


def test_documents_come_over_tls(nginx, tls_redis, authority, certificate):
    redis = tls_redis(certificate)
    start(nginx, f"127.0.0.1:{redis.tls_port}", f"ca={authority.file}")
    for _ in range(3):
        assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    assert redis.data.info("clients")["connected_clients"] >= 1


def test_by_name(nginx, tls_redis, authority):
    redis = tls_redis(authority.issue("named", "DNS:localhost"))
    start(nginx, f"localhost:{redis.tls_port}", f"ca={authority.file}")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)


def test_a_large_document(nginx, tls_redis, authority, certificate):
    redis = tls_redis(certificate)
    name = "x" * 60000
    redis.set_json("profile:ada", {"name": name})
    start(nginx, f"127.0.0.1:{redis.tls_port}", f"ca={authority.file}")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, f"<p>Hello {name}</p>")


def test_many_at_once(nginx, tls_redis, authority, certificate):
    redis = tls_redis(certificate)
    for i in range(50):
        redis.set_json(f"profile:v{i}", {"name": f"N{i}"})
    start(nginx, f"127.0.0.1:{redis.tls_port}", f"ca={authority.file}", timeout="10s", wait="10s")
    connections = [nginx.connect() for _ in range(50)]
    for i, connection in enumerate(connections):
        connection.request("/", headers={"Cookie": f"vid=v{i}"})
    for i, connection in enumerate(connections):
        assert scene.is_filled(connection.response().text, f"<p>Hello N{i}</p>")
        connection.close()


def test_changes_are_told_over_tls(nginx, tls_redis, authority, certificate):
    redis = tls_redis(certificate)
    start(nginx, f"127.0.0.1:{redis.tls_port}", f"ca={authority.file}", cache=scene.CACHE)
    nginx.wait_told()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    redis.set_json("profile:ada", {"name": "Eve"})
    wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).text, "<p>Hello Eve</p>"),
               "the change")


def test_client_certificate_is_shown(nginx, tls_redis, authority, certificate):
    redis = tls_redis(certificate, clients="yes")
    client, key = authority.issue("nginx")
    start(nginx, f"127.0.0.1:{redis.tls_port}", f"ca={authority.file} cert={client} key={key}")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)


REFUSED = {
    # name: (certificate of the server, parameters beside ca=, words of the log)
    "an authority that is not trusted": ("other", "", "issuer certificate"),
    "a name that is not the address": ("elsewhere", "", "IP address mismatch"),
    "a name that is not the one given": ("redis", "server_name=shop.example", "ostname mismatch"),
    "a certificate that has expired": ("expired", "", "certificate has expired"),
    "no client certificate": ("redis", "clients=yes", "certificate required"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(nginx, tls_redis, authority, certificate, tmp_path, case):
    kind, parameters, words = REFUSED[case]
    made = {
        "redis": lambda: certificate,
        "other": lambda: Authority(tmp_path, "stranger").issue("redis"),
        "elsewhere": lambda: authority.issue("elsewhere", "DNS:elsewhere.example,IP:192.0.2.1"),
        "expired": lambda: authority.issue("expired", days=-1),
    }[kind]()
    clients = "yes" if parameters == "clients=yes" else "no"
    redis = tls_redis(made, clients)
    start(nginx, f"127.0.0.1:{redis.tls_port}",
          f"ca={authority.file} {'' if clients == 'yes' else parameters}")
    response = nginx.get("/", headers=scene.ADA)
    assert scene.is_default(response.text)
    assert response.done_at < 6
    assert redis.reads() == 0, "nothing is asked of a server that is not who it should be"
    wait_until(lambda: "is down" in nginx.error_log(), "the log says so")
    assert words in nginx.error_log() and "[crit]" not in nginx.error_log()


def test_without_verification_any_server_will_do(nginx, tls_redis, authority, tmp_path):
    redis = tls_redis(Authority(tmp_path, "stranger").issue("x", "DNS:x.example"))
    start(nginx, f"127.0.0.1:{redis.tls_port}", "verify=off")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)


def test_a_server_without_tls(nginx, directory, authority):
    port = ReservedPort()
    redis = RedisServer(directory / "redis", port=port.number)
    try:
        start(nginx, f"127.0.0.1:{port.number}", f"ca={authority.file}", connect_timeout="300ms",
              connected=False)
        response = nginx.get("/", headers=scene.ADA)
        assert scene.is_default(response.text) and response.done_at < 6
        wait_until(lambda: "with TLS" in nginx.error_log() or "cannot connect" in nginx.error_log(),
                   "the log says so")
    finally:
        redis.stop()
        port.release()


def test_tls_is_tried_again_when_the_server_is_back(nginx, tls_redis, authority, certificate):
    redis = tls_redis(certificate)
    start(nginx, f"127.0.0.1:{redis.tls_port}", f"ca={authority.file}")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    redis.kill()
    assert scene.is_default(nginx.get("/", headers=scene.ADA).text)
    redis.start()
    redis.set_json("profile:ada", scene.PROFILE)
    wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).text), "TLS again")


class TlsServer:
    """A Redis of a few words behind Python's TLS. `sessions` tells of each handshake whether it
    took up a session. `stall` seconds pass before a handshake is answered."""

    def __init__(self, certificate, stall=0.0, version=None):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        if version is not None:
            self._context.maximum_version = version
        self.sessions = []
        self.stall = stall
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        time.sleep(self.stall)
        try:
            with self._context.wrap_socket(plain, server_side=True) as sock:
                self.sessions.append(sock.session_reused)
                self._open.append(sock)
                session = Session(sock)
                while True:
                    read = session.command()[0].upper() in READS
                    session.send(bulk('{"name":"Ada"}') if read else b"+OK\r\n")
        except (EOFError, OSError):
            pass

    def drop(self):
        for sock in self._open:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._open.clear()

    def close(self):
        self._listener.close()
        self.drop()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_next_handshake_takes_up_the_session(nginx, authority, certificate, version):
    server = TlsServer(certificate, version=version)
    try:
        start(nginx, f"127.0.0.1:{server.port}", f"ca={authority.file}")
        assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
        server.drop()
        wait_until(lambda: scene.is_filled(nginx.get("/", headers=scene.ADA).text), "a connection")
        assert server.sessions == [False, True]
    finally:
        server.close()


def test_a_handshake_that_stalls_holds_nothing_up(nginx, authority, certificate):
    server = TlsServer(certificate, stall=20)
    try:
        start(nginx, f"127.0.0.1:{server.port}", f"ca={authority.file}", wait="500ms",
              connect_timeout="1s")
        # Others are served meanwhile.
        with nginx.connect() as waiting:
            waiting.request("/", headers=scene.ADA)
            started = time.monotonic()
            assert nginx.get("/none").status == 404
            assert time.monotonic() - started < 10
            response = waiting.response()
        assert scene.is_default(response.text) and response.done_at < 10
        wait_until(lambda: "is down" in nginx.error_log(), "the end of connect_timeout")
        assert scene.is_default(nginx.get("/", headers=scene.ADA).text)
    finally:
        server.close()


MISTAKES = {
    "a ca that is missing": ("127.0.0.1 tls=on ca=/nonexistent/ca.pem", ["/nonexistent/ca.pem"]),
    "a certificate that is none": ("127.0.0.1 tls=on cert=/dev/null key=/dev/null",
                                   ["cert=/dev/null"]),
    "a certificate without key": ("127.0.0.1 tls=on cert=/dev/null", ["cert= and key="]),
    "parameters without tls": ("127.0.0.1 ca=/dev/null", ["ca=/dev/null without tls=on"]),
    "neither on nor off": ("127.0.0.1 tls=yes", ["tls=yes", "tls=off"]),
    "no name to verify": ("unix:/a tls=on", ["server_name="]),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(nginx, case):
    parameters, words = MISTAKES[case]
    nginx.configure(f"personalize_redis {parameters};\n")
    line = 1 + next(i for i, text in enumerate(nginx.config_file.read_text().splitlines())
                    if "personalize_redis" in text)
    code, output = nginx.check()
    assert code == 1
    assert f"in {nginx.config_file}:{line}" in output, output
    for word in words:
        assert word in output
