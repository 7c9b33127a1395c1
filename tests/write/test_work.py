"""What is left of a batch."""

from __future__ import annotations

import polars as pl

from heal_cli.model import REJECTS, ROW, Healed
from heal_cli.write.ledger import Piece, Standing
from heal_cli.write.work import KNOWN, Segment, Work


def known(row: int, winner: int) -> pl.DataFrame:
    """A row that lost to another of its batch, and to nothing else."""
    return pl.DataFrame({ROW: [row], "reason": ["unique_violation"], "winner": [winner]}).match_to_schema(
        KNOWN, missing_columns="insert"
    )


def work(*parts: list[int], early: tuple[int, ...] = ()) -> Work:
    """A batch of these rows."""
    frames = tuple(pl.DataFrame({ROW: rows}, schema={ROW: pl.Int64}) for rows in parts)
    rejects = pl.DataFrame({ROW: early}, schema={ROW: pl.Int64}).match_to_schema(
        REJECTS, missing_columns="insert"
    )
    return Work.of(Healed(frames, rejects, (), pl.concat(frames)[ROW], None))


def test_a_loser_to_a_refused_row_is_tried_again_wherever_it_waits() -> None:
    """The winner is refused in one segment; who lost only to it, in a later one, has not lost."""
    batch = work([1, 2, 3, 4])
    batch.pending[0] = Segment(batch.pending[0].rows, known(4, winner=2))
    batch.step = 2
    first = batch.take()
    assert batch.pending[0].known.height == 1
    batch.isolate(first, known(2, winner=9).match_to_schema(REJECTS, extra_columns="ignore"))
    assert [segment.known.height for segment in batch.pending] == [0, 1, 0]


def test_a_loser_is_settled_with_the_later_row_that_it_gives_way_to() -> None:
    """Nothing of a key is settled before it is known whether its last row is refused."""
    batch = work([1, 2, 3, 4, 5, 6])
    batch.pending[0] = Segment(batch.pending[0].rows, pl.concat([known(1, winner=6), known(2, winner=3)]))
    batch.step = 2
    taken = [batch.take().rows[ROW].to_list() for _ in range(2)]
    assert taken == [[2, 3, 4], [1, 5, 6]]


def test_what_others_settled_is_left_out_of_rows_and_rejects() -> None:
    """The ledger's pending rows decide, whatever the plan that settled the others."""
    batch = work([1, 3, 5], [2, 4], early=(6, 7))
    batch.skip_settled(Standing(Piece(3, False, ((4, 5), (7, 7)), "r", 1), frozenset(), 0, 7))
    assert [segment.rows[ROW].to_list() for segment in batch.pending] == [[5], [4]]
    assert (batch.early[ROW].to_list(), batch.left, batch.already, batch.pieces) == ([7], ((4, 5),), 4, 4)


def test_rows_that_are_left_to_others_stay_pending() -> None:
    """What another run has settled of them meanwhile is left to nobody."""
    batch = work([1, 2, 3])
    batch.left_out = ((4, 9),)
    batch.skip_settled(Standing(Piece(0, False, ((3, 5), (9, 9)), "r", 1), frozenset(), 0, 6))
    assert (batch.left, batch.left_out, batch.already, batch.unread) == (
        ((3, 5), (9, 9)),
        ((4, 5), (9, 9)),
        2,
        0,
    )


def test_a_batch_of_which_others_settled_more_is_done() -> None:
    """A limited load comes after an unlimited one: nothing is left, and only its own rows are known."""
    batch = work([1, 2, 3])
    batch.skip_settled(Standing(Piece(0, True, None, "r", 1), frozenset(), 0, 1000))
    assert (batch.is_done, batch.already) == (True, 3)
