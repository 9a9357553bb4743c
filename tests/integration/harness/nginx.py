"""A private NGINX: configuration, start, observation, orderly end."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

from . import client
from .ports import ReservedPort
from .redis.running import Expected
from .waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
# Not NGINX: by that name NGINX itself looks for sockets to inherit.
BINARY = os.environ.get("NGINX_BINARY", "nginx")
MODULE = os.environ.get("PERSONALIZE_MODULE",
                        str(ROOT / "build" / "ngx_http_personalize_module.so"))

# What an error log must not hold when a test is over. "open socket" is how NGINX reports a
# connection that was leaked by whoever ended.
FORBIDDEN = re.compile(
    r"\[(alert|emerg|crit)\]|open socket|exited on signal|AddressSanitizer|LeakSanitizer"
    r"|UndefinedBehaviorSanitizer|runtime error:|terminate called")

# One JSON object a request.
LOG_FORMAT = """log_format test escape=json '{"request":"$request","status":"$status",'
    '"cookie":"$http_cookie","sent":"$body_bytes_sent","visitor":"$personalize_visitor",'
    '"segments":"$personalize_segments","campaigns":"$personalize_campaigns",'
    '"sources":"$personalize_sources","result":"$personalize_result",'
    '"plan":"$personalize_plan","wait_time":"$personalize_wait_time"}';
  access_log %(directory)s/access.log test;"""

PLAIN_LOG_FORMAT = """log_format test escape=json '{"request":"$request","status":"$status"}';
  access_log %(directory)s/access.log test;"""

TEMPLATE = """%(load)s
%(user)s
daemon off;
master_process on;
worker_processes %(workers)d;
pid %(directory)s/nginx.pid;
error_log %(directory)s/error.log info;
%(main)s
events { worker_connections 512; }
http {
  types { text/html html; text/css css; application/javascript js; application/json json;
          application/xhtml+xml xhtml; image/svg+xml svg; text/plain txt; }
  default_type text/html;
  client_body_temp_path %(directory)s/tmp/body;
  proxy_temp_path %(directory)s/tmp/proxy;
  fastcgi_temp_path %(directory)s/tmp/fastcgi;
  uwsgi_temp_path %(directory)s/tmp/uwsgi;
  scgi_temp_path %(directory)s/tmp/scgi;
  sendfile on;
  tcp_nopush on;
  %(log)s
  # Tests choose the client's address, and so its country.
  set_real_ip_from 127.0.0.1;
  real_ip_header X-Client;
%(http)s
  server {
    listen 127.0.0.1:%(port)d%(http2)s;
    root %(directory)s/html;
%(server)s
  }
}
"""


def is_sanitized():
    """Whether this NGINX was built with AddressSanitizer: it is slower, and keeps what is freed."""
    version = subprocess.run([BINARY, "-V"], stderr=subprocess.PIPE, text=True, check=True).stderr
    return "-fsanitize" in version


def accepts(worker):
    """Whether a worker has not yet been told to end; its title changes as it closes its sockets."""
    try:
        title = Path(f"/proc/{worker}/cmdline").read_bytes()
    except OSError:
        return False
    return bool(title) and b"shutting down" not in title


class Nginx:
    """One NGINX in a directory of its own, with `html/` as its document root."""

    def __init__(self, directory, module=True):
        self.directory = Path(directory)
        self._module = module
        self._reserved = ReservedPort()
        self.port = self._reserved.number
        self._process = None
        self._stderr = None
        self._tolerated = []
        (self.directory / "html").mkdir(parents=True, exist_ok=True)
        (self.directory / "tmp").mkdir(exist_ok=True)
        self.config_file = self.directory / "nginx.conf"

    # Files

    def page(self, name, content):
        """Puts a file under the document root."""
        path = self.directory / "html" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def file(self, name, content):
        """Puts a file beside nginx.conf: a fragment, a key."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def configure(self, http="", server="", workers=1, main="", http2=False,
                  user="root"):
        """Writes nginx.conf. `http` and `server` go into those blocks, `main` outside. `user` is
        what the workers run as, where the tests run as root."""
        self._workers = workers
        values = {
            "load": f"load_module {MODULE};" if self._module else "",
            "user": f"user {user};" if os.geteuid() == 0 else "",
            "directory": self.directory, "workers": workers, "port": self.port, "main": main,
            "http": http, "server": server, "http2": " http2" if http2 else "",
        }
        log = LOG_FORMAT if self._module else PLAIN_LOG_FORMAT
        values["log"] = log % {"directory": self.directory}
        self.config_file.write_text(TEMPLATE % values)

    # Process

    def _command(self, *arguments):
        return [BINARY, "-p", str(self.directory) + "/", "-c", str(self.config_file),
                "-e", "stderr", *arguments]

    def check(self):
        """`nginx -t`: (exit code, output)."""
        done = subprocess.run(self._command("-t"), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=60)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def start(self, connected=True):
        """Returns when NGINX answers and, unless a test is about that, is connected to Redis."""
        expected = self._expected(connected)
        self._stderr = open(self.directory / "stderr.log", "ab")
        # Whatever becomes of the test run, NGINX does not outlive it.
        command = ["setpriv", "--pdeathsig", "TERM", *self._command()]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                         stdout=self._stderr, stderr=self._stderr)
        wait_until(self._answers, "NGINX answers", 60)
        # The port is open before there is anyone to accept.
        wait_until(lambda: len(self.workers()) >= self._workers, "the workers")
        expected.wait()
        return self

    def _expected(self, connected):
        """The connections to Redis to wait for."""
        return Expected(self.config_file.read_text() if connected else "", self.told)

    def _answers(self):
        if self._process.poll() is not None:
            self._process = None
            self._stderr.close()
            raise AssertionError(f"NGINX ended at once:\n{self.error_log()}")
        try:
            client.Connection(self.port).close()
            return True
        except ConnectionError:
            return False

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def master(self):
        return self._process.pid

    def workers(self):
        """The pids of the children, old and new."""
        path = f"/proc/{self._process.pid}/task/{self._process.pid}/children"
        return [int(pid) for pid in Path(path).read_text().split()]

    def processor_time(self):
        """The seconds that the workers have computed."""
        stats = [Path(f"/proc/{worker}/stat").read_text() for worker in self.workers()]
        ticks = sum(sum(map(int, stat.rpartition(")")[2].split()[11:13])) for stat in stats)
        return ticks / os.sysconf("SC_CLK_TCK")

    def kill_worker(self, worker, connected=True):
        """kill -9; returns when another has taken its place. (What is dead stays a child until the
        master looks.)"""
        count = len(self.workers())
        expected = self._expected(connected)
        os.kill(worker, signal.SIGKILL)

        def is_replaced():
            now = self.workers()
            return worker not in now and len(now) == count
        wait_until(is_replaced, "a new worker")
        expected.wait(1)

    def signal(self, number):
        self._process.send_signal(number)

    def reload(self, connected=True):
        """SIGHUP; returns when new workers run, as after start(), and old ones accept nothing more;
        they may still be finishing."""
        before = set(self.workers())
        expected = self._expected(connected)
        self.signal(signal.SIGHUP)
        wait_until(lambda: set(self.workers()) - before, "new workers after SIGHUP")
        wait_until(lambda: not any(accepts(pid) for pid in before), "old workers stop to accept")
        expected.wait()

    def wait_ended(self, seconds=30):
        return self._process.wait(seconds)

    def stop(self):
        """Ends NGINX as an operator would; asserts that it ended well and logged nothing bad."""
        if self._process is not None:
            if self._process.poll() is None:
                self.signal(signal.SIGQUIT)
            try:
                code = self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._kill()
                raise AssertionError(f"NGINX does not end on SIGQUIT:\n{self.error_log()}")
            finally:
                self._stderr.close()
            self._process = None
            bad = self.complaints()
            assert not bad, "in NGINX's log:\n" + "\n".join(bad)
            assert code == 0, f"NGINX ended with {code}:\n{self.error_log()}"

    def close(self):
        """Ends it for good: its port is anybody's from here on."""
        try:
            self.stop()
        finally:
            self._reserved.release()

    def _kill(self):
        for pid in [*self.workers(), self._process.pid]:
            os.kill(pid, signal.SIGKILL)
        self._process.wait(10)

    # Observation

    def tolerate(self, pattern):
        """Log lines that match are what the test provokes."""
        self._tolerated.append(re.compile(pattern))

    def error_log(self):
        text = ""
        for name in ("error.log", "stderr.log"):
            path = self.directory / name
            if path.exists():
                text += path.read_text("utf-8", "replace")
        return text

    def told(self):
        """How often a worker has noted that Redis tells it which keys change."""
        return self.error_log().count("invalidation messages are on")

    def wait_told(self, count=1):
        """What is cached before that is not trusted after it."""
        wait_until(lambda: self.told() >= count, f"{count} workers know that they are told")

    def complaints(self):
        return [line for line in self.error_log().splitlines()
                if FORBIDDEN.search(line) and not any(t.search(line) for t in self._tolerated)]

    def log(self, count):
        """The access log's entries, once there are at least `count`."""
        def entries():
            lines = self.log_lines()
            return lines if len(lines) >= count else None

        return [json.loads(line) for line in wait_until(entries, f"{count} lines in access.log")]

    def log_lines(self):
        """The access log's lines so far, but for one that is just being written."""
        path = self.directory / "access.log"
        text = path.read_text() if path.exists() else ""
        return text[:text.rfind("\n") + 1].splitlines()

    def last_log(self, count):
        """The entry number `count` (from 1), once it is there."""
        return self.log(count)[count - 1]

    # Requests

    def get(self, path="/", **options):
        return client.get(self.port, path, **options)

    def connect(self, **options):
        return client.Connection(self.port, **options)
