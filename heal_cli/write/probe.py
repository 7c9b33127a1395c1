"""Suspect rows tried one by one where triggers may mend them: there the server's refusal decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl
import psycopg

from heal_cli.model import REJECTS, ROW
from heal_cli.write.sqlstate import Fault

SUSPECTS_AT_ONCE: Final = 64
"""Rows of one try; each refused one costs a try of those behind it."""

MOST_SUSPECTS: Final = 2_000
"""More are left to the batch itself: a probe is a round trip, and the transaction has a time limit."""

Load = Callable[[pl.DataFrame], int]
Verdict = Callable[[psycopg.Error | None, pl.DataFrame], tuple[int, pl.DataFrame] | None]
"""(error, the rows tried) -> (place of the refused row, its REJECTS), or None where nobody knows which it is."""


def refused_suspects(
    connection: psycopg.Connection,
    rows: pl.DataFrame,
    suspects: pl.DataFrame,
    *,
    load: Load,
    verdict: Verdict,
    fault_of: Callable[[psycopg.Error], Fault],
) -> pl.DataFrame:
    """REJECTS of those suspects that the server refuses beside the other rows; all of it is rolled back.

    Args:
        rows: All rows of the segment.
        suspects: ROW of those that a constraint seems to refuse.
    """
    doubtful = rows.join(suspects.select(ROW), on=ROW, how="semi", maintain_order="left").head(MOST_SUSPECTS)
    others = rows.join(suspects.select(ROW), on=ROW, how="anti", maintain_order="left")
    refused = [REJECTS.to_frame()]
    with connection.transaction(force_rollback=True):
        if others.height and not isinstance(_attempt(connection, others, load, fault_of), int):
            return refused[0]
        left = [*doubtful.iter_slices(SUSPECTS_AT_ONCE)][::-1]
        while left:
            tried = left.pop()
            outcome = _attempt(connection, tried, load, fault_of)
            if outcome == tried.height:
                continue
            known = verdict(outcome if isinstance(outcome, psycopg.Error) else None, tried)
            if known is None:
                middle = tried.height // 2
                left += [tried.slice(middle), tried.head(middle)]
                continue
            at, reject = known
            refused.append(reject)
            left += [part for part in (tried.slice(at + 1), tried.head(at)) if part.height]
    return pl.concat(refused)


class _Swallowed(Exception):
    """The server kept fewer rows than it was given."""


def _attempt(
    connection: psycopg.Connection, rows: pl.DataFrame, load: Load, fault_of: Callable[[psycopg.Error], Fault]
) -> int | psycopg.Error:
    """Rows taken, which stay; or the error, or too few of them, and none stays."""
    taken = 0
    try:
        with connection.transaction():
            taken = load(rows)
            if taken != rows.height:
                raise _Swallowed
    except _Swallowed:
        return taken
    except psycopg.Error as error:
        if connection.broken or fault_of(error) is not Fault.ROW:
            raise
        return error
    return taken
