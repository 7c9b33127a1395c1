"""`heal replay-fallback --watch`: rounds of replay for as long as nobody asks it to stop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

from psycopg.conninfo import make_conninfo

from heal_cli.engine.replay import ReplayOptions, ReplayReport, run_replay, waiting_now
from heal_cli.errors import DatabaseUnavailable, ReplayIsRunning
from heal_cli.write import connect

LOOK_EVERY_S: Final = 1.0
"""Between two looks at a server that is away, and at the folder: one login a second burdens nobody."""

LOOK_S: Final = 2
"""How long one look waits: a proxy that takes the connection while its server is away never answers that one."""

_PATIENT_EVERY: Final = 20
"""Each so many looks is as patient as any other connection: some logins take longer than `LOOK_S`."""

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
            if (self._looks + 1) % _PATIENT_EVERY:
                connect(make_conninfo(options.conninfo, connect_timeout=LOOK_S)).close()
            report = run_replay(options, should_stop=self._should_stop)
        except ReplayIsRunning:
            return
        except DatabaseUnavailable as error:
            report = ReplayReport(notes=[str(error)], exit_code=error.exit_code)
        self._note(report)

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


def sleep(seconds: float, should_stop: Callable[[], int]) -> None:
    """Sleep so long, or until asked to stop."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not should_stop():
        time.sleep(min(left, _TICK_S))
