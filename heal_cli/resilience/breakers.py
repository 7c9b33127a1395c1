"""Circuit breakers whose state all heal processes of one machine share through a small file."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import pybreaker

from heal_cli.errors import CircuitOpen
from heal_cli.resilience.places import fallback_dir, make_folder

FAIL_MAX: Final = 1
"""Failures in a row that open a breaker: each one has used up a whole retry budget already."""

RESET_S: Final = 5.0
"""How long an open breaker lets nobody through before one may look again."""

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class BreakerState:
    """What the file holds."""

    name: str
    state: str = pybreaker.STATE_CLOSED  # 'closed', 'open', 'half-open'
    failures: int = 0
    successes: int = 0
    opened_at: datetime | None = None


class _FileStorage(pybreaker.CircuitBreakerStorage):
    """A breaker's state in a file, read at each call: another process may have changed it."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__("file")
        self._label = name
        self._path = path

    def read(self) -> BreakerState:
        """The state now; a missing or torn file is a closed breaker."""
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(self._path.read_bytes(), type=BreakerState)
        return BreakerState(self._label)

    def _change(self, change: Callable[[BreakerState], BreakerState]) -> None:
        file = os.open(self._path, _FLAGS, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            before = self.read()
            after = change(before)
            if after != before or not os.fstat(file).st_size:
                data = msgspec.json.encode(asdict(after))
                os.pwrite(file, data, 0)
                os.ftruncate(file, len(data))
        finally:
            os.close(file)

    @property
    def state(self) -> str:
        return self.read().state

    @state.setter
    def state(self, state: str) -> None:
        self._change(lambda kept: replace(kept, state=state))

    def increment_counter(self) -> None:
        self._change(lambda kept: replace(kept, failures=kept.failures + 1))

    def reset_counter(self) -> None:
        if self.read().failures:
            self._change(lambda kept: replace(kept, failures=0))

    def increment_success_counter(self) -> None:
        self._change(lambda kept: replace(kept, successes=kept.successes + 1))

    def reset_success_counter(self) -> None:
        self._change(lambda kept: replace(kept, successes=0))

    @property
    def counter(self) -> int:
        return self.read().failures

    @property
    def success_counter(self) -> int:
        return self.read().successes

    @property
    def opened_at(self) -> datetime | None:
        opened = self.read().opened_at
        # A clock that was set back must not keep the breaker open until it has come so far again.
        return None if opened is None or opened > datetime.now(UTC) else opened

    @opened_at.setter
    def opened_at(self, moment: datetime) -> None:
        self._change(lambda kept: replace(kept, opened_at=moment))


class Breaker:
    """Keeps callers away from what has just failed, and lets one at a time look whether it is back.

    Args:
        name: What it guards, for people: 'database'.
        key: Which one of its kind; only a hash of it is kept.
        is_fault: Says which errors are the guarded thing's own; others never open the breaker.
    """

    def __init__(
        self,
        name: str,
        key: str,
        state_dir: str,
        *,
        is_fault: Callable[[BaseException], bool],
        reset_s: float = RESET_S,
    ) -> None:
        folder = make_folder(fallback_dir(state_dir) / "breakers")
        digest = hashlib.sha256(key.encode()).hexdigest()[:12]
        self.name = name
        self._probe_path = folder / f"{name}-{digest}.probe"
        self._storage = _FileStorage(name, folder / f"{name}-{digest}.json")
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=FAIL_MAX,
            reset_timeout=reset_s,
            exclude=[lambda error: not is_fault(error)],
            state_storage=self._storage,
            name=name,
            throw_new_error_on_trip=False,
        )

    @property
    def is_closed(self) -> bool:
        """Calls go through."""
        return self._breaker.current_state == pybreaker.STATE_CLOSED

    def close(self) -> None:
        """Somebody has just seen that it works."""
        if not self.is_closed:
            self._storage.reset_counter()
            self._breaker.close()

    def open(self) -> None:
        """Somebody has just seen that it fails."""
        self._breaker.open()

    @contextmanager
    def calling(self) -> Iterator[bool]:
        """One guarded call; True when it is the one that looks whether the failure is over.

        `breaker.call()` would hold a lock for the whole call and make all threads wait for each other.

        Raises:
            CircuitOpen: It failed a moment ago, or another thread or process is looking right now.
        """
        with ExitStack() as stack:
            is_probe = not self.is_closed
            if is_probe:
                stack.enter_context(self._only_probe())
            try:
                stack.enter_context(self._breaker.calling())
            except pybreaker.CircuitBreakerError as error:
                raise self._is_open() from error
            yield is_probe

    @contextmanager
    def _only_probe(self) -> Iterator[None]:
        file = os.open(self._probe_path, _FLAGS, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._is_open() from None
            yield
        finally:
            os.close(file)

    def _is_open(self) -> CircuitOpen:
        return CircuitOpen(f"The {self.name} failed a moment ago and was not asked again")


def breaker_states(state_dir: str) -> list[BreakerState]:
    """Every breaker of this machine and its state."""
    files = sorted((fallback_dir(state_dir) / "breakers").glob("*.json"))
    return [_FileStorage(path.stem.rpartition("-")[0], path).read() for path in files]
