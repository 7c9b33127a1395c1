"""The proof that a server lives."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import filelock
import pytest

from heal_cli.embedded import locks
from heal_cli.errors import DatabaseUnavailable


def test_claim_is_exclusive(tmp_path: Path) -> None:
    """Who holds the lock lives; nobody else gets it until it is closed."""
    path = tmp_path / "alive.lock"
    assert not locks.is_alive(path)
    guard = locks.claim(path)
    assert guard is not None
    assert locks.is_alive(path)
    assert locks.claim(path) is None
    os.close(guard)
    assert not locks.is_alive(path)


def test_heirs_keep_it(tmp_path: Path) -> None:
    """A process that inherited the lock keeps it alive, up to kill -9."""
    path = tmp_path / "alive.lock"
    guard = locks.claim(path)
    assert guard is not None
    with subprocess.Popen(["sleep", "60"], pass_fds=[guard]) as heir:
        os.close(guard)
        assert locks.is_alive(path)
        heir.kill()
    assert not locks.is_alive(path)


def test_lock_is_no_link(tmp_path: Path) -> None:
    """A link in the lock's place is not followed."""
    (tmp_path / "alive.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic link"):
        locks.claim(tmp_path / "alive.lock")
    assert not (tmp_path / "victim").exists()


def test_start_lock_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that waits too long for another one says what it waited for."""
    monkeypatch.setattr(locks, "START_TIMEOUT_S", 0.05)
    path = tmp_path / "start.lock"
    waited = pytest.raises(DatabaseUnavailable, match="Another heal has been starting or stopping")
    with filelock.FileLock(path), waited, locks.one_at_a_time(path):
        pass


def test_start_lock_that_cannot_be() -> None:
    """Where no lock can be made the error says which."""
    refused = pytest.raises(DatabaseUnavailable, match=r"Lock '/proc/none/start\.lock' cannot be taken")
    with refused, locks.one_at_a_time(Path("/proc/none/start.lock")):
        pass
