"""The folder of the server's socket: private, short enough, reachable by the server.

`<base>/socket` is that folder, or a link to it. A path with a comma (libpq would read two hosts) or not
in UTF-8, one longer than about 100 bytes, one on a file system without sockets and one that the server's
user cannot reach need the link; it leads to a folder of random name that only that user may enter.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path
from typing import Final

from heal_cli.embedded.account import Account
from heal_cli.embedded.folders import Layout
from heal_cli.errors import DatabaseUnavailable

PORT: Final = 5432
"""Part of the socket's name only: no network address is ever listened on."""

_SOCKET_NAME: Final = f".s.PGSQL.{PORT}"
_OWNER_LINK: Final = "home"
"""Link in a short folder back to its base, so that a copied base does not find the original's server."""


def find_socket_folder(layout: Layout, account: Account) -> Path | None:
    """Where a running server's socket is; None if there is no such folder, or not one to trust."""
    folder = layout.socket
    try:
        if folder.is_symlink():
            folder = folder.readlink()
            if not (folder / _OWNER_LINK).samefile(layout.base):
                return None
        facts = folder.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != account.uid or facts.st_mode & 0o077:
        return None
    return folder if (folder / _SOCKET_NAME).exists() else None


def place_socket_folder(layout: Layout, account: Account) -> Path:
    """A fresh folder for the socket; call only while no server lives.

    Raises:
        DatabaseUnavailable: No folder will do.
    """
    remove_socket_folder(layout)
    layout.socket.mkdir(mode=0o700)
    if _will_do(layout.socket, account):
        _give(layout.socket, account)
        return layout.socket
    layout.socket.rmdir()
    for parent in _short_parents(account):
        try:
            folder = Path(tempfile.mkdtemp(prefix="heal-", dir=parent))
        except OSError:
            continue
        if _will_do(folder, account):
            (folder / _OWNER_LINK).symlink_to(layout.base)
            _give(folder, account)
            layout.socket.symlink_to(folder)
            return folder
        folder.rmdir()
    raise DatabaseUnavailable(
        f"No folder can hold the server's socket: neither {str(layout.socket)!r} nor one in "
        + ", ".join(repr(str(parent)) for parent in _short_parents(account)),
        hint="Name a shorter folder with --data-dir",
    )


def remove_socket_folder(layout: Layout) -> None:
    """Clear away what the last server left; call only while no server lives."""
    if layout.socket.is_symlink():
        folder = layout.socket.readlink()
        if (folder / _OWNER_LINK).is_symlink() and (folder / _OWNER_LINK).readlink() == layout.base:
            shutil.rmtree(folder, ignore_errors=True)
        layout.socket.unlink()
    elif layout.socket.exists():
        shutil.rmtree(layout.socket)


def _short_parents(account: Account) -> tuple[Path, ...]:
    """Where short folders may be made, best first."""
    if account.is_dropped:
        return (Path("/run"), Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - mkdtemp: random name, 0700
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    own = (Path(runtime),) if runtime and Path(runtime).is_absolute() else ()
    return (*own, Path("/tmp"), Path("/var/tmp"), Path(tempfile.gettempdir()))  # noqa: S108 - as above


def _will_do(folder: Path, account: Account) -> bool:
    """libpq takes the path for one folder, a socket can be made in it, and the server's user can get there."""
    if "," in str(folder):
        return False
    probe = folder / _SOCKET_NAME
    try:
        str(folder).encode()  # libpq is handed UTF-8; a name in other bytes cannot be said
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.fspath(probe))
        probe.unlink()
    except (OSError, UnicodeEncodeError):
        return False
    return not account.is_dropped or account.can("x", folder.parent)


def _give(folder: Path, account: Account) -> None:
    if account.is_dropped:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
