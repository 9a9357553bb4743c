"""A private PostgreSQL, on a Unix socket in its own directory."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path


def programs():
    """The folder of initdb and postgres; None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class PostgreSQL:
    """Does not run as root: then it runs as the user that its package made."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True)
        self._user = None
        if os.geteuid() == 0:
            self._user = pwd.getpwnam("postgres")
            shutil.chown(self.directory, "postgres")
        self._run("initdb", "--pgdata", self.directory / "data", "--auth", "trust", "--encoding",
                  "UTF8", "--locale", "C", "--username", "shop", "--no-sync")
        self._run("pg_ctl", "--pgdata", self.directory / "data", "--wait", "--timeout", "60",
                  "--log", self.directory / "log", "--options",
                  f"-c listen_addresses='' -c unix_socket_directories='{self.directory}' "
                  "-c unix_socket_permissions=0777 -c fsync=off", "start")

    def _run(self, name, *arguments):
        # The server keeps its output open: nobody waits for the end of that.
        log = self.directory / "commands.log"
        with log.open("ab") as out:
            subprocess.run([programs() / name, *map(str, arguments)], check=True, timeout=120,
                           stdout=out, stderr=out, cwd="/",
                           **({"user": self._user.pw_uid, "group": self._user.pw_gid,
                               "extra_groups": []} if self._user else {}))

    def psql(self, *options):
        """The words of a command."""
        return ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--host",
                str(self.directory), "--username", "shop", *options, "postgres"]

    def query(self, sql):
        """Runs SQL, and returns rows of text."""
        done = subprocess.run(self.psql("--tuples-only", "--no-align", "--field-separator=|"),
                              input=sql, text=True, timeout=60, capture_output=True)
        assert done.returncode == 0, done.stderr
        return [line.split("|") for line in done.stdout.splitlines() if line]

    def stop(self):
        self._run("pg_ctl", "--pgdata", self.directory / "data", "--mode", "immediate", "--wait",
                  "stop")
