"""A load that was killed goes on by its own cuts and dialect, whatever it is resumed with."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl
import psycopg
import pytest

from heal_cli.engine import load as engine_module
from heal_cli.engine import run_load
from heal_cli.errors import SourceError, UsageError
from heal_cli.model import LoadOptions, LoadReport, ReadOptions, WriteOptions
from heal_cli.pipeline import BatchWorker
from heal_cli.write import Writer


class Killed(BaseException):
    """Stands for SIGKILL: nothing is tidied up but what the operating system tidies up."""


class Loads(NamedTuple):
    """Loads of texts into table `t (id int, note text)`, which has no key to refuse a second copy."""

    load: Callable[..., LoadReport]
    ids: Callable[[], list[int]]
    kill_after: Callable[[int | None], None]


@pytest.fixture
def loads(conn: psycopg.Connection, dsn: str, tmp_path: Path, monkeypatch) -> Loads:
    """`kill_after(n)` kills the next loads after n batches; None kills them before they note their end."""
    conn.execute("create table t (id int, note text)")
    left: list[int] = []
    process = BatchWorker.process

    def counted(self: BatchWorker, source, chunk):
        if left and left[0] == 0:
            raise Killed
        if left:
            left[0] -= 1
        return process(self, source, chunk)

    monkeypatch.setattr(BatchWorker, "process", counted)
    real_finish = engine_module.finish
    never_finish = [False]

    def finish(run, source, *, retried):
        if never_finish[0]:
            raise Killed
        real_finish(run, source, retried=retried)

    monkeypatch.setattr(engine_module, "finish", finish)

    def kill_after(batches: int | None) -> None:
        never_finish[0] = batches is None
        left[:] = [] if batches is None else [batches]

    def load(data: bytes, name: str = "t.csv", *, jobs: int = 1, **options):
        source = name if name == "-" else str(tmp_path / name)
        read = ReadOptions(**{key: options.pop(key) for key in list(options) if key in ReadOptions.__slots__})
        if name != "-":
            Path(source).write_bytes(data)
        asked = LoadOptions(
            (source,), "t", dsn, str(tmp_path / "state"), read=read, write=WriteOptions(jobs=jobs), **options
        )
        try:
            return run_load(asked, stdin=io.BytesIO(data))
        finally:
            left.clear()
            never_finish[0] = False

    def ids() -> list[int]:
        return [row[0] for row in conn.execute("select id from t order by id").fetchall()]

    return Loads(load, ids, kill_after)


def csv(first: int, last: int, *, quoted: bool = False) -> bytes:
    """Rows of two columns."""
    note = '"x, y"' if quoted else "x"
    return "".join(f"{number},{note}\n" for number in range(first, last + 1)).encode()


def parquet(rows: int) -> bytes:
    """The same as Parquet."""
    target = io.BytesIO()
    pl.DataFrame({"id": range(1, rows + 1), "note": ["x"] * rows}).write_parquet(target, row_group_size=500)
    return target.getvalue()


HEADER = b"id,note\n"
TEXT = HEADER + csv(1, 3000)
FORMS = {
    "plain": (TEXT, {}),
    "utf-16": (b"\xff\xfe" + TEXT.decode().encode("utf-16-le"), {}),
    "cp1252": ((HEADER + csv(1, 3000)).replace(b"x", b"caf\xe9"), {"encoding": "cp1252"}),
    "parquet": (parquet(3000), {}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_killed_load_goes_on_under_another_batch_size(loads, form) -> None:
    """The cuts of the run that began it are used, for every format and encoding."""
    data, flags = FORMS[form]
    loads.kill_after(2)
    with pytest.raises(Killed):
        loads.load(data, batch_bytes=2048, **flags)
    assert 0 < len(loads.ids()) < 3000
    report = loads.load(data, batch_bytes=8 << 20, **flags)
    assert loads.ids() == list(range(1, 3001))
    assert report.rows.already + report.rows.loaded == 3000


@pytest.mark.parametrize("form", FORMS)
def test_a_loaded_file_is_a_no_op_under_another_batch_size(loads, form) -> None:
    """A finished load is known in every format and encoding, however it would be cut now."""
    data, flags = FORMS[form]
    loads.load(data, batch_bytes=2048, **flags)
    assert loads.load(data, "copy.csv", batch_bytes=3000, **flags).rows.already == 3000
    assert loads.ids() == list(range(1, 3001))


@pytest.mark.parametrize(("source_id", "batch_bytes"), [(None, 3000), ("feed", 8 << 20)])
def test_standard_input_goes_on_under_another_batch_size(loads, batch_bytes, source_id) -> None:
    """A stream is rewound as far as it was read, and cut as it was before."""
    loads.kill_after(2)
    with pytest.raises(Killed):
        loads.load(TEXT, "-", batch_bytes=2048, source_id=source_id)
    loads.load(TEXT, "-", batch_bytes=batch_bytes, source_id=source_id)
    assert loads.ids() == list(range(1, 3001))


def test_an_unfinished_again_goes_on_under_another_batch_size(loads) -> None:
    """The second copy that --again asked for is one copy."""
    loads.load(TEXT, batch_bytes=2048)
    loads.kill_after(2)
    with pytest.raises(Killed):
        loads.load(TEXT, batch_bytes=2048, again=True)
    loads.load(TEXT, batch_bytes=5000, again=True)
    assert loads.ids() == sorted([*range(1, 3001)] * 2)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("batches", [1, 2, None])
def test_a_killed_load_whose_file_grew_loads_the_rest(loads, batches, mark) -> None:
    """Also where the run was killed when all was loaded and its last, short batch is longer by now."""
    loads.kill_after(batches)
    with pytest.raises(Killed):
        loads.load(mark + HEADER + csv(1, 500), batch_bytes=1024)
    grown = mark + HEADER + csv(1, 800)
    report = loads.load(grown, batch_bytes=1024)
    assert loads.ids() == list(range(1, 801))
    assert report.rows.already + report.rows.loaded == 800
    assert loads.load(grown).rows.already == 800
    assert loads.ids() == list(range(1, 801))


def test_a_load_whose_file_grew_twice(loads) -> None:
    """Killed again before it committed a batch, it still knows what the first one loaded."""
    loads.load(HEADER + csv(1, 500), batch_bytes=1024)
    loads.kill_after(0)
    with pytest.raises(Killed):
        loads.load(HEADER + csv(1, 800), batch_bytes=1024)
    loads.load(HEADER + csv(1, 900), batch_bytes=4096)
    assert loads.ids() == list(range(1, 901))


def test_a_file_that_begins_like_an_unfinished_tail_is_another(loads) -> None:
    """What a grown file inherited is known by its bytes, not by its first batch alone."""
    loads.load(HEADER + csv(1, 500), batch_bytes=1024)
    loads.kill_after(0)
    with pytest.raises(Killed):
        loads.load(HEADER + csv(1, 800), batch_bytes=1024)
    other = HEADER + csv(1, 300) + csv(5001, 5500)
    loads.load(other, "other.csv", batch_bytes=1024)
    assert loads.ids() == sorted([*range(1, 501), *range(1, 301), *range(5001, 5501)])


@pytest.mark.parametrize(
    "flags",
    [{"skip_rows": 3}, {"header": False}, {"delimiter": ";"}, {"escape": "\\"}, {"encoding": "cp1252"}],
)
def test_a_tail_is_read_as_its_beginning_was(loads, flags) -> None:
    """Other flags would give the rows other numbers: the dialect of the earlier load is used, and a note says so."""
    loads.load(HEADER + csv(1, 500, quoted=True), batch_bytes=1024)
    report = loads.load(HEADER + csv(1, 800, quoted=True), batch_bytes=1024, **flags)
    assert loads.ids() == list(range(1, 801))
    assert any("is read as it was when it was begun" in note for note in report.notes)


@pytest.mark.parametrize(
    ("before", "flags", "stream"),
    [
        (b"id,note,a column that the stream does not have\n1,x,y\n", {}, HEADER + csv(2, 3)),
        (b"a line\nanother line\n\nid,note\n1,x\n", {"skip_rows": 3}, HEADER + csv(2, 3)),
        (
            b'{"ok": 1, "rows": [{"id": 1, "note": "x"}]}',
            {"json_path": "rows"},
            b'{"all": [{"id": 2, "note": "x"}, {"id": 3, "note": "y"}]}',
        ),
    ],
)
def test_a_stream_is_read_though_it_is_none_of_an_earlier_source(loads, before, flags, stream) -> None:
    """What the reading of an earlier file makes of it is no matter. Previously it had "no records", and exit 0."""
    loads.load(before, "before.txt", **flags)
    loads.load(stream, "-")
    assert loads.ids() == [1, 2, 3]


def test_what_again_goes_on_with_names_no_again(loads) -> None:
    """The flag that is there is no way out. Previously the note named it all the same."""
    loads.kill_after(1)
    with pytest.raises(Killed):
        loads.load(HEADER + csv(1, 500), batch_bytes=1024, again=True)
    report = loads.load(HEADER + csv(1, 500), batch_bytes=1024, again=True, delimiter=";")
    assert loads.ids() == list(range(1, 501))
    assert any("; once that is finished, --again reads it anew" in note for note in report.notes)


def test_rejects_of_a_killed_run_are_dropped_when_the_file_grew(loads, tmp_path, monkeypatch) -> None:
    """What was recorded for a commit that never came is in the rejects once, not twice."""
    bad = HEADER + csv(1, 5) + b"x,x\n" * 3
    options = {"rejects_path": str(tmp_path / "r.jsonl")}

    def killed(self: Writer, connection: psycopg.Connection) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_commit", killed)
        with pytest.raises(Killed):
            loads.load(bad, **options)
    loads.load(bad + csv(6, 9), **options)
    lines = (tmp_path / "r.jsonl").read_text().splitlines()
    assert [json.loads(line)["row"] for line in lines] == [6, 7, 8]
    assert loads.ids() == list(range(1, 10))


def test_a_longer_file_waits_for_the_run_that_loads_its_beginning(loads, conn) -> None:
    """While a run works on what the file was before, nobody can say which rows are left."""
    loads.kill_after(2)
    with pytest.raises(Killed):
        loads.load(HEADER + csv(1, 500), batch_bytes=1024)
    (run,) = conn.execute("select run::text from heal.load_runs order by started_at desc limit 1").fetchone()
    conn.execute(f"set application_name = 'heal/{run}'")
    conn.execute("update heal.load_runs set state = 'running' where run = %s", (run,))
    with pytest.raises(SourceError, match="has grown since run"):
        loads.load(HEADER + csv(1, 800), batch_bytes=1024)
    conn.execute("reset application_name")
    loads.load(HEADER + csv(1, 800), batch_bytes=1024)
    assert loads.ids() == list(range(1, 801))


def test_a_run_that_ended_by_an_error_is_failed(loads, conn) -> None:
    """The ledger does not show it as running for ever."""
    loads.kill_after(1)
    with pytest.raises(Killed):
        loads.load(TEXT, batch_bytes=2048)
    states = "select state from heal.load_runs order by started_at desc limit 1"
    assert conn.execute(states).fetchone() == ("failed",)


def test_a_killed_run_is_failed_when_the_next_begins(loads, conn) -> None:
    """A process that died can note nothing; the next one on the table sees that it is gone."""
    loads.load(TEXT)
    mine = "where table_oid = 't'::regclass"
    conn.execute(f"update heal.load_runs set state = 'running' {mine}")
    loads.load(HEADER + csv(1, 5))
    states = conn.execute(f"select state from heal.load_runs {mine} order by started_at").fetchall()
    assert states == [("failed",), ("done",)]


def test_the_exit_code_of_a_resumed_run_covers_the_whole_source(retrying) -> None:
    """Rows that earlier runs rejected are told of until a retry has loaded them; a no-op ends with 0."""
    retrying.conn.execute("create table t (id int primary key, note text)")
    text = "id,note\n" + "".join(f"{1 if n == 2 else n},{'x' * 60}\n" for n in range(1, 301))
    options = {"batch_bytes": 4096, "jobs": 1}
    stopped = retrying.load(text, max_rejects="0", **options)
    assert (stopped.exit_code, stopped.rows.rejected) == (4, 1)
    resumed = retrying.load(None, limit=200, **options)
    assert (resumed.exit_code, resumed.rows.rejected) == (3, 0)
    assert [note for note in resumed.notes if "rejects show" in note] == [
        f"{resumed.sources[0].name!r} goes on where run {stopped.run} stopped, by that run's plan;"
        f" its rejects: heal rejects show {retrying.rejects}"
    ]
    assert retrying.load(None, limit=200, **options).exit_code == 0
    retrying.conn.execute("alter table t drop constraint t_pkey")
    assert retrying.retry().loaded == 1
    assert retrying.load(None, **options).exit_code == 0


@pytest.mark.parametrize("table", ["id int", "id int primary key, up int references t"])
def test_rejects_of_another_user(retrying, take_away, tmp_path, table) -> None:
    """Who goes on where another user of the machine stopped loads the rest, and hears which file stays as it is."""
    retrying.conn.execute(f"create table t ({table})")
    hers, his = (
        tmp_path / "hers",
        {"state_dir": str(tmp_path / "his"), "rejects": str(tmp_path / "his.jsonl")},
    )
    hers.mkdir()
    text = "id\n1\nx\n2\ny\n3\n"
    first = retrying.load(text, limit=2, rejects=str(hers / "hers.jsonl"))
    take_away(hers)
    report = retrying.load(None, **his)
    assert (report.rows.loaded, report.rows.rejected, report.exit_code) == (2, 1, 3)
    own, told = report.notes
    assert own.startswith(f"{first.rejects_path!r} of run {first.run} is not this user's to change")
    assert told.endswith(f"; its rejects: heal rejects show {first.rejects_path}")
    assert retrying.load(None, **his).exit_code == 0
    assert retrying.all("select id from t order by 1") == [(1,), (2,), (3,)]


@pytest.mark.parametrize("document", ['[{"id": 1}, {"id": 2}]', '{"rows": [\n{"id": 1},\n{"id": 2}\n]}\n'])
def test_a_json_document_is_known_whole(loads, document) -> None:
    """Only brackets follow its last record, so a second load is a no-op that says when and by which run."""
    run = loads.load(document.encode(), "t.json").run
    again = loads.load(document.encode(), "t.json")
    assert (again.rows.already, loads.ids()) == (2, [1, 2])
    assert any("was loaded on" in note and run in note for note in again.notes)


DATED = "id,v\n" + "".join(f"{n},{n % 28 + 1:02}/{n % 12 + 1:02}/2024\n" for n in range(400))


@pytest.mark.parametrize("first", [{"limit": 20}, {"max_rejects": "3", "batch_bytes": "1KiB", "jobs": 1}])
@pytest.mark.parametrize(
    ("now", "flag"),
    [({"date_order": "DMY"}, "--date-order"), ({"null": ["1"]}, "--null"), ({"map": ["id=w"]}, "--map")],
)
def test_other_flags_are_not_passed_over(retrying, first, now, flag) -> None:
    """The rest of a source goes by the plan of its beginning; flags that it does not know stop it, untouched."""
    retrying.conn.execute("create table t (id int, v date, w text)")
    options = {"map": ["v=v"], "date_order": "MDY"}
    run = retrying.load(DATED, **options, **first).run
    before = retrying.all()
    with pytest.raises(UsageError) as caught:
        retrying.load(None, **{**options, **now})
    assert caught.value.message == (
        f"'{retrying.folder}/a.csv' goes on by the plan of run {run}, which began it: {flag} would change nothing"
    )
    assert retrying.all() == before
    assert retrying.load(None, **options).exit_code == 3
    assert retrying.load(None, **{**options, **now}).rows.read == 0
