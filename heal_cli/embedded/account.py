"""The operating-system user that runs the server, and commands run as that user.

PostgreSQL refuses to run as root. For root the server is run by an unprivileged user that already
exists: no user is made, and no permission of a folder that was there before is changed.
"""

from __future__ import annotations

import errno
import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from heal_cli.errors import UsageError

UNPRIVILEGED: Final = ("nobody", "daemon")
"""Tried in this order. Not 'postgres': where it exists it owns a system cluster, and each could harm the other."""

_INHERITED: Final = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What a server may see of our environment: it outlives us, and others may read it; PG* would also change its settings."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server."""

    name: str
    uid: int
    gid: int
    is_dropped: bool  # we are root and step down to this user

    def run(
        self,
        command: Sequence[str | Path],
        *,
        fds: Sequence[int] = (),
        text: str = "",
        output: int | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """The finished command, run by this user outside our session.

        Args:
            fds: File descriptors the command keeps.
            output: Descriptor that takes what it says; captured unless given.
        """
        try:
            return subprocess.run(  # noqa: S603 - no shell, arguments are a list
                [os.fspath(part) for part in command],
                input=text,
                stdout=subprocess.PIPE if output is None else output,
                stderr=subprocess.PIPE if output is None else output,
                text=True,
                errors="replace",
                check=False,
                cwd="/",
                env={name: os.environ[name] for name in _INHERITED if name in os.environ},
                pass_fds=fds,
                start_new_session=True,  # Ctrl-C in the terminal is for us alone
                user=self.uid if self.is_dropped else None,
                group=self.gid if self.is_dropped else None,
                extra_groups=[] if self.is_dropped else None,
            )
        except PermissionError as exc:
            if not self.is_dropped or exc.errno != errno.EPERM:  # EACCES is about the program
                raise
            raise UsageError(
                f"This root may not step down to user {self.name!r}, and PostgreSQL refuses to run as root",
                hint="Run heal as an unprivileged user, or name a server with --dsn",
            ) from exc

    def can(self, test: str, path: Path) -> bool:
        """This user passes `test -<test>` on the path, all parents included."""
        return self.run(["/bin/sh", "-c", f'test -{test} "$0"', path]).returncode == 0


def server_account() -> Account:
    """The current user; for root the first unprivileged user that exists.

    Raises:
        UsageError: Root, and no such user.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(user_name(uid), uid, os.getegid(), is_dropped=False)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid, is_dropped=True)
    raise UsageError(
        f"PostgreSQL refuses to run as root, and none of the users {', '.join(map(repr, UNPRIVILEGED))} exists",
        hint="Run heal as an unprivileged user, or name a server with --dsn",
    )


def user_name(uid: int) -> str:
    """The name PostgreSQL will see for that user; '#<uid>' when there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"
