"""A connection whose other end is gone ends by itself, and one to a server at work does not."""

from __future__ import annotations

from typing import Any

import pytest

from heal_cli.model import WriteOptions
from heal_cli.write import connect
from heal_cli.write.watch import longest_s

TCP = ("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")


@pytest.mark.parametrize(
    ("given", "server_version", "seconds"),
    [
        ({}, 180000, 35.0),  # the lock's limit is part of the transaction's
        ({}, 150000, 305.0),
        ({"timeout_s": 2.0, "lock_timeout_s": 60.0}, 170000, 7.0),
        ({"timeout_s": 0.0}, 180000, None),
        ({"atomic": True}, 180000, None),
    ],
)
def test_nobody_waits_longer_than_a_server_that_is_alive_would_take(
    given: dict[str, Any], server_version: int, seconds: float | None
) -> None:
    """The limit that the server keeps, and a moment more; none where it has none."""
    assert longest_s(WriteOptions(**given), server_version=server_version) == seconds


@pytest.mark.parametrize(("timeout_s", "is_limited"), [(30.0, True), (0.0, False)])
def test_a_look_at_the_catalog_of_an_atomic_run_has_an_end(
    conninfo: str, timeout_s: float, is_limited: bool
) -> None:
    """Only the run's own transaction may take any time."""
    with connect(conninfo, limits=WriteOptions(atomic=True, timeout_s=timeout_s)) as connection:
        with connection.transaction():
            assert (connection.deadline is not None) is is_limited
        assert connection.deadline is None


@pytest.mark.parametrize(
    ("said", "limits", "asked"),
    [
        ("", None, ("10", "3", "4", None)),
        ("", WriteOptions(timeout_s=9), ("10", "3", "4", "14000")),
        ("", WriteOptions(timeout_s=0), ("10", "3", "4", None)),
        ("", WriteOptions(atomic=True), ("10", "3", "4", None)),
        ("keepalives_idle=77 tcp_user_timeout=5000", WriteOptions(), ("77", "3", "4", "5000")),
    ],
)
def test_the_kernel_looks_after_the_other_end(
    conninfo: str, said: str, limits: WriteOptions | None, asked: tuple[str | None, ...]
) -> None:
    """A host that is gone is noticed while heal waits for it; the connection string's own settings win."""
    with connect(f"{conninfo} {said}", limits=limits) as connection:
        given = connection.info.get_parameters()
    assert tuple(given.get(name) for name in TCP) == asked
