"""One embedded PostgreSQL server: made, started, stopped, found again after a crash.

The server listens on a unix socket only, asks for scram passwords even there, and keeps fsync on. It outlives
the process that started it when that one is killed; the next start adopts it instead of failing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from portal.lib.errors import Failed
from portal.lib.paths import var_dir, write_private
from portal.postgres import binaries
from portal.postgres.configuration import write_configuration
from portal.postgres.identity import Identity, home_for, installed_binaries, server_identity

SUPERUSER: Final = "postgres"
_START_SECONDS_MAX: Final = 90.0
_POLL_SECONDS: Final = 0.03
# A killed server's children hold its shared memory until they notice; starting again has to wait for them.
_RETRYABLE: Final = (
    "pre-existing shared memory block",
    'lock file "postmaster.pid" already exists',
    "could not create any Unix-domain sockets",
    "is another postmaster",
)
_LONGEST_SOCKET_FOLDER: Final = 80
_LOG_BYTES_MAX: Final = 20 * 1024 * 1024


class Cluster:
    """A server with its data under `home`."""

    def __init__(self, home: Path) -> None:
        self.identity: Identity = server_identity()
        self.wanted_home = home
        self.home = home_for(home, identity=self.identity)
        self.data = self.home / "data"
        self.log_file = self.home / "postgres.log"
        self._secret_file = home / "superuser.dsn"
        self._bin_dir: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def named(cls, name: str) -> Cluster:
        """Return the cluster of this installation called `name`; the portal's own is `pg`."""
        return cls(var_dir() / name)

    @property
    def moved(self) -> bool:
        """Say whether the data had to go to a system folder."""
        return self.home != self.wanted_home

    @property
    def bin_dir(self) -> Path:
        """Return the folder of server programs that the server's user can run."""
        if self._bin_dir is None:
            self._bin_dir = installed_binaries(binaries.postgres_root(), home=self.home, identity=self.identity)
        return self._bin_dir

    @property
    def socket_dir(self) -> Path:
        """Return the folder of the unix socket, short enough for one."""
        beside = self.home / "run"
        if len(os.fsencode(beside)) <= _LONGEST_SOCKET_FOLDER:
            return beside
        name = f"aurum-pg-{os.geteuid()}-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]}"
        return (Path("/run") if os.geteuid() == 0 else Path("/tmp")) / name  # noqa: S108  (owned and closed below)

    @property
    def version(self) -> str:
        """Return the server's version."""
        return binaries.server_version(self.bin_dir)

    def exists(self) -> bool:
        """Say whether the data folder has been made."""
        return (self.data / "PG_VERSION").exists()

    def admin_dsn(self, *, dbname: str = "postgres") -> str:
        """Return the superuser's DSN (for set-up only)."""
        password = self._secret_file.read_text(encoding="utf-8").strip()
        return self.dsn(user=SUPERUSER, password=password, dbname=dbname)

    def dsn(self, *, user: str, password: str, dbname: str) -> str:
        """Return a DSN on this server's socket."""
        return make_conninfo(host=str(self.socket_dir), user=user, password=password, dbname=dbname)

    def initialise(self) -> None:
        """Make the data folder, once; a half-made one is thrown away and made again."""
        if self.exists():
            return
        self.identity.own(self.home, mode=0o711 if self.identity.switches else 0o700)
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = secrets.token_urlsafe(24)
        password_file = self.home / ".password"
        try:
            write_private(password_file, password)
            if self.identity.switches:
                os.chown(password_file, self.identity.uid, self.identity.gid)
            self._run_initdb(fresh, password_file=password_file)
        finally:
            password_file.unlink(missing_ok=True)
        write_private(self._secret_file, password)
        fresh.rename(self.data)

    def start(self, *, seconds_max: float = _START_SECONDS_MAX) -> None:
        """Start the server, or adopt the one that already runs here; return when it answers."""
        self.initialise()
        deadline = time.monotonic() + seconds_max
        if self.running_pid() is None:
            self._forget_stale_pid_file()
            self.identity.own(self.socket_dir, mode=0o700)
            write_configuration(self.data, socket_dir=self.socket_dir, identity=self.identity)
            self._spawn()
        while not self.answers():
            if time.monotonic() > deadline:
                raise Failed(f"PostgreSQL did not start within {seconds_max:.0f} s", cause=self.log_tail())
            if self._process is not None and self._process.poll() is not None:
                self._retry_or_fail()
            time.sleep(_POLL_SECONDS)

    def stop(self, *, seconds_max: float = 60.0) -> None:
        """Stop the server cleanly: sessions are ended, the data is checkpointed."""
        pid = self.running_pid()
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + seconds_max
        while self.running_pid() is not None or (psutil.pid_exists(pid) and not self._reaped()):
            if time.monotonic() > deadline:
                raise Failed(f"PostgreSQL did not stop within {seconds_max:.0f} s", cause=self.log_tail())
            time.sleep(_POLL_SECONDS)
        self._process = None

    def kill(self) -> int:
        """Kill the server and all its children at once, as a power cut would; return how many processes died."""
        pid = self.running_pid()
        if pid is None:
            return 0
        postmaster = psutil.Process(pid)
        victims = [postmaster, *postmaster.children(recursive=True)]
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
        psutil.wait_procs(victims[1:], timeout=10)
        if self._process is not None:
            self._process.wait(timeout=10)
            self._process = None
        return len(victims)

    def running_pid(self) -> int | None:
        """Return the server's process id, or None; a recycled id of another program does not count."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE or Path(process.cwd()) != self.data.resolve():
                return None
        except (OSError, ValueError, psutil.Error):
            return None
        return pid

    def answers(self) -> bool:
        """Say whether the server takes queries."""
        try:
            with psycopg.connect(self.admin_dsn(), connect_timeout=3) as connection:
                connection.execute("select 1")
        except (psycopg.OperationalError, FileNotFoundError):
            return False
        return True

    def log_tail(self, *, lines: int = 12) -> str:
        """Return the end of the server's log."""
        try:
            return "\n".join(self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return f"no log at {self.log_file}"

    def _run_initdb(self, target: Path, *, password_file: Path) -> None:
        command = [
            str(self.bin_dir / "initdb"),
            f"--pgdata={target}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # The builtin provider keeps index order stable when the C library changes.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
        ]
        answer = subprocess.run(
            command, capture_output=True, text=True, cwd=self.home, check=False, **self.identity.popen_arguments()
        )
        if answer.returncode != 0:
            shutil.rmtree(target, ignore_errors=True)
            raise Failed("initdb failed", cause=(answer.stderr or answer.stdout).strip()[-2000:])

    def _spawn(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log_file.stat().st_size > _LOG_BYTES_MAX:
                self.log_file.replace(self.log_file.with_suffix(".log.1"))
        descriptor = os.open(self.log_file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._log_start = os.fstat(descriptor).st_size
        try:
            self._process = subprocess.Popen(
                [str(self.bin_dir / "postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                cwd=self.home,
                # A Ctrl-C at the terminal must reach the supervisor only: the server stops last.
                start_new_session=True,
                **self.identity.popen_arguments(),
            )
        finally:
            os.close(descriptor)

    def _retry_or_fail(self) -> None:
        with self.log_file.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._log_start)
            said = log.read()
        if not any(text in said for text in _RETRYABLE):
            raise Failed("PostgreSQL stopped while starting", cause=said.strip()[-2000:])
        time.sleep(0.25)
        self._spawn()

    def _forget_stale_pid_file(self) -> None:
        """Remove a pid file whose number now belongs to another program; PostgreSQL itself would refuse to start."""
        file = self.data / "postmaster.pid"
        try:
            pid = int(file.read_text(encoding="utf-8").split("\n", 1)[0])
            if "postgres" not in psutil.Process(pid).name():
                file.unlink()
        except (OSError, ValueError, psutil.Error):
            return

    def _reaped(self) -> bool:
        if self._process is None:
            # Somebody else's child: it is gone for us as soon as its pid file is.
            return True
        return self._process.poll() is not None
