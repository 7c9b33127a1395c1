"""The Python API: what cannot be meant is refused in words, before anything is read or connected to."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
import pytest

import heal_cli
from heal_cli.errors import RecordError, UsageError


def test_an_unknown_option_is_refused_with_the_nearest() -> None:
    """A misspelt option is no KeyError."""
    with pytest.raises(UsageError) as caught:
        heal_cli.load("a.csv", table="t", dsn="host=nowhere", max_reject="1%")
    assert str(caught.value).startswith("There is no option 'max_reject'")
    assert caught.value.hint == "Did you mean 'max_rejects'?"


def test_a_table_is_named_by_a_text() -> None:
    """None, say of a variable that was never set, is refused in words."""
    with pytest.raises(UsageError, match="A table is named by a text, not 'NoneType'"):
        heal_cli.load("a.csv", table=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("call", [heal_cli.load, heal_cli.plan])
@pytest.mark.parametrize(
    ("source", "said"),
    [
        (io.StringIO("id\n1\n"), "A source is a path, not 'StringIO'"),
        ([{"id": 1}], "A source is a path, not 'list'"),
        ({"id": 1}, "A source is a path, not 'dict'"),
        (pl.DataFrame({"id": [1]}), "A source is a path, not 'DataFrame'"),
        (b"a.csv", "A source is a path, not 'bytes'"),
        (None, "A source is a path, not 'NoneType'"),
        ([], "No source was given"),
    ],
)
def test_what_is_no_path_is_refused(call: Any, source: Any, said: str) -> None:
    """The lines of an open file are not taken for names of files."""
    with pytest.raises(UsageError) as caught:
        call(source, table="t", dsn="host=nowhere")
    assert str(caught.value).startswith(said)


def test_a_rejects_file_that_is_not_there(conninfo: str, tmp_path: Any) -> None:
    """A path that leads nowhere is told as such."""
    with pytest.raises(RecordError, match=r"There is no rejects file '.*/none\.jsonl'"):
        heal_cli.retry(tmp_path / "none.jsonl", dsn=conninfo, state_dir=str(tmp_path))


def test_a_plan_that_does_not_cover_the_table_is_a_report(conn: Any, conninfo: str, tmp_path: Any) -> None:
    """`plan` shows what is missing in place of raising."""
    conn.execute("create table public.needy (id int not null)")
    (tmp_path / "a.csv").write_text("foo,bar\nx,y\n")
    report = heal_cli.plan(tmp_path / "a.csv", table="needy", dsn=conninfo, state_dir=str(tmp_path))
    assert report.exit_code == 6
    assert "nothing in the source matches it" in report.notes[0]


@pytest.mark.parametrize(
    ("message", "hint", "told"),
    [
        ("No", None, "No"),
        ("No", "Try", "No. Try"),
        ("No.", "Try", "No. Try"),
        ("Is it up?", "Try", "Is it up? Try"),
    ],
)
def test_an_error_is_its_sentence_and_what_to_do(message: str, hint: str | None, told: str) -> None:
    """A sentence that ends already, as libpq's do, gets no second full stop."""
    assert str(heal_cli.errors.HealError(message, hint=hint)) == told
