"""Promises of progress: on stderr, seldom, and nothing when asked for nothing."""

from __future__ import annotations

import sys
from typing import Any

import pexpect
import pytest

from heal_cli.cli.progress import progress_line, shown_progress
from heal_cli.cli.terminal import clean, quoted
from heal_cli.model import Progress, Rows

_BAR = """
import time
from heal_cli.cli.progress import shown_progress
from heal_cli.model import Progress, Rows
with shown_progress("auto", quiet=False) as show:
    time.sleep(0.5)
    for step in range(1, 5):
        show(Progress("a.csv", step * 10, 100, Rows(read=step * 1000, healed=7, rejected=3)))
        time.sleep(0.15)
"""


def test_the_line() -> None:
    """Rows, speed, share, time left, heals and rejects; controls in a name are spelled out."""
    progress = Progress("a\x1b.csv", 50_000_000, 100_000_000, Rows(read=1_200_000, healed=7, rejected=3))
    assert progress_line(progress, seconds=2) == (
        "a\\x1b.csv: 1,200,000 rows · 25.0 MB/s · 50% · 2 s left · 7 healed · 3 rejected"
    )
    assert (
        progress_line(Progress("-", 0, None, Rows()), seconds=0)
        == "-: 0 rows · 0.0 MB/s · 0 healed · 0 rejected"
    )


def test_a_line_every_few_seconds(capsys: Any) -> None:
    """Off a terminal a batch each tenth of a second gives a line each five seconds."""
    now = 0.0
    with shown_progress("auto", quiet=False, clock=lambda: now) as show:
        for step in range(120):
            now = step / 10
            show(Progress("a.csv", step, None, Rows(read=step)))
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 2)


@pytest.mark.parametrize(("mode", "quiet"), [("none", False), ("auto", True), ("bar", True)])
def test_nothing(capsys: Any, mode: str, quiet: bool) -> None:
    """`--quiet` and `--progress none` are silent."""
    with shown_progress(mode, quiet=quiet, clock=lambda: 0.0) as show:
        show(Progress("a.csv", 1, 2, Rows()))
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal() -> None:
    """A terminal shows the bar with rows, heals and rejects."""
    shown = pexpect.run(
        f"{sys.executable} -c '{_BAR}'",
        env={"PATH": "/usr/bin:/bin", "TERM": "xterm"},
        dimensions=(24, 160),
        encoding="utf-8",
    )
    assert "4,000 rows" in shown
    assert "7 healed  3 rejected" in shown


def test_values_of_files_cannot_drive_the_terminal() -> None:
    """Escapes, line ends and marks that turn the reading order are spelled out; long values are cut."""
    assert clean("a\x1b[2J\r\n\u202eb\x9b") == "a\\x1b[2J\\r\\n\\u202eb\\x9b"
    assert quoted("x" * 50) == "'" + "x" * 39 + "…'"
    assert quoted(None) == "NULL"
