"""`heal replay-fallback --watch`: rounds of replay for as long as nobody asks it to stop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from threading import Thread
from typing import Final

from psycopg.conninfo import make_conninfo

from heal_cli.engine.replay import ReplayOptions, ReplayReport, run_replay, waiting_now
from heal_cli.errors import DatabaseUnavailable, HealError, ReplayIsRunning
from heal_cli.write import connect

LOOK_EVERY_S: Final = 1.0
"""Between two looks at a server that is away, and at the folder: one login a second burdens nobody."""

LOOK_S: Final = 2
"""How long one look waits: a proxy that takes the connection while its server is away never answers that one."""

_PATIENT_EVERY: Final = 20
"""With each so many looks a login begins that is as patient as any other: some take longer than `LOOK_S`."""

FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 60.0
"""Between two rounds that bring nothing home though the server is there; what comes to wait meanwhile ends it."""

_TICK_S: Final = 0.2


class Watch:
    """Brings home whatever comes to wait, within 5 s after its server is back.

    Args:
        begin: The options with a connection string; called before each look.
        tell: Gets the report of each round that has news: something came home or was set aside, or the server
            has gone away.
    """

    def __init__(
        self,
        options: ReplayOptions,
        *,
        begin: Callable[[], ReplayOptions],
        tell: Callable[[ReplayReport], None],
        should_stop: Callable[[], int],
    ) -> None:
        self._options, self._begin, self._tell, self._should_stop = options, begin, tell, should_stop
        self._looks = 0
        """That came to nothing since the server went away."""
        self._login: _Login | None = None
        self._told: list[str] = []
        self._left: object = None
        self._not_before = 0.0
        self._pause_s = 0.0

    def run(self) -> None:
        """Return when asked to stop.

        Raises:
            HealError: What no waiting mends: login refused, or no right to schema `heal`.
        """
        while not self._should_stop():
            self._turn()
            sleep(LOOK_EVERY_S * random.uniform(0.7, 1.0), self._should_stop)  # noqa: S311 -- keeps no secret

    def _turn(self) -> None:
        waiting = waiting_now(self._options)
        if not waiting or (waiting == self._left and time.monotonic() < self._not_before):
            return
        try:
            options = self._begin()
            self._look(options.conninfo)
            report = run_replay(options, should_stop=self._should_stop)
        except ReplayIsRunning:
            return
        except DatabaseUnavailable as error:
            report = ReplayReport(notes=[str(error)], exit_code=error.exit_code)
        self._note(report)

    def _look(self, conninfo: str) -> None:
        """Return if somebody answers, now or to a login that began at an earlier look.

        Raises:
            DatabaseUnavailable: Nobody does.
        """
        login, self._login = self._login, None
        if login and login.is_alive():
            self._login = login
        elif login and login.was_let_in():
            return
        elif (self._looks + 1) % _PATIENT_EVERY == 0:
            self._login = _Login(conninfo)
            self._login.start()
        connect(make_conninfo(conninfo, connect_timeout=LOOK_S)).close()

    def _note(self, report: ReplayReport) -> None:
        is_away = report.exit_code == DatabaseUnavailable.exit_code
        is_news = not self._looks if is_away else bool(report.aside) or report.notes != self._told
        if report.brought_home or is_news:
            self._tell(report)
        self._told = report.notes
        self._looks = self._looks + 1 if is_away else 0
        if is_away or report.brought_home:
            self._left, self._pause_s = None, 0.0
            return
        self._left = waiting_now(self._options)
        self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._not_before = time.monotonic() + self._pause_s


class _Login(Thread):
    """A login that is waited for beside the looks: a proxy that hangs must not keep them from its server's return."""

    def __init__(self, conninfo: str) -> None:
        super().__init__(daemon=True)
        self._conninfo = conninfo
        self._error: HealError | None = None

    def run(self) -> None:
        """Log in and out."""
        try:
            connect(self._conninfo).close()
        except HealError as error:
            self._error = error

    def was_let_in(self) -> bool:
        """Somebody answered; asked once it is over.

        Raises:
            HealError: What no waiting mends.
        """
        if self._error and not isinstance(self._error, DatabaseUnavailable):
            raise self._error
        return self._error is None


def sleep(seconds: float, should_stop: Callable[[], int]) -> None:
    """Sleep so long, or until asked to stop."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not should_stop():
        time.sleep(min(left, _TICK_S))
