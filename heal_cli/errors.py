"""The error tree.

    HealError                 exit 1
    ├── UsageError            exit 2   flags, settings, files that cannot be what was asked
    │   └── ConnectionRefused exit 2   login, database name, TLS: what the user has to mend
    ├── SourceError           exit 1   a source that cannot be read
    │   └── NoRecords         exit 1   one that is empty; exit 0 where it says so itself and is meant so
    ├── SchemaError           exit 1   a target table that cannot be used
    │   └── MissingTable      exit 1   there is none of that name
    ├── PlanError             exit 6   the plan does not cover the table
    ├── WriteError            exit 1   the server refused something that is no row's fault
    │   └── SchemaChanged     exit 1   the table is not the one that was planned for
    ├── DatabaseUnavailable   exit 5   the world: no server, no disk, read-only
    │   └── CircuitOpen       exit 5   it failed a moment ago and was not asked again
    ├── BudgetExceeded        exit 4   more rejects than `--max-rejects` allows, or changes than `--max-change`
    ├── RecordError           exit 1   rejects or reports that cannot be made durable
    │   └── SpoolError        exit 1   spooled files that are damaged, or cannot be written
    ├── ReplayIsRunning       exit 75  another replay holds the lock
    ├── ConservationError     exit 1   read != loaded + duplicates + rejected + spooled
    └── Interrupted           exit 130 or 143

A bad row is data and never an exception: see `model.REJECTS`.
"""

from __future__ import annotations


class HealError(Exception):
    """What went wrong, where, with which value, and the next command to type.

    Args:
        message: One sentence, capital first, no full stop, values by `!r`.
        hint: The next command or flag to try, as a sentence of its own.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        if not self.hint:
            return self.message
        end = "" if self.message.endswith((".", "?")) else "."
        return f"{self.message}{end} {self.hint}"


class UsageError(HealError):
    """A flag, a setting or an argument that cannot be what was meant."""

    exit_code = 2


class ConnectionRefused(UsageError):
    """The server is there and says no: login, database, TLS (SQLSTATE 28, 3D)."""


class SourceError(HealError):
    """A source that is missing, unreadable, empty or of no known format."""


class NoRecords(SourceError):
    """A source without a single record.

    Args:
        columns: What names its columns all the same, a header or a schema; empty for an empty array, None for a
            source that says nothing at all.
        format: Of the source, where it has columns.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        columns: tuple[str, ...] | None = None,
        format: str = "csv",
    ) -> None:
        super().__init__(message, hint=hint)
        self.columns = columns
        self.format = format


class SchemaError(HealError):
    """A target table that is missing or can take no rows from this role."""


class MissingTable(SchemaError):
    """There is no table of that name; the nearest ones are said."""


class PlanError(HealError):
    """The plan does not cover the table; nothing was written."""

    exit_code = 6


class WriteError(HealError):
    """The server refused a statement for a reason that no single row explains."""

    def __init__(self, message: str, *, sqlstate: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.sqlstate = sqlstate


class SchemaChanged(WriteError):
    """The table's schema version differs from the one the plan was made for.

    `written` is what of the batch at hand was committed before (`model.Written`), None if unknown.
    """

    written: object = None


class DatabaseUnavailable(HealError):
    """The database cannot be reached or cannot take writes (SQLSTATE 08, 25006, 53, 57P0x, 58).

    `written` is what of the batch at hand was committed before (`model.Written`), None if unknown.
    """

    exit_code = 5
    written: object = None


class CircuitOpen(DatabaseUnavailable):
    """A circuit breaker kept the call from what has just failed."""


class BudgetExceeded(HealError):
    """More rejects or changes than the budget allows; what was committed stays."""

    exit_code = 4


class RecordError(HealError):
    """Rejects or leftovers could not be made durable, so their batch was not committed."""


class SpoolError(RecordError):
    """A spooled batch that is damaged, or that could not be put on disk."""


class ReplayIsRunning(HealError):
    """Another process is bringing spooled batches home (EX_TEMPFAIL: cron may try later)."""

    exit_code = 75


class ConservationError(HealError):
    """The rows read and the rows accounted for differ: a defect, never a note."""


class Interrupted(HealError):
    """A signal ended the run after the batches in flight.

    Args:
        signal_number: 2 (SIGINT) or 15 (SIGTERM); the exit code is 128 more.
    """

    def __init__(self, message: str, *, signal_number: int = 2, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = 128 + signal_number
