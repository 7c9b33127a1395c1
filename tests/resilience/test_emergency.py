"""Promises of the emergency log: no event is lost, torn or mixed with another."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from heal_cli.errors import RecordError
from heal_cli.resilience import EmergencyLog, Event, TargetId

TARGET = TargetId("public.t", "db", "7312", 16384)


def event(number: int = 0, kind: str = "run") -> Event:
    """An event that says its number."""
    return Event(kind, "run1", TARGET, {"number": number, "text": "x" * 200})


def test_several_writers_and_rotation(tmp_path: Path) -> None:
    """Four writers with logs of their own on one path: every event once, each on a line, through rotations."""
    path = tmp_path / "log.jsonl"

    def work(writer: int) -> None:
        log = EmergencyLog(path, rotate_bytes=4096)
        for number in range(50):
            log.write(event(writer * 50 + number))
        log.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    log = EmergencyLog(path)
    assert sorted(found.details["number"] for found in log.events()) == list(range(200))
    assert len({found.id for found in log.events()}) == 200
    assert len(log.files()) > 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in log.files()} == {0o600}


def test_reading_needs_no_folder(tmp_path: Path) -> None:
    """A log where nothing can be written has no events; the first that is to be kept there fails."""
    (tmp_path / "file").touch()
    log = EmergencyLog(tmp_path / "file" / "log.jsonl")
    assert list(log.events()) == []
    with pytest.raises(RecordError, match="Name another place with --emergency-log or --state-dir"):
        log.write(event())


def test_a_link_is_refused(tmp_path: Path) -> None:
    """A log that is a link is not written through."""
    (tmp_path / "real").touch()
    (tmp_path / "log.jsonl").symlink_to(tmp_path / "real")
    with pytest.raises(RecordError, match="the file is a link"):
        EmergencyLog(tmp_path / "log.jsonl").write(event())


def test_a_torn_line_costs_itself_only(tmp_path: Path) -> None:
    """After a crash in the middle of a line, later events stand on lines of their own."""
    path = tmp_path / "log.jsonl"
    log = EmergencyLog(path)
    log.write(event(1))
    with path.open("ab") as file:
        file.write(b'{"kind": "run", "tor')
    log.write(event(2))
    assert [found.details["number"] for found in log.events()] == [1, 2]


def test_full_drops_the_optional_first(tmp_path: Path) -> None:
    """A full log takes what must not be lost, and counts what it did not take."""
    log = EmergencyLog(tmp_path / "log.jsonl", most_bytes=1)
    assert [log.write(event(kind=kind)) for kind in ("run", "trial", "metric", "audit")] == [
        True,
        False,
        False,
        True,
    ]
    assert log.dropped == {"trial": 1, "metric": 1}


def test_restored_events_go_away(tmp_path: Path) -> None:
    """Events that the server has leave the log; a rotated log without events goes with them."""
    log = EmergencyLog(tmp_path / "log.jsonl")
    kept, gone = event(1), event(2)
    log.write(kept)
    log.write(gone)
    log.rotate()
    (path,) = log.files()
    assert log.drop(path, {gone.id}) == 1
    assert [found.id for found in log.events()] == [kept.id]
    log.drop(path, {kept.id})
    assert not os.path.lexists(path)
