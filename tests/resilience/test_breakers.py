"""Promises of the breakers: shared by processes, opened by the world only, one probe at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from heal_cli.errors import CircuitOpen, DatabaseUnavailable, WriteError
from heal_cli.resilience import Breaker, breaker_states


def breaker(folder: Path, *, reset_s: float = 60.0) -> Breaker:
    """A breaker as another process would make it."""
    return Breaker(
        "database", "h:5432/db", str(folder),
        is_fault=lambda error: isinstance(error, DatabaseUnavailable), reset_s=reset_s,
    )  # fmt: skip


def fail(one: Breaker, error: Exception) -> None:
    """One call that fails."""
    with pytest.raises(type(error)), one.calling():
        raise error


def test_the_world_opens_it_for_all(tmp_path: Path) -> None:
    """What one process saw fail, another does not ask again."""
    fail(breaker(tmp_path), DatabaseUnavailable("gone"))
    with pytest.raises(CircuitOpen, match="failed a moment ago"), breaker(tmp_path).calling():
        raise AssertionError
    (state,) = breaker_states(str(tmp_path))
    assert (state.name, state.state) == ("database", "open")


def test_data_never_opens_it(tmp_path: Path) -> None:
    """A refused row says nothing about the server."""
    one = breaker(tmp_path)
    for _ in range(20):
        fail(one, WriteError("a row"))
    assert one.is_closed


def test_one_probe_at_a_time(tmp_path: Path) -> None:
    """Of eight threads that come to a half-open breaker, one asks; its success lets all through."""
    fail(breaker(tmp_path), DatabaseUnavailable("gone"))
    begin, end = threading.Event(), threading.Event()
    probes = []

    def probe() -> None:
        with breaker(tmp_path, reset_s=0).calling() as is_probe:
            probes.append(is_probe)
            begin.set()
            end.wait(10)

    thread = threading.Thread(target=probe)
    thread.start()
    assert begin.wait(10)
    for _ in range(7):
        with pytest.raises(CircuitOpen), breaker(tmp_path, reset_s=0).calling():
            raise AssertionError
    end.set()
    thread.join()
    with breaker(tmp_path, reset_s=0).calling() as is_probe:
        probes.append(is_probe)
    assert probes == [True, False]


def test_a_failed_probe_keeps_it_open(tmp_path: Path) -> None:
    """One look that fails costs no other caller its time."""
    fail(breaker(tmp_path), DatabaseUnavailable("gone"))
    fail(breaker(tmp_path, reset_s=0), DatabaseUnavailable("still gone"))
    with pytest.raises(CircuitOpen), breaker(tmp_path).calling():
        raise AssertionError


def test_a_killed_probe_lets_the_next_one_look(tmp_path: Path) -> None:
    """The right to probe goes with the process that holds it."""
    fail(breaker(tmp_path), DatabaseUnavailable("gone"))
    script = (
        "import os\nfrom heal_cli.resilience import Breaker\n"
        f"b = Breaker('database', 'h:5432/db', {str(tmp_path)!r}, is_fault=lambda e: True, reset_s=0)\n"
        "with b.calling():\n    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    with breaker(tmp_path, reset_s=0).calling() as is_probe:
        assert is_probe
    assert breaker(tmp_path).is_closed


def test_a_torn_file_is_a_closed_breaker(tmp_path: Path) -> None:
    """What cannot be read keeps nobody away."""
    one = breaker(tmp_path)
    one.open()
    next((tmp_path / "fallback" / "breakers").glob("*.json")).write_text('{"sta')
    with one.calling():
        pass
    assert one.is_closed


def test_a_clock_that_was_set_back_opens_no_breaker_for_longer(tmp_path: Path) -> None:
    """A failure that lies in the future by the clock says nothing of how long ago it was: somebody looks."""
    fail(breaker(tmp_path), DatabaseUnavailable("gone"))
    (path,) = (tmp_path / "fallback" / "breakers").glob("*.json")
    (state,) = breaker_states(str(tmp_path))
    assert state.opened_at
    path.write_bytes(msgspec.json.encode(replace(state, opened_at=state.opened_at + timedelta(hours=1))))
    with breaker(tmp_path).calling() as is_probe:
        assert is_probe
    assert breaker(tmp_path).is_closed


def test_each_service_has_its_own(tmp_path: Path) -> None:
    """Database, model and storage fail and are looked at apart, by whatever their own faults are."""

    def of(name: str, fault: type[Exception]) -> Breaker:
        return Breaker(name, "one", str(tmp_path), is_fault=lambda error: isinstance(error, fault), reset_s=0)

    model, storage = of("model", TimeoutError), of("object storage", ConnectionError)
    fail(model, TimeoutError())
    fail(storage, ConnectionError())
    fail(of("database", DatabaseUnavailable), TimeoutError("is nothing to it"))
    states = {state.name: state.state for state in breaker_states(str(tmp_path))}
    assert states == {"model": "open", "object storage": "open"}
    script = (
        "import sys\nfrom heal_cli.errors import CircuitOpen\nfrom heal_cli.resilience import Breaker\n"
        "for name in sys.argv[1:]:\n"
        f"    b = Breaker(name, 'one', {str(tmp_path)!r}, is_fault=lambda error: True, reset_s=0)\n"
        "    try:\n        with b.calling() as is_probe:\n            print(name, is_probe)\n"
        "    except CircuitOpen as error:\n        print(error)\n"
    )
    with model.calling() as is_probe:
        assert is_probe
        other = [sys.executable, "-c", script, "model", "object storage", "database"]
        told = subprocess.run(other, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    assert told == [
        "The model failed a moment ago and was not asked again",
        "object storage True",
        "database False",
    ]
    assert {state.state for state in breaker_states(str(tmp_path))} == {"closed"}


def test_two_processes_one_probe(tmp_path: Path) -> None:
    """Of two heal processes one looks; the other, turned away, sees it closed once the look has worked."""
    fail(breaker(tmp_path), DatabaseUnavailable("gone"))
    script = (
        "import sys\nfrom heal_cli.errors import CircuitOpen\nfrom heal_cli.resilience import Breaker\n"
        f"b = Breaker('database', 'h:5432/db', {str(tmp_path)!r}, is_fault=lambda e: True, reset_s=0)\n"
        "try:\n    with b.calling() as is_probe:\n        print(is_probe, flush=True)\n        sys.stdin.read()\n"
        "except CircuitOpen:\n    print('turned away', flush=True)\n"
    )

    def begin() -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, "-c", script], **pipes)

    first = begin()
    assert first.stdout
    assert first.stdout.readline() == "True\n"
    assert begin().communicate("")[0] == "turned away\n"
    (state,) = breaker_states(str(tmp_path))
    assert state.state == "half-open"
    first.communicate("")
    assert begin().communicate("")[0] == "False\n"
    (state,) = breaker_states(str(tmp_path))
    assert state.state == "closed"
