"""A first try with the wrong flags that was killed before it committed anything does not stick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from heal_cli.pipeline import BatchWorker

HEADER = "id,note\n"
ROWS = "".join(f"{number},x\n" for number in range(1, 6))


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.fixture
def kill(retrying: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Load, and be killed before the first batch commits."""
    retrying.conn.execute("create table t (id int, note text)")

    def killed(*_: object) -> None:
        raise Killed

    def load(content: str | None, **options: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(BatchWorker, "process", killed)
            with pytest.raises(Killed):
                retrying.load(content, **options)

    return load


WRONG = [
    {"columns": ["note", "id"]},
    {"header": False, "columns": ["id", "note"]},
    {"delimiter": ";", "columns": ["note"]},
    {"skip_rows": 3, "columns": ["id", "note"]},
    {"quote": "x"},
]
"""Flags that a plan is made by, and the wrong one."""


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("grown", ["", "6,x\n"])
def test_the_flags_of_the_second_try_hold(
    retrying: Any, kill: Callable[..., None], wrong: Any, grown: str
) -> None:
    """Nothing was loaded by the first ones, whether the file grew meanwhile or not."""
    kill(HEADER + ROWS, **wrong)
    report = retrying.load(HEADER + ROWS + grown)
    assert not [note for note in report.notes if "was begun" in note]
    count = 6 if grown else 5
    assert retrying.all() == [(number, "x") for number in range(1, count + 1)]
    assert retrying.load(None).rows.already == count
    assert retrying.load(None, **wrong).rows.already == count


@pytest.mark.parametrize("state", ["failed", "running"])
def test_a_dry_run_says_what_the_second_try_would_do(
    retrying: Any, kill: Callable[..., None], state: str
) -> None:
    """By the flags that it has, and without a trace of its own, though nobody has noted that the first is dead."""
    kill(HEADER + ROWS, columns=["note", "id"])
    retrying.conn.execute(f"update heal.load_runs set state = '{state}'")
    report = retrying.load(None, dry_run=True)
    assert (report.rows.loaded, report.rows.rejected) == (5, 0)
    assert retrying.load(None).rows.loaded == 5


def test_a_run_that_is_still_at_work_keeps_its_flags(retrying: Any, kill: Callable[..., None]) -> None:
    """Whoever comes meanwhile goes by them, and a note says so: rows of both would have other numbers."""
    kill(HEADER + ROWS, columns=["id", "remark"])
    (run,) = retrying.all("select run::text from heal.load_runs order by started_at desc limit 1")[0]
    retrying.conn.execute(f"set application_name = 'heal/{run}'")
    retrying.conn.execute("update heal.load_runs set state = 'running' where run = %s", (run,))
    report = retrying.load(None, columns=["note", "id"], map=["remark=note"])
    assert any("is read as it was when it was begun" in note for note in report.notes)
    assert len(retrying.all()) == 5


def test_rows_that_were_loaded_keep_their_flags(retrying: Any) -> None:
    """What is committed is numbered by the first try: the rest goes by its flags, or not at all."""
    retrying.conn.execute("create table t (id int, note text)")
    text = HEADER + "".join(f"{n},{'x' * 20}\n" for n in range(2_000)) + "x,x\n" * 5
    retrying.load(text, batch_bytes=4096, jobs=1, limit=100)
    report = retrying.load(None, delimiter=";", columns=["note"], batch_bytes=4096)
    assert any("is read as it was when it was begun" in note for note in report.notes)
    assert retrying.all("select count(distinct id), count(*) from t") == [(2_000, 2_000)]


def test_undone_it_is_forgotten(retrying: Any, kill: Callable[..., None]) -> None:
    """The load in place of the killed one is undone as any other, and loads again."""
    kill(HEADER + ROWS, columns=["note", "id"])
    run = retrying.load(None).run
    retrying.undo(run)
    assert retrying.all() == []
    assert retrying.load(None).rows.loaded == 5
    assert len(retrying.all()) == 5
