"""Where a writer accounts for the rows of a batch: a page of the ledger, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import psycopg

from heal_cli.model import Rows, Spans
from heal_cli.write.ledger import Piece, add_piece, lock_batch
from heal_cli.write.target import BatchRef
from heal_cli.write.work import Work


@dataclass(frozen=True, slots=True)
class Settled:
    """What a savepoint has settled, besides the state of its batch."""

    rows: Rows  # since the last piece
    pending: Spans | None  # rows that are left to later transactions, said by the last piece of one
    ends_with: int | None  # rows of the transaction that it ends; None if more follow
    kept: int = 0  # rows in its restore point
    changed: int = 0  # rows of the table that it updated or deleted


class Page(Protocol):
    """One kind of account. Both methods work in the transaction of the rows."""

    def take(self, cursor: psycopg.Cursor, trial: Work, doubtful: Work | None, ref: BatchRef) -> bool:
        """Keep other runs off the batch, and leave out of `trial` what they have settled.

        Args:
            doubtful: A try whose COMMIT was never answered.

        Returns:
            That try was committed.
        """
        ...

    def add(self, cursor: psycopg.Cursor, trial: Work, ref: BatchRef, settled: Settled) -> None:
        """Account for rows, inside of the savepoint that has them."""
        ...


class NoPage:
    """Where the role may not use schema `heal`: nothing is known of others, nothing is kept."""

    def take(self, cursor: psycopg.Cursor, trial: Work, doubtful: Work | None, ref: BatchRef) -> bool:
        """Nobody can tell."""
        return False

    def add(self, cursor: psycopg.Cursor, trial: Work, ref: BatchRef, settled: Settled) -> None:
        """The run's own memory has to do."""


class BatchPage:
    """`heal.load_batches`: the rows of whole batches, whatever becomes of them."""

    def __init__(self, run: str, mode: str) -> None:
        """`mode`: as recorded."""
        self._run = run
        self._mode = mode

    def take(self, cursor: psycopg.Cursor, trial: Work, doubtful: Work | None, ref: BatchRef) -> bool:
        """By the pieces of the batch that are there."""
        standing = lock_batch(cursor, ref.source, ref.source_name, ref.chunk, self._run)
        if doubtful and standing and doubtful.attempt in standing.own_attempts:
            return True
        trial.skip_settled(standing)
        return False

    def add(self, cursor: psycopg.Cursor, trial: Work, ref: BatchRef, settled: Settled) -> None:
        """A piece of the batch."""
        piece = Piece(
            piece=trial.pieces - 1,
            complete=trial.is_done and not settled.pending,
            pending=settled.pending or None,
            run=self._run,
            attempt=trial.attempt,
            mode=self._mode,
            kept=settled.kept,
            changed=settled.changed,
            ends_with=settled.ends_with,
        )
        add_piece(cursor, ref.source, ref.source_name, ref.chunk, piece, settled.rows)
