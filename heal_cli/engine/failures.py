"""Sources that failed while others of the same run were loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from heal_cli.errors import HealError, PlanError, SourceError
from heal_cli.model import LoadReport


class Failures:
    """Errors of single sources, kept until the others are loaded.

    Args:
        may_go_on: There are other sources and they may be loaded without this one.
    """

    def __init__(self, *, may_go_on: bool) -> None:
        self._may_go_on = may_go_on
        self._errors: dict[str, HealError] = {}

    @contextmanager
    def of(self, location: str) -> Iterator[None]:
        """Keep what is wrong with this source; anything else goes on its way."""
        try:
            yield
        except (SourceError, PlanError) as error:
            if not self._may_go_on:
                raise
            self._errors[location] = error

    @property
    def first(self) -> HealError:
        """The first error of all; for a run in which every source failed."""
        return next(iter(self._errors.values()))

    @property
    def notes(self) -> list[str]:
        """A sentence or two for each source that failed."""
        return [f"Failed: {_named(location, error)}" for location, error in self._errors.items()]

    def judged(self, report: LoadReport) -> LoadReport:
        """The report with the exit code of the gravest error; one that stopped early keeps its own."""
        codes = {error.exit_code for error in self._errors.values()}
        if not codes or report.resume:
            return report
        return replace(report, exit_code=min(codes, key=(1, 2, 6).index))


def _named(location: str, error: HealError) -> str:
    return str(error) if location in error.message else f"{location}: {error}"
