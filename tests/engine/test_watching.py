"""Promises of `--watch`: it comes back by itself, says what is news, and burdens nobody while it waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from heal_cli.engine.replay import ReplayOptions, ReplayReport
from heal_cli.engine.watching import Watch


@dataclass
class Watched:
    """What a watch did until it was asked to stop."""

    asked: int = 0  # whether to stop: at least once for each look at the folder
    begun: int = 0  # looks at the server
    told: list[ReplayReport] = field(default_factory=list)


@pytest.fixture
def watch(outage: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Watched]:
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


def test_an_outage_is_told_once_and_its_end(outage: Any, watch: Callable[..., Watched]) -> None:
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


def test_what_cannot_come_home_is_not_tried_at_each_look(outage: Any, watch: Callable[..., Watched]) -> None:
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
