"""What is left of a batch, and what has come of it so far: the bookkeeping of `batch.Writer`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import polars as pl
import psycopg

from heal_cli.errors import WriteError
from heal_cli.model import REJECTS, ROW, Chunk, Healed, Rows, Written
from heal_cli.write.ledger import Piece

FIRST_STEP: Final = 64
"""Rows tried after a bad one; doubled with each success, so that n faults cost O(rows + n)."""


class Segment(NamedTuple):
    """Rows that are tried together, or one row whose refusal is known."""

    part: int
    rows: pl.DataFrame
    verdict: pl.DataFrame | None = None  # REJECTS


@dataclass(slots=True)
class Work:
    """One batch on its way. A transaction works on a copy, which counts only once it is committed.

    Segments are settled strictly in order, so that a part and a row number say how far the batch is.
    """

    pending: deque[Segment]
    early: pl.DataFrame  # REJECTS found before the server saw the rows; accounted for by piece 0
    rows_read: int
    position: tuple[int, int] = (0, 0)  # part and row number up to which all is settled
    pieces: int = 0  # that the batch has, whoever wrote them
    attempt: int = 0
    already: int = 0
    loaded: list[pl.Series] = field(default_factory=list)
    rejects: list[pl.DataFrame] = field(default_factory=list)
    is_done: bool = False
    cap: int | None = None  # most rows of one transaction, after a time limit
    step: int | None = None  # most rows of the next savepoint, after a bad row
    in_transaction: int = 0
    piece_loaded: int = 0
    piece_rejected: int = 0

    @classmethod
    def of(cls, healed: Healed, chunk: Chunk) -> Work:
        """The whole batch, nothing settled yet."""
        pending = deque(Segment(part, frame) for part, frame in enumerate(healed.parts) if frame.height)
        return cls(pending, healed.rejects, chunk.rows)

    def next_attempt(self, number: int) -> Work:
        """A copy to try in one transaction, under an attempt number that was never used before."""
        return replace(
            self,
            pending=self.pending.copy(),
            loaded=self.loaded.copy(),
            rejects=self.rejects.copy(),
            attempt=number,
            in_transaction=0,
        )

    def halved(self, error: psycopg.Error, timeout_s: float) -> Work:
        """The same work in transactions of half the size.

        Raises:
            WriteError: A lone row already took too long.
        """
        most = self.cap or sum(segment.rows.height for segment in self.pending)
        if most <= 1:
            row = self.pending[0].rows[ROW][0] if self.pending else self.position[1]
            raise WriteError(
                f"Row {row} alone takes longer than {timeout_s:g} s",
                sqlstate=error.sqlstate,
                hint="Give it more time with --timeout",
            ) from error
        return replace(self, cap=most // 2)

    @property
    def is_full(self) -> bool:
        """This transaction holds as many rows as the time limit allows."""
        return self.cap is not None and self.in_transaction >= self.cap

    @property
    def needs_piece(self) -> bool:
        """Something is settled that no piece accounts for yet."""
        return not self.is_done and (self.piece_rejected > 0 or self.pieces == 0 or not self.pending)

    def skip_settled(self, last: Piece | None) -> None:
        """Leave out what the ledger says is settled by others since we looked."""
        if last is None or last.piece < self.pieces:
            return
        self.pieces = last.piece + 1
        self.position = (last.part, last.through_row)
        self.already = last.settled_by_others
        self.is_done = last.complete
        self.pending = deque(
            segment._replace(rows=rest) for segment in self.pending if (rest := _behind(segment, last)).height
        )

    def take(self) -> Segment:
        """The next segment to try."""
        segment = self.pending.popleft()
        height = segment.rows.height
        most = min(self.step or height, self.cap or height)
        if height > most:
            self.pending.appendleft(segment._replace(rows=segment.rows.slice(most)))
            return segment._replace(rows=segment.rows.head(most))
        return segment

    def settle(self, segment: Segment) -> None:
        """The server took these rows, or the row is rejected."""
        height = segment.rows.height
        if segment.verdict is None:
            self.loaded.append(segment.rows[ROW])
            self.piece_loaded += height
            self.step = self.step * 2 if self.step else None
        else:
            self.rejects.append(segment.verdict)
            self.piece_rejected += height
        self.in_transaction += height
        self.position = (segment.part, segment.rows[ROW][-1])

    def split(self, segment: Segment) -> None:
        """Try the halves instead: nobody knows which row is at fault."""
        middle = segment.rows.height // 2
        self.pending.appendleft(segment._replace(rows=segment.rows.slice(middle)))
        self.pending.appendleft(segment._replace(rows=segment.rows.head(middle)))

    def isolate(self, segment: Segment, at: int, verdict: pl.DataFrame) -> None:
        """The row at `at` is refused: try those before it again, settle it, then go on behind it."""
        rows = segment.rows
        around = (
            segment._replace(rows=rows.head(at)),
            segment._replace(rows=rows.slice(at, 1), verdict=verdict),
            segment._replace(rows=rows.slice(at + 1)),
        )
        self.pending.extendleft(reversed([part for part in around if part.rows.height]))
        self.step = max(FIRST_STEP, at)

    def close_piece(self) -> Rows:
        """What was settled since the last piece; afterwards it counts as accounted for."""
        first = self.pieces == 0
        if first:
            self.rejects.insert(0, self.early)
        rows = Rows(
            read=self.rows_read if first else 0,
            loaded=self.piece_loaded,
            rejected=self.piece_rejected + (self.early.height if first else 0),
        )
        self.pieces += 1
        self.piece_loaded = self.piece_rejected = 0
        self.is_done = not self.pending
        return rows

    def fresh_rejects(self, before: Work) -> pl.DataFrame:
        """REJECTS that the transaction since `before` adds."""
        return pl.concat([REJECTS.to_frame(), *self.rejects[len(before.rejects) :]])

    def fresh_rows(self, before: Work) -> pl.Series:
        """Row numbers that the transaction since `before` loads."""
        fresh = self.loaded[len(before.loaded) :]
        return pl.concat(fresh) if fresh else pl.Series(ROW, dtype=pl.Int64)

    def written(self) -> Written:
        """The outcome so far, of what is committed."""
        return Written(
            self.fresh_rows(replace(self, loaded=[])),
            pl.concat([REJECTS.to_frame(), *self.rejects]),
            REJECTS.to_frame(),
            self.already,
        )


def _behind(segment: Segment, last: Piece) -> pl.DataFrame:
    """The rows of the segment that come after the ledger's last piece."""
    if segment.part != last.part:
        return segment.rows if segment.part > last.part else segment.rows.clear()
    return segment.rows.filter(pl.col(ROW) > last.through_row)
