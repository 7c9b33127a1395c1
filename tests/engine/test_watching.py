"""Promises of `--watch`: it comes back by itself, says what is news, and burdens nobody while it waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import psycopg
import pytest
from server_away import Outage

from heal_cli.engine.replay import ReplayOptions, ReplayReport
from heal_cli.engine.watching import Watch
from heal_cli.errors import ConnectionRefused, DatabaseUnavailable
from heal_cli.write import connect


@dataclass
class Watched:
    """What a watch did until it was asked to stop."""

    asked: int = 0  # whether to stop: at least once for each look at the folder
    begun: int = 0  # looks at the server
    told: list[ReplayReport] = field(default_factory=list)


@pytest.fixture
def watch(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Watched]:
    """Lets a watch run until `until` says so; that is asked at each look."""
    monkeypatch.setattr("heal_cli.engine.watching.LOOK_EVERY_S", 0.0)
    options = ReplayOptions(outage.options.state_dir, outage.proxy.conninfo)

    def run(until: Callable[[Watched], bool]) -> Watched:
        seen = Watched()

        def begin() -> ReplayOptions:
            seen.begun += 1
            return options

        def should_stop() -> int:
            seen.asked += 1
            return 15 if until(seen) else 0

        Watch(options, begin=begin, tell=seen.told.append, should_stop=should_stop).run()
        return seen

    return run


def test_an_outage_is_told_once_and_its_end(outage: Outage, watch: Callable[..., Watched]) -> None:
    """However long the server is away, one report says so, and one that all is home."""
    outage.meet_outage()
    waiting = len(outage.spool.entries())
    outage.proxy.mode = "refuse"

    def until(seen: Watched) -> bool:
        if seen.begun == 8:
            outage.proxy.heal()
        return len(seen.told) == 2

    seen = watch(until)
    assert [report.exit_code for report in seen.told] == [5, 3]
    assert (seen.begun, seen.told[1].batches) == (9, waiting)
    outage.check()


def test_a_login_that_hangs_keeps_no_row_away(
    outage: Outage, watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks go on beside the patient login: what waits is home while a proxy still leaves that one hanging."""
    outage.meet_outage()
    outage.proxy.mode = "refuse"
    is_home, hung = Event(), []

    def hanging(conninfo: str) -> psycopg.Connection:
        if "connect_timeout" in conninfo:
            return connect(conninfo)
        hung.append(is_home.wait(20))
        raise DatabaseUnavailable("No answer")

    def until(seen: Watched) -> bool:
        if seen.begun == 21:
            outage.proxy.heal()
        return len(seen.told) == 2 and (is_home.set() or True)

    monkeypatch.setattr("heal_cli.engine.watching.connect", hanging)
    watch(until)
    assert False not in hung
    outage.check()


def test_a_login_that_is_slow_brings_rows_home(
    outage: Outage, watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each look is too short for the server, the patient login decides."""
    outage.meet_outage()

    def slow(conninfo: str) -> psycopg.Connection:
        if "connect_timeout" in conninfo:
            time.sleep(0.02)
            raise DatabaseUnavailable("It takes longer than that")
        return connect(conninfo)

    monkeypatch.setattr("heal_cli.engine.watching.connect", slow)
    seen = watch(lambda seen: len(seen.told) == 2 or seen.begun == 500)
    assert [report.exit_code for report in seen.told] == [5, 3]
    outage.check()


def test_a_login_that_is_refused_ends_the_watch(
    outage: Outage, watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that is refused only after longer than a look."""
    outage.meet_outage()

    def refused(conninfo: str) -> psycopg.Connection:
        raise (DatabaseUnavailable if "connect_timeout" in conninfo else ConnectionRefused)("No")

    monkeypatch.setattr("heal_cli.engine.watching.connect", refused)
    with pytest.raises(ConnectionRefused):
        watch(lambda seen: seen.begun == 60)


def test_what_cannot_come_home_is_not_tried_at_each_look(
    outage: Outage, watch: Callable[..., Watched]
) -> None:
    """A server that is there and takes nothing is left alone for a while, unless something else comes to wait."""
    outage.meet_outage()
    (entry, *_) = outage.spool.entries()
    outage.conn.execute(f"alter table {outage.table} add must integer not null")
    begun = []

    def until(seen: Watched) -> bool:
        if seen.asked == 200:
            begun.append(seen.begun)
            outage.spool.set_aside(entry)
        return seen.asked == 400

    seen = watch(until)
    assert seen.begun == begun[0] + 1
    assert begun[0] < 4
    assert all("waits after try" in report.notes[0] for report in seen.told)
