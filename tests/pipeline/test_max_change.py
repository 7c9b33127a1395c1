"""`--max-change`: no run changes more rows that are there than it may."""

from __future__ import annotations

import pytest

import heal_cli
from heal_cli.errors import BudgetExceeded, UsageError

ROWS = "id,n\n" + "".join(f"{n},{n * 10:>200}\n" for n in range(1, 41))  # several batches of 1 KiB


@pytest.fixture
def guarded(retrying):
    """Twenty rows by id, half as many as the source has."""
    retrying.conn.execute(
        "create table t (id int primary key, n int); insert into t select g, g from generate_series(1, 20) g"
    )
    return retrying


@pytest.mark.parametrize("mode", ["upsert", "update", "delete"])
@pytest.mark.parametrize(
    ("limit", "is_allowed"), [("19", False), ("20", True), ("95%", False), ("100%", True)]
)
def test_each_mode_is_held_to_it(guarded, mode, limit, is_allowed) -> None:
    """Rows that an upsert inserts do not count; never are more changed than allowed, also not by the same command again."""
    if is_allowed:
        guarded.load(ROWS, mode=mode, max_change=limit, batch_bytes="1KiB")
        return
    hints = []
    for _ in range(3):
        with pytest.raises(BudgetExceeded, match=r"rows of .* would be changed") as caught:
            guarded.load(ROWS, mode=mode, max_change=limit, batch_bytes="1KiB")
        hints.append(caught.value.hint)
        there = guarded.all("select count(*) from t where id <= 20 and n = id")[0][0]
        assert 0 < 20 - there <= 19
    assert "they come back with: heal undo" in hints[0]
    assert "This run has changed nothing" in hints[1]


def test_what_was_undone_counts_no_more(guarded) -> None:
    """After the undo the same command has its budget again."""
    run = guarded.load(ROWS, mode="update", max_change="20").run
    heal_cli.undo(run, **guarded.options)
    assert guarded.load(None, mode="update", max_change="20").rows.loaded == 20


@pytest.mark.parametrize("mode", ["update", "delete"])
def test_a_dry_run_says_so(guarded, mode) -> None:
    """Over all batches, and without a ledger."""
    with pytest.raises(BudgetExceeded):
        guarded.load(ROWS, mode=mode, max_change="19", batch_bytes="1KiB", dry_run=True)
    assert guarded.all("select count(*) from t where n = id") == [(20,)]


def test_what_it_cannot_count_it_does_not_promise(guarded) -> None:
    """INSERT ... ON CONFLICT DO UPDATE does not tell which rows it updated; a plain insert changes none."""
    with pytest.raises(UsageError, match="--max-change cannot count"):
        guarded.load(ROWS, max_change="1", on_conflict="update")
    assert guarded.load(ROWS, max_change="0").rows.loaded == 20
