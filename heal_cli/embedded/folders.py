"""The folders of an embedded server: where they are, who may write in them, what is in them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from heal_cli import homes
from heal_cli.embedded.account import user_name
from heal_cli.errors import DatabaseUnavailable, UsageError

_ELSEWHERE: Final = "Name another folder with --data-dir"


@dataclass(frozen=True, slots=True)
class Layout:
    """What lies where in the folder the user named.

    Only `data` (and the socket's folder) belong to the server's user; the rest is ours.
    """

    base: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.base / "data"

    @property
    def socket(self) -> Path:
        """The socket's folder, or a link to it where this path is of no use to a socket."""
        return self.base / "socket"

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.base / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held while somebody starts or stops the server."""
        return self.base / "start.lock"

    @property
    def alive_lock(self) -> Path:
        """Held by the server and all its processes as long as one of them lives."""
        return self.base / "alive.lock"


def default_data_dir() -> Path:
    """`postgres` in the user's data folder; for root in the machine's; without a writable home in /var/tmp.

    Root's own home is closed to the user that runs the server, hence /var/lib.
    """
    if os.geteuid() == 0 and "XDG_DATA_HOME" not in os.environ:
        return shared_folder() / "postgres"
    home = homes.data_dir()
    if home is not None and _can_be_made(home / "postgres"):
        return home / "postgres"
    return Path(f"/var/tmp/heal-{os.geteuid()}")  # noqa: S108 - its owner is checked before use


def shared_folder() -> Path:
    """Root's folder for what the server's user has to reach: /var/lib/heal on Linux."""
    return platformdirs.site_state_path("heal")


def _can_be_made(folder: Path) -> bool:
    """The folder is there, or the nearest parent that is can be written."""
    for path in (folder, *folder.parents):
        if os.access(path, os.F_OK):
            return path == folder or os.access(path, os.W_OK | os.X_OK)
    return False


def prepare_base(base: Path) -> None:
    """Make the folder if need be and check that nobody else can change what is in it.

    Raises:
        UsageError: It belongs to others, or is something else than a folder of ours.
        DatabaseUnavailable: It cannot be made.
    """
    try:
        _make(base)
        is_data_folder = (base / "PG_VERSION").exists()
    except OSError as exc:
        raise DatabaseUnavailable(
            f"Folder {str(base)!r} for the embedded PostgreSQL cannot be made: {exc.strerror}",
            hint=_ELSEWHERE,
        ) from exc
    if is_data_folder:
        raise UsageError(
            f"{str(base)!r} is a PostgreSQL data folder itself; heal keeps one inside the folder it is given",
            hint=_ELSEWHERE,
        )
    demand_safe_folder(base)


def was_started(layout: Layout) -> bool:
    """Somebody has started, or tried to start, a server there before.

    Raises:
        UsageError: The folder is another user's.
    """
    try:
        exists = layout.start_lock.exists()
    except PermissionError as exc:
        raise UsageError(f"Folder {str(layout.base)!r} is closed to this user", hint=_ELSEWHERE) from exc
    if exists:
        demand_safe_folder(layout.base)
    return exists


def _make(base: Path) -> None:
    """Missing folders, ours alone; root's may be passed through by the server's user."""
    missing = [path for path in (base, *base.parents) if not path.exists()]
    for path in reversed(missing):
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:  # another start was faster
            continue
        if os.geteuid() == 0:
            path.chmod(0o711)
    if not base.is_dir():
        raise NotADirectoryError(20, "there is something that is no folder")


def demand_safe_folder(folder: Path) -> None:
    """Return if nobody but us can put another thing in the place of what is in there.

    For root all parents count, since it follows the path with all its rights.

    Raises:
        UsageError: Otherwise, naming the folder and whose it is.
    """
    uid = os.geteuid()
    facts = folder.stat()
    if facts.st_uid != uid:
        raise UsageError(
            f"Folder {str(folder)!r} belongs to user {user_name(facts.st_uid)!r}, not to {user_name(uid)!r}",
            hint=_ELSEWHERE,
        )
    for path in (folder, *folder.parents) if uid == 0 else (folder,):
        facts = path.stat()
        others = stat.S_IWOTH | (stat.S_IWGRP if uid == 0 and facts.st_gid != 0 else 0)
        is_open = facts.st_mode & others and not (path != folder and facts.st_mode & stat.S_ISVTX)
        if is_open or facts.st_uid not in (0, uid):
            raise UsageError(
                f"Folder {str(path)!r} can be changed by other users, who could put their files in the place of the server's",
                hint=_ELSEWHERE,
            )


def read_text(path: Path) -> str | None:
    """The text of a small regular file in a folder that another user writes; None if there is none.

    Links are not followed and pipes not waited for: root reads here what the server's user wrote.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        return os.read(fd, 65536).decode("utf-8", "replace")
    finally:
        os.close(fd)


def tree_size(folder: Path) -> int:
    """Bytes of all files below the folder; files that vanish meanwhile count nothing."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(Path(root) / name).st_size
            except OSError:
                continue
    return total
