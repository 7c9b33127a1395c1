"""Sources that failed, or had no records, while others of the same run were loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from heal_cli.errors import BudgetExceeded, HealError, NoRecords, PlanError, SourceError
from heal_cli.match.names import parse
from heal_cli.model import LoadReport, Rows, TableSchema, WriteOptions


class Failures:
    """Errors of single sources, kept until the others are loaded.

    Args:
        may_go_on: There are other sources and they may be loaded without this one.
    """

    def __init__(self, *, may_go_on: bool) -> None:
        self._may_go_on = may_go_on
        self._errors: dict[str, HealError] = {}
        self._empty: dict[str, NoRecords] = {}

    @contextmanager
    def of(self, location: str) -> Iterator[None]:
        """Keep what is wrong with this source; anything else goes on its way."""
        try:
            yield
        except NoRecords as error:
            self._empty[location] = error
        except (SourceError, PlanError) as error:
            if not self._may_go_on:
                raise
            self._errors[location] = error

    @property
    def are_none(self) -> bool:
        """Nothing failed: what was not loaded has no records."""
        return not self._errors

    def settle(self, table: TableSchema | None, *, loaded: int) -> None:
        """Tell sources without records that are meant so from those that cannot be.

        An empty array, and a header or schema with a column of the table, say that there are no records; a file
        that says nothing at all is believed beside others.

        Args:
            table: None where there is none.
            loaded: Sources with records.
        """
        for location, error in self._empty.items():
            if not (loaded if error.columns is None else _is_meant(error.columns, table)):
                self._errors[location] = error
        self._empty = {key: error for key, error in self._empty.items() if key not in self._errors}

    @property
    def first(self) -> HealError:
        """The first error of all; for a run in which every source failed."""
        return next(iter(self._errors.values()))

    @property
    def notes(self) -> list[str]:
        """A sentence or two for each source that failed or is empty."""
        failed = [f"Failed: {_named(location, error)}" for location, error in self._errors.items()]
        return [*failed, *(f"No rows: {_named(location, error)}" for location, error in self._empty.items())]

    def judged(self, report: LoadReport) -> LoadReport:
        """The report with the exit code of the gravest error; one that stopped early keeps its own."""
        codes = {error.exit_code for error in self._errors.values()}
        if not codes or report.resume or report.exit_code == BudgetExceeded.exit_code:
            return report
        return replace(report, exit_code=min(codes, key=(1, 2, 6).index))


def with_rows(damage: SourceError, before: Rows, after: Rows, write: WriteOptions) -> SourceError:
    """The error of a source that breaks off, with what became of the rows above the damage."""
    if write.is_one_transaction:
        said = "nothing was committed"
    else:
        counts = {
            "loaded": after.loaded - before.loaded,
            "duplicates": after.duplicates - before.duplicates,
            "rejected": after.rejected - before.rejected,
            "spooled": after.spooled - before.spooled,
            "loaded by an earlier run": after.already - before.already,
        }
        counts = {what: rows for what, rows in counts.items() if rows or what == "loaded"}
        said = ", ".join(f"{rows:,} {what}" for what, rows in counts.items())
    told = SourceError(f"{damage.message} ({said})", hint=damage.hint)
    told.__cause__ = damage
    return told


def _is_meant(columns: tuple[str, ...], table: TableSchema | None) -> bool:
    known = {parse(column.name).key for column in table.columns} if table else set()
    return table is not None and (not columns or any(parse(name).key in known for name in columns))


def _named(location: str, error: HealError) -> str:
    return str(error) if location in error.message else f"{location}: {error}"
