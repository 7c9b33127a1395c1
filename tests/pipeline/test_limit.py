"""`--limit`: the first rows of a source, and later loads of the same source that go on behind them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

import heal_cli
from heal_cli.errors import HealError


def rows(first: int, last: int) -> str:
    """Rows of one column and a second, so that no line is blank."""
    return "".join(f"{number},x\n" for number in range(first, last + 1))


FILE = "id,note\n" + rows(1, 1000)


@pytest.fixture
def load(retrying):
    """Load into table `t`, which has no key to refuse a second copy."""
    retrying.conn.execute("create table t (id int, note text)")
    return retrying.load


@pytest.fixture
def ids(retrying):
    """What is in the table."""
    return lambda: [number for number, _ in retrying.all()]


@pytest.mark.parametrize("batch_bytes", [1024, 8 << 20])
@pytest.mark.parametrize("limits", [(100, None), (100, 200, None), (150, 600, 601), (1000, None), (99, 5000)])
def test_a_later_load_goes_on_behind_the_rows_of_an_earlier_limit(load, ids, limits, batch_bytes) -> None:
    """Whatever the limits were, a row is loaded once."""
    before = 0
    for limit in limits:
        report = load(FILE, limit=limit, batch_bytes=batch_bytes)
        there = min(limit or 1000, 1000)
        assert (report.rows.loaded, report.rows.already) == (there - before, before)
        assert ids() == list(range(1, there + 1))
        before = there


@pytest.mark.parametrize("again", [100, 40])
def test_a_limit_that_was_reached_before_is_a_no_op_that_says_so(load, ids, again) -> None:
    """Nothing is read into the table, and a note tells which run had."""
    run = load(FILE, limit=100).run
    report = load(FILE, limit=again)
    assert (report.rows.read, report.rows.loaded, report.rows.already, report.exit_code) == (0, 0, again, 0)
    assert ids() == list(range(1, 101))
    assert [note for note in report.notes if "a.csv" in note] == [
        f"{report.sources[0].name!r}: the first {again} rows were loaded or rejected by run {run} or after it; more with a higher"
        " --limit or none, --again loads it anew"
    ]


def test_a_load_behind_a_limit_says_where_it_goes_on(load) -> None:
    """The note names the rows and the run, and that its plan counts."""
    run = load(FILE, limit=100).run
    name = (report := load(FILE)).sources[0].name
    assert (
        f"{name!r} goes on behind row 100, where run {run} stopped at its --limit, by that run's plan"
        " (--again reads it anew, by another)" in report.notes
    )


def test_a_whole_load_leaves_nothing_to_a_limit(load, ids) -> None:
    """The first rows of a file that is there are there."""
    load(FILE)
    report = load(FILE, limit=10)
    assert (report.rows.loaded, report.rows.already) == (0, 10)
    assert len(ids()) == 1000


def test_a_limit_in_a_file_that_grew_counts_from_its_beginning(load, ids) -> None:
    """Rows of the shorter file are not loaded again, and the tail is once."""
    load("id,note\n" + rows(1, 500))
    assert load(FILE, limit=400).rows.loaded == 0
    assert load(FILE, limit=600).rows.loaded == 100
    assert load(FILE).rows.loaded == 400
    assert ids() == list(range(1, 1001))


def test_a_file_that_grew_behind_a_limit_goes_on(load, ids) -> None:
    """The rows of a limited load count for the longer file; no note tells of a last row that was cut off."""
    load("id,note\n1,x\n2,x\n3,x", limit=1)
    report = load("id,note\n1,x\n2,x\n3,xyz\n4,x\n")
    assert ids() == [1, 2, 3, 4]
    assert not any("in the middle" in note for note in report.notes)


def test_again_loads_the_first_rows_anew(load, ids) -> None:
    """A load that ended at its limit has ended; and a plain one goes on with the later of the two."""
    load(FILE, limit=10)
    assert load(FILE, limit=10, again=True).rows.loaded == 10
    assert load(FILE).rows.loaded == 990
    assert ids() == sorted([*range(1, 1001), *range(1, 11)])


def test_a_whole_load_outweighs_the_first_rows_that_were_loaded_again(load, ids) -> None:
    """After a whole load and a limited one with --again, nothing is left for a plain one."""
    load(FILE)
    load(FILE, limit=10, again=True)
    assert load(FILE).rows.loaded == 0
    assert len(ids()) == 1010


def test_rejects_of_the_first_rows_are_not_rejected_again(load, ids, retrying) -> None:
    """One record each, wherever the limit falls."""
    text = "id,note\n" + "".join(f"{'x' if n % 7 == 0 else n},x\n" for n in range(1, 101))
    reports = [load(text, limit=limit) for limit in (14, 30, None)]
    assert [report.rows.rejected for report in reports] == [2, 2, 10]
    assert len(retrying.rejects.read_text().splitlines()) == 14
    assert len(ids()) == 86


def test_loads_with_and_without_a_limit_at_once_load_each_row_once(load, ids, retrying) -> None:
    """Whoever comes first to a batch, the others leave its rows out."""
    load(FILE, limit=1)
    with ThreadPoolExecutor(4) as threads:
        begun = [
            threads.submit(load, None, limit=limit, batch_bytes=1024, rejects=None)
            for limit in (300, None, 77, 800)
        ]
        reports = [each.result() for each in begun]
    assert ids() == list(range(1, 1001))
    assert sum(report.rows.loaded for report in reports) == 999


@pytest.mark.parametrize("limit", [50, None])
def test_a_limited_load_is_undone_before_the_one_that_it_goes_on_from(load, ids, retrying, limit) -> None:
    """In the other order it is refused; undone, the rows load again."""
    first, second = load(FILE, limit=10).run, load(FILE, limit=limit).run
    with pytest.raises(HealError, match="has to be undone first"):
        heal_cli.undo(first, **retrying.options)
    heal_cli.undo(second, **retrying.options)
    assert ids() == list(range(1, 11))
    heal_cli.undo(first, **retrying.options)
    assert load(FILE, limit=20).rows.loaded == 20
    assert ids() == list(range(1, 21))


def test_lines_of_an_attempt_that_was_killed_go_with_the_next_limited_load(load, retrying) -> None:
    """The rejects file holds a row once, though no load has reached the end of the source yet."""
    text = "id,note\n" + "".join(f"{'x' if n % 7 == 0 else n},x\n" for n in range(1, 101))
    load(text, limit=14)
    lines = retrying.rejects.read_text().splitlines()
    dead = json.loads(lines[0]) | {"attempt": 99}
    retrying.rejects.write_text("\n".join([*lines, json.dumps(dead)]) + "\n")
    load(text, limit=20)
    assert retrying.rejects.read_text().splitlines() == lines
