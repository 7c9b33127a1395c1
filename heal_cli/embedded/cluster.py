"""A data folder made whole or not at all, with the settings of a local loading server."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heal_cli.embedded.account import Account, user_name
from heal_cli.embedded.binaries import server_version
from heal_cli.embedded.folders import Layout, read_text
from heal_cli.errors import DatabaseUnavailable, UsageError

USER: Final = "postgres"
_UNFINISHED: Final = "data.new-"

SETTINGS: Final = """
# Written once by heal for a server that loads files on this machine; edit or ALTER SYSTEM as you like.
max_wal_size = 4GB              # fewer checkpoints, so fewer full pages written, in a long load
checkpoint_timeout = 15min
log_min_messages = log          # refused statements stay out: they would carry row values into the log
"""

_LOGIN_RULES: Final = """\
# Written by heal at each start. The socket's folder is private; the kernel says who connects.
local all all peer map=heal
"""


@contextmanager
def opened(folder: Path, account: Account) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The folder's path as the server's user can use it, and the descriptors a command needs for that.

    A folder below parents that are closed to that user is handed over open: /proc/self/fd/N leads
    into it without passing them, so that no permission has to change and no data has to move.
    """
    if not account.is_dropped or account.can("x", folder):
        yield str(folder), ()
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not Path(f"/proc/self/fd/{fd}").exists():
            raise UsageError(
                f"User {account.name!r}, who runs the server for root, cannot reach {str(folder.parent)!r}",
                hint="Name a folder with --data-dir that every user can pass through to",
            )
        yield f"/proc/self/fd/{fd}", (fd,)
    finally:
        os.close(fd)


def ensure_cluster(layout: Layout, bin_dir: Path, account: Account, *, guard: int) -> None:
    """The data folder exists, is whole, and is of the programs' major version.

    Args:
        guard: The lock of the living; a heal that is killed leaves it to its `initdb`, so the next one waits.

    Raises:
        UsageError: The folder is another version's, another user's, or no data folder at all.
        DatabaseUnavailable: `initdb` failed; its words are in the message.
    """
    for leftover in layout.base.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if _is_absent_or_empty(layout.data):
        _make_cluster(layout, bin_dir, account, guard)
    _check_cluster(layout, bin_dir, account)


def _is_absent_or_empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except FileNotFoundError:
        return True
    except (PermissionError, NotADirectoryError):
        return False


def _make_cluster(layout: Layout, bin_dir: Path, account: Account, guard: int) -> None:
    work = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=layout.base))
    if account.is_dropped:
        os.chown(work, account.uid, account.gid, follow_symlinks=False)
    try:
        with opened(work, account) as (path, fds):
            flags = _initdb_flags(server_version(bin_dir)[0])
            done = account.run([bin_dir / "initdb", "-D", path, *flags], fds=(guard, *fds))
            if done.returncode != 0:
                said = (done.stderr or done.stdout).strip()
                raise DatabaseUnavailable(
                    f"Data folder {str(layout.data)!r} cannot be made; initdb said: {said}",
                    hint="Mend that, or name another folder with --data-dir",
                )
            write_as(account, f"{path}/postgresql.conf", SETTINGS, fds, append=True)
        work.rename(layout.data)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _initdb_flags(major: int) -> list[str]:
    flags = ["-U", USER, "-A", "peer", "-E", "UTF8", "--locale=C", "--no-instructions"]
    if major >= 17:  # code-point order, Unicode case rules, the same on every machine
        flags += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return flags


def _check_cluster(layout: Layout, bin_dir: Path, account: Account) -> None:
    facts = layout.data.lstat()
    if facts.st_uid != account.uid:
        raise UsageError(
            f"Data folder {str(layout.data)!r} belongs to user {user_name(facts.st_uid)!r}, but {account.name!r} would run the server",
            hint="Run heal as the user who made it, or name another folder with --data-dir",
        )
    made_by = (read_text(layout.data / "PG_VERSION") or "").strip()
    major, version = server_version(bin_dir)
    if not made_by:
        raise UsageError(
            f"{str(layout.data)!r} is not empty and no PostgreSQL data folder",
            hint="Name another folder with --data-dir",
        )
    if made_by != str(major):
        raise UsageError(
            f"Data folder {str(layout.data)!r} was made by PostgreSQL {made_by} and the programs in {str(bin_dir)!r} are {version}",
            hint=f"Start it with PostgreSQL {made_by} and carry the data over with pg_dump, or name another folder with --data-dir",
        )


def write_login_rules(path: str, account: Account, major: int, fds: tuple[int, ...]) -> None:
    """Only the OS user that starts the server may log in; as every role, since it is superuser anyway.

    Peer and not trust: other processes of 'nobody' can reach a socket of 'nobody', but are not let in.
    """
    owner = user_name(os.geteuid()).replace('"', '""')
    roles = "all" if major >= 16 else USER
    write_as(account, f"{path}/pg_hba.conf", _LOGIN_RULES, fds)
    write_as(account, f"{path}/pg_ident.conf", f'heal "{owner}" {roles}\n', fds)


def write_as(account: Account, path: str, text: str, fds: tuple[int, ...], *, append: bool = False) -> None:
    """Write a file with the server user's rights only, whatever that user has put in its place.

    Raises:
        DatabaseUnavailable: It cannot be written.
    """
    done = account.run(
        ["/bin/sh", "-c", f'umask 077; cat {">>" if append else ">"} "$0"', path], fds=fds, text=text
    )
    if done.returncode != 0:
        raise DatabaseUnavailable(f"Server file {path!r} cannot be written: {done.stderr.strip()}")
