"""What a server or driver error means: one table over SQLSTATE classes (design 9).

Source: PostgreSQL manual, appendix A; libpq reports no SQLSTATE when the connection itself failed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import psycopg

from heal_cli.errors import (
    ConnectionRefused,
    DatabaseUnavailable,
    HealError,
    SchemaChanged,
    WriteError,
)


class Fault(StrEnum):
    """Who is to blame, and so what to do."""

    ROW = "row"  # the value or row: isolate it, reject it
    RETRY = "retry"  # another transaction: try again
    LIMIT = "limit"  # our own time limit: halve the batch
    WORLD = "world"  # no server, no disk, read-only: wait, never a reject
    CONFIGURATION = "configuration"  # login, database name
    PLAN = "plan"  # the table is not what we planned for


# Longest prefix wins, so single codes stand beside their class.
_FAULTS: Final[dict[str, Fault]] = {
    "22": Fault.ROW,
    "23": Fault.ROW,
    "44": Fault.ROW,
    "P0001": Fault.ROW,  # RAISE in a trigger
    # What code makes of a row: none or several found where it wants one; no branch for it; ASSERT; other languages.
    # One key twice in an INSERT ... ON CONFLICT is among them, too: smaller ones tell the rows apart.
    **dict.fromkeys(("P0002", "P0003", "P0004", "20", "21", "38"), Fault.ROW),
    "54000": Fault.ROW,  # e.g. an index row too large
    "40": Fault.RETRY,
    "55P03": Fault.RETRY,  # lock_timeout
    "57014": Fault.LIMIT,  # statement_timeout
    "25P03": Fault.LIMIT,
    "25P04": Fault.LIMIT,  # transaction_timeout
    "08": Fault.WORLD,
    "25006": Fault.WORLD,  # read-only: a standby after failover
    "53": Fault.WORLD,
    "57P": Fault.WORLD,
    "58": Fault.WORLD,
    "28": Fault.CONFIGURATION,
    "3D": Fault.CONFIGURATION,
    "42": Fault.PLAN,
}

_RAISED: Final = frozenset({"exec_stmt_raise", "exec_stmt_assert"})
"""Functions of the server that PL/pgSQL raises with, whatever SQLSTATE its code asks for."""

_HINTS: Final[dict[str, str]] = {
    # Of a table heal knows such columns; a view tells nothing of those behind it.
    "55P03": "Another transaction holds it: end that one, or wait longer with --lock-timeout",
    "57014": "Give it more time with --timeout, or see what it waits for in pg_stat_activity",
    "25P04": "Give it more time with --timeout, or see what it waits for in pg_stat_activity",
    "42501": "Ask the owner for it; --mode and --on-conflict need SELECT beside INSERT, UPDATE or DELETE",
    "22P05": "Names of files and tables have to fit the database's encoding, which is not UTF-8: rename it",
    "428C9": "Load into the table behind the view: there heal leaves such columns to the server, and"
    " --override-identity gives an identity column the source's values",
}
"""SQLSTATE -> what to do, where the message alone leaves one at a loss."""

UNIQUE_VIOLATION: Final = "23505"
FOREIGN_KEY_VIOLATION: Final = "23503"

REASONS: Final[dict[str, str]] = {
    "23001": "foreign_key_violation",  # of RESTRICT, from PostgreSQL 18 on
    "23502": "not_null_violation",
    FOREIGN_KEY_VIOLATION: "foreign_key_violation",
    UNIQUE_VIOLATION: "unique_violation",
    "23514": "check_violation",
    "23P01": "exclusion_violation",
    "22001": "too_long",
    "22003": "out_of_range",
    "22021": "character_not_in_repertoire",
    "22P05": "untranslatable_character",
    "44000": "with_check_option_violation",
    "42501": "row_security_violation",
    "P0001": "raised_by_trigger",
}
"""SQLSTATE -> stable reason code; any other row fault is 'refused_by_server'."""


def fault_of(error: psycopg.Error, *, may_insert: bool = True) -> Fault:
    """Who is to blame for a server or driver error.

    Args:
        may_insert: The role holds INSERT on the table; then 42501 is a policy's verdict on a row.
    """
    code = error.sqlstate
    if code is None:
        return Fault.WORLD if isinstance(error, psycopg.OperationalError) else Fault.PLAN
    if code == "42501" and may_insert:
        return Fault.ROW
    fault = fault_of_code(code)
    return Fault.ROW if fault is Fault.PLAN and _is_raised(error) else fault


def fault_of_code(code: str) -> Fault:
    """What the table says of a SQLSTATE alone."""
    return next((_FAULTS[code[:length]] for length in (5, 3, 2) if code[:length] in _FAULTS), Fault.PLAN)


def reason_of(error: psycopg.Error) -> str:
    """The reject's stable reason code."""
    other = "raised_by_trigger" if _is_raised(error) else "refused_by_server"
    return REASONS.get(error.sqlstate or "", other)


def _is_raised(error: psycopg.Error) -> bool:
    """A function of the database says no, under a SQLSTATE of its choice."""
    return error.diag.source_function in _RAISED


def describe(error: psycopg.Error) -> str:
    """The server's message on one line, with its detail, without context."""
    message = error.diag.message_primary or str(error).strip().split("\n")[0]
    detail = error.diag.message_detail
    return f"{message} ({detail})" if detail else message


def to_heal_error(error: psycopg.Error, doing: str, *, hint: str | None = None) -> HealError:
    """The same error in the words of `heal`; raise it `from error`.

    Args:
        doing: What was being done, as a clause: 'writing rows 1 to 500 of a.csv'.
    """
    fault = fault_of(error, may_insert=False)
    message = f"{describe(error)} while {doing}"
    if fault is Fault.WORLD:
        return DatabaseUnavailable(message, hint=hint or "Run the same command again when the server is back")
    if fault is Fault.CONFIGURATION:
        return ConnectionRefused(message, hint=hint or "Check it with: heal doctor")
    if (
        error.sqlstate == "42P01" and not error.diag.context
    ):  # otherwise a function misses it, whatever the table is
        return SchemaChanged(message, sqlstate=error.sqlstate, hint=hint)
    return WriteError(message, sqlstate=error.sqlstate, hint=hint or _HINTS.get(error.sqlstate or ""))
