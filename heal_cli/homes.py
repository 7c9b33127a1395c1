"""The user's folders, also of a user that has none."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from heal_cli.errors import UsageError


def state_dir() -> str:
    """Where rejects, leftovers and the spool are unless told otherwise.

    Raises:
        UsageError: The user has no home, as one that a container was started with by number alone.
    """
    if not has_home() and "XDG_STATE_HOME" not in os.environ:
        raise UsageError(
            f"User {os.geteuid()} has no home folder in which rejects could be kept",
            hint="Set HOME, or name a folder with --state-dir",
        )
    return platformdirs.user_state_dir("heal")


def data_dir() -> Path | None:
    """Where the user's data is; None without a home."""
    if not has_home() and "XDG_DATA_HOME" not in os.environ:
        return None
    return platformdirs.user_data_path("heal")


def has_home() -> bool:
    """Whether HOME or the list of users names a folder; `~` stays as it is where none does."""
    return os.path.expanduser("~") != "~"  # noqa: PTH111  Path.home() raises instead
