"""The server's first process: launched, found, told to stop."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from heal_cli.embedded.account import Account
from heal_cli.embedded.binaries import server_version
from heal_cli.embedded.cluster import opened, write_login_rules
from heal_cli.embedded.folders import Layout, read_text
from heal_cli.embedded.sockets import PORT, place_socket_folder
from heal_cli.errors import DatabaseUnavailable

_LOG_LIMIT_BYTES: Final = 10 * 2**20
_TAIL_BYTES: Final = 2000


def launch(layout: Layout, account: Account, bin_dir: Path, *, guard: int) -> int:
    """Start the postmaster and return at once; call while nothing of this server lives.

    Args:
        guard: The lock of the living, inherited by the server.

    Returns:
        Length of the log before this start.
    """
    _clear_pid_file(layout)
    folder = str(place_socket_folder(layout, account)).replace('"', '""')
    log = _open_log(layout)
    try:
        seen = os.fstat(log).st_size
        with opened(layout.data, account) as (path, fds):
            write_login_rules(path, account, server_version(bin_dir)[0], fds)
            settings = {
                "listen_addresses": "",
                "port": str(PORT),
                "unix_socket_directories": f'"{folder}"',
                "unix_socket_permissions": "0700",
                "hba_file": f"{path}/pg_hba.conf",
                "ident_file": f"{path}/pg_ident.conf",
            }
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            # The shell ends at once, so the postmaster is init's child and no zombie of a long-lived caller.
            # pg_ctl would do the same, but passes paths through a shell unquoted.
            command: list[str | Path] = [
                "/bin/sh",
                "-c",
                '"$@" </dev/null &',
                "sh",
                bin_dir / "postgres",
                "-D",
                path,
                *options,
            ]
            account.run(command, fds=(guard, *fds), output=log)
    finally:
        os.close(log)
    return seen


def postmaster_pid(layout: Layout) -> int | None:
    """The pid its pid file names; None without a whole first line."""
    first, newline, _ = (read_text(layout.data / "postmaster.pid") or "").partition("\n")
    return int(first) if newline and first.isdecimal() and int(first) > 1 else None


def is_ready(layout: Layout) -> bool:
    """The postmaster lives and has noted that it takes connections, which it does after making its socket."""
    noted = (read_text(layout.data / "postmaster.pid") or "").rstrip().endswith("ready")
    pid = postmaster_pid(layout)
    return noted and pid is not None and _runs_here(pid, layout)


def signal_stop(layout: Layout, account: Account) -> bool:
    """Ask the postmaster for a fast shutdown; False while there is none to ask.

    Sent with the server user's rights: the pid is read from a file that this user can write.
    """
    pid = postmaster_pid(layout)
    if pid is None or not _runs_here(pid, layout):
        return False
    return account.run(["/bin/sh", "-c", 'kill -INT "$0"', str(pid)]).returncode == 0


def log_tail(layout: Layout, seen: int = 0) -> str:
    """The end of the log, not before byte `seen`."""
    try:
        with layout.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(seen, end - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace").strip() or "(nothing)"
    except OSError:
        return "(no log)"


def _open_log(layout: Layout) -> int:
    """The log, opened for us and appended to by the server; a long one is put aside first."""
    try:
        if layout.log.stat().st_size > _LOG_LIMIT_BYTES:
            layout.log.replace(layout.log.with_suffix(".log.1"))
    except FileNotFoundError:
        pass
    return os.open(layout.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _clear_pid_file(layout: Layout) -> None:
    """Remove a pid file that would keep the server from starting although its writer is gone.

    Nothing of ours lives (the caller holds the lock of the living), so only a postmaster that somebody
    started by hand can be meant by it.

    Raises:
        DatabaseUnavailable: Such a one runs.
    """
    pid = postmaster_pid(layout)
    if pid is not None and _runs_here(pid, layout):
        raise DatabaseUnavailable(
            f"A server that heal did not start uses {str(layout.data)!r} (pid {pid})",
            hint=f"Stop it: kill -INT {pid}",
        )
    (layout.data / "postmaster.pid").unlink(missing_ok=True)


def _runs_here(pid: int, layout: Layout) -> bool:
    """That process is alive, no zombie, and works in the data folder as a postmaster does."""
    if Path("/proc/self/cwd").exists():
        try:
            return Path(f"/proc/{pid}/cwd").samefile(layout.data)  # a zombie has no working folder
        except OSError:
            return False
    done = subprocess.run(  # noqa: S603 - fixed program, number argument
        ["/bin/ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "postgres" in done.stdout and not done.stdout.lstrip().startswith("Z")
