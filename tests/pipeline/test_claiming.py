"""Which content a source is: grown files, other batch sizes, other names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

import heal_cli
from heal_cli.errors import PlanError, UsageError
from heal_cli.model import LoadReport


@pytest.fixture
def load(conn: psycopg.Connection, dsn: str, tmp_path: Path):
    """Load a text as a file into table `t (id int)`, which has no key to refuse a second copy."""
    conn.execute("create table t (id int)")

    def loaded(data: bytes, name: str = "t.csv", **options) -> LoadReport:
        path = tmp_path / name
        path.write_bytes(data)
        return heal_cli.load(path, table="t", dsn=dsn, state_dir=str(tmp_path / "state"), **options)

    return loaded


def ids(conn: psycopg.Connection) -> list[int]:
    """What is in the table."""
    return [row[0] for row in conn.execute("select id from t order by id").fetchall()]


def csv(first: int, last: int) -> bytes:
    """Rows of one column and a second, so that no line is blank."""
    return b"".join(b"%d,x\n" % number for number in range(first, last + 1))


HEADER = b"id,note\n"


@pytest.mark.parametrize("batch_bytes", [1024, 8 << 20])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_a_file_that_grew_loads_its_tail(load, conn, batch_bytes, mark) -> None:
    """Rows that were loaded before are not loaded again, however the file is cut; a note says so."""
    load(mark + HEADER + csv(1, 700), batch_bytes=batch_bytes)
    report = load(mark + HEADER + csv(1, 1000), batch_bytes=batch_bytes)
    assert ids(conn) == list(range(1, 1001))
    assert (report.rows.read, report.rows.loaded, report.rows.already) == (300, 300, 700)
    assert any("begins with 700 rows" in note for note in report.notes)
    assert load(mark + HEADER + csv(1, 1000), batch_bytes=batch_bytes).rows.already == 1000
    assert ids(conn) == list(range(1, 1001))


def test_a_grown_jsonl_loads_its_tail(load, conn) -> None:
    """Growth is seen in JSON lines as in CSV."""
    lines = [b'{"id": %d}\n' % number for number in range(1, 11)]
    load(b"".join(lines[:4]), "t.jsonl")
    load(b"".join(lines), "t.jsonl")
    assert ids(conn) == list(range(1, 11))


def test_a_last_row_that_went_on_is_another_row(load, conn) -> None:
    """`2` that became `25` is loaded as what it is now, and no other row twice; a note tells of it."""
    load(b"id\n1\n2")
    report = load(b"id\n1\n25\n")
    assert ids(conn) == [1, 2, 25]
    assert any("ended in the middle of row 2" in note for note in report.notes)
    load(b"id\n1\n25\n26\n")
    assert ids(conn) == [1, 2, 25, 26]


def test_a_log_that_is_being_written_is_loaded_line_by_line(load, conn) -> None:
    """A last line that was half written is a reject once and a row later; all others are loaded once."""
    assert load(b'{"id": 1}\n{"id": 2}\n{"id": ', "t.jsonl").rows.rejected == 1
    load(b'{"id": 1}\n{"id": 2}\n{"id": 3}\n{"id": 4}\n', "t.jsonl")
    assert ids(conn) == [1, 2, 3, 4]


def test_a_changed_file_is_a_new_source(load, conn) -> None:
    """The name says nothing: other bytes are other rows."""
    load(HEADER + csv(1, 3))
    load(HEADER + csv(2, 4))
    assert ids(conn) == [1, 2, 2, 3, 3, 4]


@pytest.mark.parametrize("batch_bytes", [1024, 3000, 8 << 20])
def test_another_batch_size_is_the_same_source(load, conn, batch_bytes) -> None:
    """A loaded file stays a no-op when it would be cut otherwise now."""
    data = HEADER + csv(1, 2000)
    load(data, batch_bytes=2048)
    report = load(data, "copy.csv", batch_bytes=batch_bytes)
    assert (report.rows.read, report.rows.already) == (0, 2000)
    assert ids(conn) == list(range(1, 2001))


def test_an_unfinished_load_goes_on_by_its_own_cuts(load, conn) -> None:
    """A load that stopped half-way is finished under another --batch-bytes without a row twice."""
    data = HEADER + csv(1, 2000) + b"x,x\n" * 20 + csv(2001, 3000)
    stopped = load(data, batch_bytes=1024, max_rejects=5, jobs=1)
    assert stopped.exit_code == 4
    report = load(data, batch_bytes=8 << 20)
    assert ids(conn) == list(range(1, 3001))
    assert stopped.rows.rejected + report.rows.rejected == 20


def test_a_file_cut_off_inside_a_quoted_cell_is_not_guessed(load, conn) -> None:
    """When the earlier load ended inside a cell that went on, nobody can tell which rows are new: it stops."""
    load(b'id,note\n0,zero\n1,"x\n')
    with pytest.raises(heal_cli.errors.SourceError, match="inside a quoted cell"):
        load(b'id,note\n0,zero\n1,"x\ny"\n2,z\n')
    assert ids(conn) == [0]


def test_a_source_is_finished_though_a_later_one_fails(load, conn, dsn, tmp_path) -> None:
    """A first file that was loaded whole is known when it grows, whatever became of the second."""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_bytes(HEADER + csv(1, 10))
    second.write_bytes(HEADER + b"x,x\n" * 30)
    options = {"table": "t", "dsn": dsn, "state_dir": str(tmp_path / "state")}
    assert heal_cli.load([first, second], max_rejects=3, **options).exit_code == 4
    load(HEADER + csv(1, 15), "a.csv")
    assert ids(conn) == list(range(1, 16))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"columns": ["a", "b"]}, PlanError),
        ({"header": False}, PlanError),
        ({"delimiter": ";"}, PlanError),
        ({"columns": ["a", "b"], "map": ["c=id"]}, UsageError),
    ],
)
def test_a_first_try_with_wrong_flags_does_not_stick(load, conn, wrong, error) -> None:
    """A source that could not be placed is read anew by the next command, and a loaded one is still loaded."""
    text = HEADER + csv(1, 5)
    for again in (False, True):
        with pytest.raises(error):
            load(text, again=again, **wrong)
    assert load(text).rows.loaded == 5
    with pytest.raises(error):
        load(text, again=True, **wrong)
    assert load(text).rows.already == 5
    assert ids(conn) == [1, 2, 3, 4, 5]


def test_runs_that_fail_together_leave_nothing(load, conn, dsn, tmp_path) -> None:
    """Several that try the same source at once, and none of which can place it, forget it as one does."""
    text = HEADER + csv(1, 5)
    load(text)

    def fails(place: int) -> None:
        with pytest.raises(PlanError):
            heal_cli.load(
                tmp_path / "t.csv",
                table="t",
                dsn=dsn,
                state_dir=str(tmp_path),
                again=True,
                columns=["a", "b"],
            )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fails, range(8)))
    assert load(text).rows.already == 5


def test_one_source_of_several_that_cannot_be_placed_is_forgotten_alone(load, conn, dsn, tmp_path) -> None:
    """What was loaded beside it is still loaded, and it is read anew."""
    (tmp_path / "b.csv").write_bytes(b"a;b\n7;8\n")
    paths = [tmp_path / "t.csv", tmp_path / "b.csv"]
    paths[0].write_bytes(HEADER + csv(1, 2))
    options = {"table": "t", "dsn": dsn, "state_dir": str(tmp_path / "state")}
    assert heal_cli.load(paths, **options).exit_code == 6
    report = heal_cli.load(paths, columns=["id", "note"], **options)
    assert (report.rows.loaded, report.rows.already) == (1, 2)
    assert ids(conn) == [1, 2, 7]
