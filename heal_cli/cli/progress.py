"""Progress on stderr: bars on a terminal, a plain line every few seconds elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final

from heal_cli.cli.terminal import clean, is_plain, note
from heal_cli.wording import counted

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from heal_cli.model import Progress

_LINE_EVERY_S: Final = 5.0
_BAR_AFTER_S: Final = 0.4  # rich takes 0.2 s to import, and a load that is over sooner needs no bar
_MEGABYTE: Final = 1e6

OnProgress = Callable[["Progress"], None]


@contextmanager
def shown_progress(
    mode: str, *, quiet: bool, clock: Callable[[], float] = time.monotonic
) -> Iterator[OnProgress]:
    """A callable for the engine that shows how far the run is; safe from any thread.

    Args:
        mode: 'auto', 'bar', 'log' or 'none', as `--progress` has it.
    """
    if quiet or mode == "none":
        yield lambda progress: None
    elif mode == "bar" or (mode == "auto" and not is_plain(sys.stderr)):
        bar = _Bar(clock)
        try:
            yield bar
        finally:
            bar.stop()
    else:
        yield _Lines(clock)


def progress_line(progress: Progress, *, seconds: float) -> str:
    """One line of a log: rows, speed, share, time left, healed and rejected."""
    speed = progress.position / seconds if seconds > 0 else 0.0
    parts = [
        f"{clean(progress.source)}: {counted(progress.rows.read, 'row')}",
        f"{speed / _MEGABYTE:.1f} MB/s",
    ]
    if progress.size:
        parts.append(f"{min(progress.position / progress.size, 1):.0%}")
        if speed:
            parts.append(f"{max(progress.size - progress.position, 0) / speed:.0f} s left")
    parts += [f"{progress.rows.healed:,} healed", f"{progress.rows.rejected:,} rejected"]
    return " · ".join(parts)


class _Lines:
    """A line at most every `_LINE_EVERY_S`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._source: str | None = None
        self._began = self._last = clock()

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        with self._lock:
            if progress.source != self._source:
                self._source, self._began = progress.source, now
            if now - self._last < _LINE_EVERY_S:
                return
            self._last = now
            seconds = now - self._began
        note(progress_line(progress, seconds=seconds))


class _Bar:
    """One rich bar for the source at hand."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._lock = Lock()
        self._bars: Bars | None = None
        self._task: TaskID | None = None
        self._source: str | None = None
        self._position = 0

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            if self._bars is None and self._clock() - self._began < _BAR_AFTER_S:
                return
            bars = self._bars = self._bars or _make_bars()
            if self._task is None or progress.source != self._source:
                if self._task is not None:
                    bars.remove_task(self._task)
                self._source, self._position = progress.source, 0
                self._task = bars.add_task(clean(progress.source), total=progress.size, rows="", tail="")
            rows = progress.rows
            tail = f"{rows.healed:,} healed  {rows.rejected:,} rejected"
            # Batches end out of order: a bar that goes back says nothing.
            self._position = max(self._position, progress.position)
            bars.update(self._task, completed=self._position, rows=counted(rows.read, "row"), tail=tail)

    def stop(self) -> None:
        """Take the bar away; the report stands in its place."""
        with self._lock:
            if self._bars is not None:
                self._bars.stop()


def _make_bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rows]}", markup=False),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[tail]}", markup=False, style="dim"),
        console=Console(stderr=True),
        transient=True,
    )
    bars.start()
    return bars
