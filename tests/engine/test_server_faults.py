"""Faults of a real server: standby, no connections left, frozen, moved, rights withdrawn. No row is lost or doubled."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cluster import Cluster
from proxy import Proxy
from server_away import Outage

from heal_cli.engine import run_load
from heal_cli.errors import HealError, WriteError
from heal_cli.write import ledger_migrations, migrate

TABLE = "public.kept"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of this module's own."""
    folder = Path(tempfile.mkdtemp(prefix="heal-faults-", dir="/tmp"))
    folder.chmod(0o755)
    made = Cluster(folder / "data").make()
    try:
        yield made
    finally:
        made.remove()
        shutil.rmtree(folder)


@pytest.fixture
def faulty(cluster: Cluster, tmp_path: Path) -> Iterator[Outage]:
    """A table that a role of its own loads into over a proxy."""
    cluster.execute("drop table if exists kept; drop schema if exists heal cascade")
    if not cluster.execute("select 1 from pg_roles where rolname = 'loader'"):
        cluster.execute("create role loader login")
    cluster.execute("create table kept (n bigint, k bigint unique, amount numeric(12,2), note text)")
    cluster.execute("grant select, insert on kept to loader; grant create on database postgres to loader")
    with (
        psycopg.connect(cluster.conninfo, autocommit=True) as conn,
        Proxy(cluster.conninfo.replace("user=postgres", "user=loader")) as proxy,
    ):
        yield Outage(tmp_path, cluster.conninfo, proxy, conn, TABLE)


def load_and(outage: Outage, strike: Callable[[], None], **write: Any) -> Any:
    """A load that something strikes after its first batch."""
    struck: list[object] = []

    def look(progress: object) -> None:
        if not struck:
            struck.append(progress)
            strike()

    options = replace(outage.options, write=replace(outage.options.write, **write))
    return run_load(options, on_progress=look)


def end_connections(cluster: Cluster) -> None:
    """End those of heal, from the server's side."""
    cluster.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'heal/%'"
    )


def test_a_standby_after_a_failover_is_the_worlds(cluster: Cluster, faulty: Outage) -> None:
    """On a hot standby nothing is rejected for that; promoted, it takes every row once."""
    standby = cluster.standby(cluster.folder.with_name("standby"))
    try:

        def fail_over() -> None:
            (here,) = cluster.execute("select pg_current_wal_flush_lsn()")[0]
            until = time.monotonic() + 30
            behind = f"select pg_last_wal_replay_lsn() >= '{here}'"
            while standby.execute(behind) != [(True,)] and time.monotonic() < until:
                time.sleep(0.05)
            faulty.proxy.point_to(standby.conninfo)
            faulty.proxy.drop()

        report = load_and(faulty, fail_over)
        assert (report.exit_code, report.rows.read) == (5, faulty.rows)
        assert report.reject_reasons.keys() <= {"not_convertible", "unique_violation"}
        assert faulty.replay().exit_code == 5  # it still takes none
        standby.promote()
        faulty.replay()
        with psycopg.connect(standby.conninfo, autocommit=True) as faulty.conn:
            faulty.check()
    finally:
        standby.remove()


def test_no_connections_left(cluster: Cluster, faulty: Outage) -> None:
    """A server out of connections (53300) is away; once there are some, all comes home."""
    others: list[psycopg.Connection] = []

    def crowd() -> None:
        end_connections(cluster)
        while True:
            try:
                others.append(psycopg.connect(faulty.proxy.conninfo))
            except psycopg.OperationalError:
                return

    try:
        report = load_and(faulty, crowd)
        assert (report.exit_code, report.rows.read) == (5, faulty.rows)
        assert faulty.replay().exit_code == 5
    finally:
        for other in others:
            other.close()
    faulty.replay()
    faulty.check()


def test_a_frozen_server(cluster: Cluster, faulty: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGSTOP for longer than the time limits: the load goes on without it; what it commits when it wakes counts."""
    monkeypatch.setattr("heal_cli.write.watch.GRACE_S", 0.1)
    faulty.options = replace(faulty.options, conninfo=f"{faulty.proxy.conninfo} connect_timeout=2")
    try:
        report = load_and(faulty, lambda: cluster.signal(signal.SIGSTOP), timeout_s=0.5, lock_timeout_s=0.1)
    finally:
        cluster.signal(signal.SIGCONT)
    assert (report.exit_code, report.rows.read) == (5, faulty.rows)
    faulty.replay()
    faulty.check()


def test_restarted_on_another_port(cluster: Cluster, faulty: Outage) -> None:
    """The server is known by what it is, not by its port: what was spooled in mid-run comes home there."""
    report = load_and(faulty, lambda: cluster.stop())
    assert report.exit_code == 5
    cluster.port += 1
    cluster.start()
    faulty.proxy.point_to(cluster.conninfo)
    assert faulty.replay().left == 0
    with psycopg.connect(cluster.conninfo, autocommit=True) as faulty.conn:
        faulty.check()


def test_a_role_without_the_ledger(cluster: Cluster, faulty: Outage) -> None:
    """What waits for it comes home once an owner has done what the error says, and stays until then."""
    cluster.execute("revoke create on database postgres from loader")
    faulty.proxy.mode = "refuse"
    assert faulty.load().exit_code == 5
    faulty.proxy.heal()
    with pytest.raises(WriteError) as caught:
        faulty.replay()
    assert caught.value.hint is not None
    migrate(faulty.conn, ledger_migrations())
    cluster.execute(caught.value.hint.partition("heal init; then: ")[2])
    assert faulty.replay().left == 0
    faulty.check()


@pytest.mark.parametrize(
    ("taken", "given"),
    [
        ("revoke insert on kept from loader", "grant insert on kept to loader"),
        ("alter role loader nologin", "alter role loader login"),
    ],
)
def test_a_role_that_loses_its_rights(cluster: Cluster, faulty: Outage, taken: str, given: str) -> None:
    """No row is rejected or spooled for it: the load ends with what to do, and the same command goes on."""

    def withdraw() -> None:
        cluster.execute(taken)
        end_connections(cluster)

    with pytest.raises(HealError) as caught:
        load_and(faulty, withdraw)
    assert caught.value.exit_code in (1, 2)
    assert faulty.spool.entries() == []
    cluster.execute(given)
    faulty.load()
    faulty.check()
