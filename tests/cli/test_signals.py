"""Promises of Ctrl-C, SIGTERM and a terminal that goes away."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from heal_cli.cli.signals import stop_on_signal

_LOOP = """
import time
from heal_cli.cli.signals import stop_on_signal
with stop_on_signal() as stop:
    print("ready", flush=True)
    while {condition}:
        time.sleep(0.02)
    print("finished", stop(), stop.exit_code(130), flush=True)
    time.sleep({after})
"""


def _start(condition: str, after: float = 0) -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-c", _LOOP.format(condition=condition, after=after)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_asks_to_stop(number: signal.Signals, code: int) -> None:
    """The run ends by itself, knows which signal it was, and the user is told."""
    program = _start("not stop()")
    program.send_signal(number)
    out, err = program.communicate(timeout=10)
    assert (out, program.returncode) == (f"finished {int(number)} {code}\n", 0)
    assert err == "heal: stopping after the batches in flight; the same signal again stops at once\n"


def test_a_signal_stops_also_where_nobody_reads() -> None:
    """A pager that has gone keeps no batch from being finished. Previously the run broke off with 1."""
    program = _start("not stop()")
    assert program.stderr is not None
    program.stderr.close()
    program.send_signal(signal.SIGTERM)
    assert program.stdout is not None
    assert program.stdout.read() == "finished 15 143\n"
    assert program.wait(timeout=10) == 0
    program.stdout.close()


def test_the_second_signal_ends_at_once() -> None:
    """A run that does not stop is ended by the next signal."""
    program = _start("not stop()", after=60)
    program.send_signal(signal.SIGINT)
    assert program.stdout is not None
    program.stdout.readline()
    program.send_signal(signal.SIGTERM)
    program.communicate(timeout=10)
    assert program.returncode == -signal.SIGTERM


@pytest.mark.usefixtures("hangup_counts")
def test_a_terminal_that_goes_away_stops_as_sigterm_does() -> None:
    """Shell and kernel may both send the hangup, so a second one ends nothing at once. Previously the first did."""
    program = _start("not stop()", after=0.5)
    program.send_signal(signal.SIGHUP)
    assert program.stdout is not None
    assert program.stdout.readline() == "finished 15 143\n"
    program.send_signal(signal.SIGHUP)
    program.communicate(timeout=10)
    assert program.returncode == 0


def test_nohup_counts() -> None:
    """Where a hangup is to be ignored, the run goes on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_on_signal() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert stop() == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_handlers_are_put_back() -> None:
    """Outside the block signals do what they did before."""
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signal() as stop:
        assert signal.getsignal(signal.SIGINT) != before
        assert stop() == 0
        assert stop.exit_code(3) == 3
    assert signal.getsignal(signal.SIGINT) == before
