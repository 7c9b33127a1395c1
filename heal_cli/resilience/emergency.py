"""The emergency log: events that the database could not take, one JSON object a line, until it can."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from heal_cli.durable import DurableFile, drop_lines, is_at
from heal_cli.resilience.manifest import TargetId
from heal_cli.resilience.places import fallback_dir

ROTATE_BYTES: Final = 16 * 2**20
"""Size at which the log is closed and a new one begun, so that replay works on files of bounded size."""

MOST_BYTES: Final = 256 * 2**20
"""Size of all logs together past which only what must not be lost is still written."""

OPTIONAL: Final = frozenset({"metric", "trial"})
"""Kinds that can be had again or done without."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that belongs into the database of `target` and could not be put there."""

    kind: str  # 'run', 'source', 'error', 'audit', 'trial', 'metric'
    run: str
    target: TargetId
    details: Mapping[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def emergency_path(state_dir: str, given: str | None) -> Path:
    """Where the log is: in the state folder unless `--emergency-log` names another place."""
    return Path(given) if given else fallback_dir(state_dir) / "emergency.jsonl"


class EmergencyLog:
    """Appends events, each durable when `write` returns, beside any number of other writers.

    Args:
        path: Made with its folder at the first event, mode 0600; reached through no link.
    """

    def __init__(self, path: Path, *, rotate_bytes: int = ROTATE_BYTES, most_bytes: int = MOST_BYTES) -> None:
        self._file = DurableFile(path, "events", is_probed=False)
        self._rotate_bytes = rotate_bytes
        self._most_bytes = most_bytes
        self.dropped: dict[str, int] = {}
        """Kind -> events not taken since the log was full; to be told to the user."""

    @property
    def path(self) -> Path:
        """Absolute path of the log."""
        return self._file.path

    def write(self, event: Event) -> bool:
        """Put an event on disk; False for one of an optional kind when the log is full.

        Raises:
            RecordError: It is not on disk.
        """
        if event.kind in OPTIONAL and self.size >= self._most_bytes:
            self.dropped[event.kind] = self.dropped.get(event.kind, 0) + 1
            return False
        self._file.append(msgspec.json.encode(event) + b"\n")
        if _size(self.path) >= self._rotate_bytes:
            self.rotate()
        return True

    def rotate(self) -> None:
        """Close the log under another name; the next event begins a new one."""
        with suppress(FileNotFoundError):
            file = os.open(self.path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                # The lock of appending: nobody is in the middle of a line.
                fcntl.flock(file, fcntl.LOCK_EX)
                if is_at(file, self.path) and os.fstat(file).st_size:
                    now = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
                    self.path.rename(self.path.with_name(f"{self.path.stem}.{now}{self.path.suffix}"))
            finally:
                os.close(file)

    def files(self) -> list[Path]:
        """All logs, oldest first; the one that is written to is last."""
        rotated = sorted(self.path.parent.glob(f"{self.path.stem}.*{self.path.suffix}"))
        return [*rotated, *([self.path] if self.path.exists() else [])]

    @property
    def size(self) -> int:
        """Bytes of all logs."""
        return sum(map(_size, self.files()))

    def events(self) -> Iterator[Event]:
        """Every whole event, oldest first; a line that a crash tore is left out."""
        for path in self.files():
            yield from read_events(path)

    def drop(self, path: Path, ids: set[str]) -> int:
        """Take events that the server has out of one of `files`; a log without events goes away.

        Returns:
            How many lines were taken out.
        """
        decoder = msgspec.json.Decoder(_Id)

        def is_restored(line: bytes) -> bool:
            with suppress(msgspec.MsgspecError):
                return decoder.decode(line).id in ids
            return False

        dropped = drop_lines(path, is_restored)
        if path != self.path and not _size(path):
            path.unlink(missing_ok=True)
        return dropped

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class _Id(msgspec.Struct):
    id: str


def read_events(path: Path) -> Iterator[Event]:
    """Every whole event of one log."""
    decoder = msgspec.json.Decoder(Event)
    with suppress(FileNotFoundError), path.open("rb") as lines:
        for line in lines:
            with suppress(msgspec.MsgspecError):
                yield decoder.decode(line)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0
