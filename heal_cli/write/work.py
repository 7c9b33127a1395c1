"""What is left of a batch, and what has come of it so far: the bookkeeping of `batch.Writer`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import polars as pl
import psycopg

from heal_cli.errors import WriteError
from heal_cli.model import REJECTS, ROW, Healed, Rows, Spans, Written, joined, spans_of, within, without
from heal_cli.write.conflict import IS_DUPLICATE
from heal_cli.write.ledger import Standing

FIRST_STEP: Final = 64
"""Rows tried after a bad one; doubled with each success, so that n faults cost O(rows + n)."""


KNOWN: Final = pl.Schema({**REJECTS, "winner": pl.Int64()})
"""Rows that are not to be written, and why: REJECTS and the row of the same batch that won, where that is all."""

_NOTHING_KNOWN: Final = KNOWN.to_frame()


class Segment(NamedTuple):
    """Rows that are settled together: those known to be refused, and all others, which are tried."""

    rows: pl.DataFrame
    known: pl.DataFrame = _NOTHING_KNOWN
    screens: int = 0  # how often its rows were screened

    @property
    def loadable(self) -> pl.DataFrame:
        """The rows to try."""
        if self.known.is_empty():
            return self.rows
        return self.rows.filter(~pl.col(ROW).is_in(self.known[ROW].implode()))

    def only(self, rows: pl.DataFrame) -> Segment:
        """The same for some of its rows."""
        known = self.known
        if known.height:
            known = known.filter(pl.col(ROW).is_in(rows[ROW].implode()))
        return self._replace(rows=rows, known=known)

    def parted(self, row: int) -> tuple[Segment, Segment]:
        """The rows before this one, and the others.

        Who gives way to a later row stays with it: if that one is refused, the key is theirs.
        """
        waiting = self.known.filter((pl.col(ROW) < row) & (pl.col("winner") >= row))[ROW]
        if waiting.is_empty():
            at = self.rows[ROW].search_sorted(row)
            return self.only(self.rows.head(at)), self.only(self.rows.slice(at))
        is_first = (pl.col(ROW) < row) & ~pl.col(ROW).is_in(waiting.implode())
        return self.only(self.rows.filter(is_first)), self.only(self.rows.filter(~is_first))

    def knowing(self, more: pl.DataFrame) -> Segment:
        """The same, with more KNOWN rows; those that had lost to one of them alone are tried again."""
        kept = self.reconsidered(more[ROW]).known
        return self._replace(known=pl.concat([kept, more.match_to_schema(KNOWN, missing_columns="insert")]))

    def reconsidered(self, refused: pl.Series) -> Segment:
        """The same, without the losers to rows that are refused themselves: they are tried."""
        if self.known.is_empty():
            return self
        lost = pl.col("winner").is_in(refused.implode()).fill_null(False)
        return self._replace(known=self.known.filter(~lost))


@dataclass(slots=True)
class Work:
    """One batch on its way. A transaction works on a copy, which counts only once it is committed."""

    pending: deque[Segment]
    early: pl.DataFrame  # REJECTS found before the server saw the rows; accounted for by the next piece
    rows_read: int
    unread: int  # of those, rows that no piece says were read
    left_out: Spans = ()  # rows of the batch that are left to other runs, and are not in `pending`
    pieces: int = 0  # that the batch has, whoever wrote them
    attempt: int = 0
    is_in_sequence: bool = False
    already: int = 0
    loaded: list[pl.Series] = field(default_factory=list)
    rejects: list[pl.DataFrame] = field(default_factory=list)
    duplicates: list[pl.DataFrame] = field(default_factory=list)
    is_done: bool = False
    cap: int | None = None  # most rows of this transaction, after a time limit
    step: int | None = None  # most rows of the next savepoint, after a bad row
    in_transaction: int = 0
    loaded_together: int = 0  # rows that this transaction has loaded so far
    piece_loaded: int = 0
    piece_rejected: int = 0
    piece_duplicates: int = 0

    @classmethod
    def of(cls, healed: Healed, left_out: Spans = ()) -> Work:
        """All of these rows, nothing settled yet.

        Args:
            left_out: Rows of the batch that are not among them, and not settled either.
        """
        pending = deque(Segment(frame) for frame in healed.parts if frame.height)
        rows = sum(segment.rows.height for segment in pending) + healed.rejects.height
        return cls(pending, healed.rejects, rows, rows, left_out)

    def next_attempt(self, number: int, most_rows: int | None = None) -> Work:
        """A copy to try in one transaction, under an attempt number that was never used before.

        Args:
            most_rows: That the transaction may hold.
        """
        return replace(
            self,
            pending=self.pending.copy(),
            loaded=self.loaded.copy(),
            rejects=self.rejects.copy(),
            duplicates=self.duplicates.copy(),
            attempt=number,
            cap=most_rows,
            in_transaction=0,
            loaded_together=0,
        )

    def put_in_sequence(self, order: Callable[[Sequence[pl.DataFrame]], Sequence[pl.DataFrame]]) -> None:
        """Put its parts in the order to write them in, once, before any of them is tried."""
        if not self.is_in_sequence:
            self.pending = deque(map(Segment, order([segment.rows for segment in self.pending])))
            self.is_in_sequence = True

    def half(self, most_rows: int | None, error: psycopg.Error, timeout_s: float) -> int:
        """Half the rows of a transaction of this work that held at most so many.

        Raises:
            WriteError: A lone row already took too long.
        """
        rows = sum(segment.rows.height for segment in self.pending)
        most = min(most_rows or rows, rows)
        if most <= 1:
            row = f"Row {self.pending[0].rows[ROW][0]}" if self.pending else "A row"
            raise WriteError(
                f"{row} alone takes longer than {timeout_s:g} s",
                sqlstate=error.sqlstate,
                hint="Give it more time with --timeout",
            ) from error
        return most // 2

    @property
    def is_full(self) -> bool:
        """This transaction holds as many rows as the time limit allows."""
        return self.cap is not None and self.in_transaction >= self.cap

    @property
    def left(self) -> Spans:
        """Rows of the batch that are not settled yet."""
        rows = [segment.rows[ROW] for segment in self.pending]
        return joined((*(spans_of(pl.concat(rows)) if rows else ()), *self.left_out))

    def skip_settled(self, standing: Standing | None) -> None:
        """Leave out what the ledger says is settled by others since we looked, whatever their plan was."""
        if standing is None or standing.last.piece < self.pieces:
            return
        last = standing.last
        self.pieces = last.piece + 1
        self.unread = max(0, self.rows_read - standing.rows_read)
        left = last.pending or ()
        self.left_out = without(self.left_out, without(self.left_out, left))
        self.early = self.early.filter(within(self.early[ROW], left))
        # What was known of rows may hang on others that are settled by now: it is found out anew.
        # A mask leaves empty chunks, over which pl.format of polars 2.1 panics.
        rest = (segment.rows.filter(within(segment.rows[ROW], left)).rechunk() for segment in self.pending)
        self.pending = deque(Segment(rows) for rows in rest if rows.height)
        waiting = self.early.height + sum(segment.rows.height for segment in self.pending)
        self.already = self.rows_read - waiting - standing.own_settled
        self.is_done = not waiting

    def take(self) -> Segment:
        """The next segment to try."""
        segment = self.pending.popleft()
        tried = segment.loadable[ROW]
        most = min(self.step or tried.len(), self.cap or tried.len())
        if tried.len() > most:
            segment, rest = segment.parted(tried[most])
            self.pending.appendleft(rest)
        return segment

    def put_back(self, segment: Segment) -> None:
        """Try this one next; who lost only to rows that are known to be refused has not lost."""
        self.pending = deque(later.reconsidered(segment.known[ROW]) for later in self.pending)
        self.pending.appendleft(segment)

    def settle(self, segment: Segment) -> None:
        """The server took the loadable rows; the known ones are rejects or duplicates."""
        loaded = segment.loadable[ROW]
        self.loaded.append(loaded)
        self.piece_loaded += loaded.len()
        self.loaded_together += loaded.len()
        if segment.known.height:
            known = segment.known.match_to_schema(REJECTS, extra_columns="ignore").sort(ROW)
            self.duplicates.append(known.filter(IS_DUPLICATE))
            self.rejects.append(known.filter(~IS_DUPLICATE))
            self.piece_duplicates += self.duplicates[-1].height
            self.piece_rejected += self.rejects[-1].height
        if loaded.len():
            self.step = self.step * 2 if self.step else None
        self.in_transaction += segment.rows.height

    def split(self, segment: Segment) -> None:
        """Try the halves instead: nobody knows which row is at fault."""
        tried = segment.loadable[ROW]
        self.pending.extendleft(reversed(segment.parted(tried[tried.len() // 2])))

    def isolate(self, segment: Segment, verdict: pl.DataFrame) -> None:
        """One row is refused: try those before it again, then go on behind it.

        Args:
            verdict: REJECTS of that row.
        """
        before, rest = segment.knowing(verdict).parted(verdict[ROW][0])
        self.put_back(rest)
        if before.rows.height:
            self.put_back(before)
        self.step = max(FIRST_STEP, before.rows.height)

    def close_piece(self) -> Rows:
        """What was settled since the last piece; afterwards it counts as accounted for."""
        if self.early.height:
            self.rejects.append(self.early)
        rows = Rows(
            read=self.unread,
            loaded=self.piece_loaded,
            duplicates=self.piece_duplicates,
            rejected=self.piece_rejected + self.early.height,
        )
        self.early = self.early.clear()
        self.pieces += 1
        self.unread = 0
        self.piece_loaded = self.piece_rejected = self.piece_duplicates = 0
        self.is_done = not self.pending
        return rows

    def fresh_rejects(self, before: Work) -> pl.DataFrame:
        """REJECTS that the transaction since `before` adds, duplicates among them: they are recorded alike."""
        rejects, duplicates = self.rejects[len(before.rejects) :], self.duplicates[len(before.duplicates) :]
        return pl.concat([REJECTS.to_frame(), *rejects, *duplicates])

    def fresh_rows(self, before: Work) -> pl.Series:
        """Row numbers that the transaction since `before` loads."""
        fresh = self.loaded[len(before.loaded) :]
        return pl.concat(fresh) if fresh else pl.Series(ROW, dtype=pl.Int64)

    def written(self) -> Written:
        """The outcome so far, of what is committed."""
        return Written(
            self.fresh_rows(replace(self, loaded=[])),
            pl.concat([REJECTS.to_frame(), *self.rejects]),
            pl.concat([REJECTS.to_frame(), *self.duplicates]),
            self.already,
        )
