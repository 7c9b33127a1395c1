"""The writer: what fits is committed, what does not is named, and the ledger agrees."""

from __future__ import annotations

import polars as pl
import psycopg
import pytest

from heal_cli.errors import SchemaChanged, SourceError, WriteError
from heal_cli.model import REJECTS, ROW, Chunk, Healed, WriteOptions, Written
from heal_cli.schema import introspect
from heal_cli.write import BatchRef, Writer, ledger_migrations, migrate, run_totals, savepoints
from heal_cli.write.loader import Loader

from .conftest import new_run, source_of, writer_of


def healed(ids: list[int | None], parts: int = 1) -> Healed:
    """A healed batch of one bigint column, row numbers from 1, in `parts` slices."""
    frame = pl.DataFrame(
        {ROW: pl.int_range(1, len(ids) + 1, eager=True), "id": ids}, schema={ROW: pl.Int64, "id": pl.Int64}
    )
    step = -(-len(ids) // parts)
    return Healed(
        tuple(frame.slice(at, step) for at in range(0, len(ids), step)),
        REJECTS.to_frame(),
        (),
        frame[ROW],
        None,
    )


class Bench:
    """A table, a ledger and a writer for one run after the other."""

    def __init__(self, conninfo: str, conn: psycopg.Connection, *, ledger: bool) -> None:
        self.conn, self.conninfo, self.ledger = conn, conninfo, ledger
        migrate(conn, ledger_migrations())
        self.attempts: list[tuple[int, int]] = []
        self.rejected: list[int] = []  # rows, as recorded before a commit
        self.start()

    def start(self) -> None:
        """Begin a new run, for the table as it is now."""
        (schema,) = self.conn.execute("select current_schema()").fetchone() or ("",)
        self.table = introspect(self.conn, f"{schema}.t")
        self.run = new_run(self.conn, self.table)
        self.stops_at = 0
        if hasattr(self, "writer"):
            self.writer.close()
        self.writer = writer_of(self.conninfo, self.table, self.run, ledger=self.ledger)

    def write(self, batch: Healed, digest: str = "d0") -> Written:
        """One batch; the same digest is the same batch."""
        chunk = Chunk(0, 0, 100, 1, 1, digest, batch.rows.len() + batch.rejects.height, 100, b"")
        source = source_of(self.conn, self.table, chunk, self.run)

        def record(rejects: pl.DataFrame, rows: pl.Series, attempt: int) -> None:
            if attempt == self.stops_at:
                raise KeyboardInterrupt
            self.attempts.append((attempt, rejects.height))
            self.rejected += rejects[ROW].to_list()

        return self.writer.write(batch, BatchRef(source, "a.csv", chunk), record)

    def ids(self) -> list[int]:
        """What is in the table, in the order it was written."""
        found = self.conn.execute(f"select id from {self.table.qualified} order by ctid").fetchall()
        return [row[0] for row in found]


@pytest.fixture
def make(conninfo: str, conn: psycopg.Connection):
    """Make a bench for a table definition; writers are closed at the end."""
    benches: list[Bench] = []

    def made(definition: str, *, ledger: bool = True, then: str = "") -> Bench:
        conn.execute(f"create table t ({definition}); {then}")
        benches.append(Bench(conninfo, conn, ledger=ledger))
        return benches[-1]

    yield made
    for bench in benches:
        bench.writer.close()


@pytest.mark.parametrize("ledger", [True, False])
def test_clean_batch_is_one_piece(make, ledger) -> None:
    """A batch that fits is loaded whole, in order, with one attempt."""
    bench = make("id bigint primary key", ledger=ledger)
    written = bench.write(healed(list(range(1000))))
    assert bench.ids() == list(range(1000))
    assert written.loaded.len() == 1000
    assert written.rejects.is_empty()
    assert bench.attempts == [(1, 0)]


@pytest.mark.parametrize("ledger", [True, False])
@pytest.mark.parametrize("bad", [[0], [999], [0, 1, 2, 998, 999], list(range(0, 1000, 7)), list(range(1000))])
def test_bad_rows_stand_alone(make, ledger, bad) -> None:
    """Every row the server refuses is a reject with SQLSTATE, constraint, column and value; no other is."""
    bench = make("id bigint constraint positive check (id >= 0)", ledger=ledger)
    written = bench.write(healed([-1 - i if i in bad else i for i in range(1000)]))
    assert written.rejects[ROW].to_list() == [i + 1 for i in bad]
    first = written.rejects.row(0, named=True)
    assert (first["reason"], first["sqlstate"], first["constraint"]) == (
        "check_violation",
        "23514",
        "positive",
    )
    assert (first["column"], first["value"]) == ("id", str(-1 - bad[0]))
    assert bench.ids() == [i for i in range(1000) if i not in bad]
    assert sum(count for _, count in bench.attempts) == len(bad)


def test_ledger_totals_are_the_commits(make) -> None:
    """The ledger, read back, says what was read, loaded and rejected, over many pieces."""
    bench = make("id bigint unique")
    bench.write(healed([i // 2 for i in range(400)]))
    totals = run_totals(bench.conn, bench.run)
    assert (totals.read, totals.loaded, totals.rejected) == (400, 200, 200)


def test_second_run_finds_the_batch_done(make) -> None:
    """The same content again writes nothing and counts every row as settled already."""
    bench = make("id bigint check (id <> 5)")
    bench.write(healed(list(range(10))))
    bench.start()
    written = bench.write(healed(list(range(10))))
    assert (written.loaded.len(), written.rejects.height, written.already) == (0, 0, 10)
    assert bench.ids() == [0, 1, 2, 3, 4, 6, 7, 8, 9]


def test_deferred_constraint_costs_one_row(make) -> None:
    """A deferrable constraint is made immediate, so its violation rejects a row and not the commit."""
    bench = make("id bigint unique deferrable initially deferred")
    written = bench.write(healed([1, 2, 2, 3]))
    assert bench.ids() == [1, 2, 3]
    assert written.rejects["reason"].to_list() == ["unique_violation"]


def test_rows_swallowed_by_a_trigger_are_rejects(make) -> None:
    """A BEFORE trigger that returns NULL is found by the command tag; its rows are `trigger_skipped`."""
    bench = make(
        "id bigint",
        then="""create function skip() returns trigger language plpgsql as
                'begin if new.id % 10 = 3 then return null; end if; return new; end';
                create trigger skip before insert on t for each row execute function skip()""",
    )
    written = bench.write(healed(list(range(40))))
    assert written.rejects["reason"].to_list() == ["trigger_skipped"] * 4
    assert bench.ids() == [i for i in range(40) if i % 10 != 3]


def test_foreign_key_has_no_copy_line_and_is_still_found(make, conn) -> None:
    """Faults raised at the end of the statement are halved down to the row."""
    conn.execute("create table p (id bigint primary key); insert into p select generate_series(1, 50)")
    bench = make("id bigint references p")
    written = bench.write(healed([1, 2, 99, 3, 98, 50]))
    assert written.rejects["reason"].to_list() == ["foreign_key_violation"] * 2
    assert bench.ids() == [1, 2, 3, 50]


def test_changed_table_is_noticed_inside_the_transaction(make) -> None:
    """A schema version other than the planned one stops the batch before any row is written."""
    bench = make("id bigint")
    bench.conn.execute("alter table t add column note text not null default ''")
    with pytest.raises(SchemaChanged, match="changed"):
        bench.write(healed([1, 2]))
    assert bench.ids() == []


def test_slow_batch_is_halved(make, conninfo: str) -> None:
    """Our own time limit halves the batch instead of rejecting rows or failing the run; the next ones are small at once."""
    bench = make(
        "id bigint",
        then="""create function nap() returns trigger language plpgsql as
                'begin perform pg_sleep(0.06); return new; end';
                create trigger nap before insert on t for each row execute function nap()""",
    )
    bench.writer.close()
    bench.writer = writer_of(conninfo, bench.table, bench.run, WriteOptions(timeout_s=1.0))
    written = bench.write(healed(list(range(20))))
    assert bench.ids() == list(range(20))
    assert written.rejects.is_empty()
    bench.write(healed(list(range(20, 40))), digest="d1")
    tried = [attempt for attempt, _ in bench.attempts]
    assert tried[0] > 1, "no try met the limit"
    assert tried == list(range(tried[0], tried[0] + len(tried))), (
        "the second batch began as large as the first"
    )


def test_killed_backend_is_retried(make, conninfo: str) -> None:
    """A connection lost between batches is opened again; no row is lost or doubled."""
    bench = make("id bigint")
    bench.write(healed([1, 2]))
    bench.conn.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s",
        (f"heal/{bench.run}",),
    )
    bench.write(healed([3, 4]), digest="d1")
    assert bench.ids() == [1, 2, 3, 4]


def test_a_batch_half_done_by_another_plan_goes_on(make, monkeypatch) -> None:
    """Rows that one plan settled stay settled under the next, whatever its parts and rejects are."""
    bench = make("id bigint check (id > 0)")
    monkeypatch.setattr(savepoints, "MAX_SAVEPOINTS", 1)
    first = healed([n if n % 9 else -n for n in range(1, 101)], parts=3)
    bench.stops_at = 3
    with pytest.raises(KeyboardInterrupt):
        bench.write(first)
    assert 0 < len(bench.ids()) < 89
    bench.start()
    frame = pl.concat(first.parts)
    odd = pl.col(ROW) % 2 == 1
    early = pl.DataFrame({ROW: range(10, 101, 10)}).match_to_schema(REJECTS, missing_columns="insert")
    good = frame.filter(~pl.col(ROW).is_in(early[ROW].implode()))
    written = bench.write(Healed((good.filter(odd), good.filter(~odd)), early, (), frame[ROW], None))
    assert written.already + written.loaded.len() + written.rejects.height == 100
    assert sorted(bench.ids() + bench.rejected) == list(range(1, 101))
    totals = bench.conn.execute(
        "select sum(rows_read), sum(loaded), sum(rejected) from heal.load_batches where batch = 0"
        " and source = (select max(source) from heal.load_sources)"
    ).fetchone()
    assert totals == (100, len(bench.ids()), len(bench.rejected))


def test_a_doubtful_commit_that_another_run_went_on_from_counts(make, monkeypatch) -> None:
    """The answer to COMMIT was lost, and another run took the next rows: this run's rows are still its own."""
    bench = make("id bigint")
    monkeypatch.setattr(savepoints, "MAX_SAVEPOINTS", 1)
    rows = healed(list(range(100)), parts=2)
    chunk = Chunk(0, 0, 100, 1, 1, "d0", 100, 100, b"")
    source = source_of(bench.conn, bench.table, chunk, bench.run)
    other = writer_of(bench.conninfo, bench.table, new_run(bench.conn, bench.table))
    commit = Writer._commit

    def lost(self: Writer, connection: psycopg.Connection) -> None:
        commit(self, connection)
        monkeypatch.setattr(Writer, "_commit", commit)
        other.write(rows, BatchRef(source, "b.csv", chunk), lambda *_: None)
        connection.close()
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(Writer, "_commit", lost)
    written = bench.write(rows)
    other.close()
    assert (written.loaded.len(), written.already) == (50, 50)
    assert run_totals(bench.conn, bench.run).loaded == 50
    assert sorted(bench.ids()) == list(range(100))


def test_a_superseded_source_takes_no_more_rows(make) -> None:
    """Once a longer source has taken over, a run that still works on the shorter one cannot commit."""
    bench = make("id bigint")
    chunk = Chunk(0, 0, 100, 1, 1, "d0", 2, 100, b"")
    ref = BatchRef(source_of(bench.conn, bench.table, chunk, bench.run), "a.csv", chunk)
    bench.conn.execute("update heal.load_sources set superseded_by = source where source = %s", (ref.source,))
    with pytest.raises(SourceError, match="Another run goes on with this source"):
        bench.writer.write(healed([1, 2]), ref, lambda *_: None)
    assert bench.ids() == []


def test_a_lost_commit_of_a_whole_run_is_not_loaded_again_blindly(make) -> None:
    """Without a ledger nobody can tell whether the rows are there: no advice to run it again."""
    bench = make("id bigint", ledger=False)
    bench.writer = writer_of(bench.conninfo, bench.table, bench.run, WriteOptions(atomic=True), ledger=False)
    bench.write(healed([1, 2]))
    bench.conn.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s",
        (f"heal/{bench.run}",),
    )
    with pytest.raises(
        WriteError, match="nobody can tell whether the rows of this run are in the table"
    ) as told:
        bench.writer.finish(lambda connection: None)
    assert told.value.hint == "Look for them in the table before you load them again"


def test_a_refusal_that_comes_with_the_end_of_the_connection_is_retried(make, monkeypatch) -> None:
    """The server's last words were about a row, but nobody can settle that row any more: the batch is sent again."""
    bench = make("id bigint unique")
    bench.write(healed([7]))
    load, calls = Loader.load, []

    def refused_and_cut(self: Loader, cursor: psycopg.Cursor, rows: pl.DataFrame) -> int:
        calls.append(rows.height)
        try:
            return load(self, cursor, rows)
        except psycopg.errors.UniqueViolation:
            if len(calls) == 1:
                cursor.connection.pgconn.finish()
            raise

    monkeypatch.setattr(Loader, "load", refused_and_cut)
    written = bench.write(healed([6, 7, 8]), digest="d1")
    assert (bench.ids(), written.rejects[ROW].to_list()) == ([7, 6, 8], [2])


CURSE = """create function curse() returns trigger language plpgsql as $$
begin if new.note like '%cursed%' then raise exception 'cursed'; end if; return new; end $$;
create trigger t before insert on t for each row execute function curse()"""


@pytest.mark.parametrize("amount", ["numeric", "int"])
@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\r\nb", "a\n\n\nb", "fine"])
@pytest.mark.parametrize("mode", ["reject", "update"])
def test_texts_of_several_lines_blame_no_other_row(lab, amount, text, mode) -> None:
    """Of a COPY of CSV the server counts lines, also those within quotes, where heal counts rows."""
    lab.conn.execute(f"create table t (id int primary key, amount {amount}, note text); {CURSE}")
    notes = [text, *["plain", text] * 30]
    for row in (2, 41):
        notes[row - 1] = f"cursed {text}"
    amounts = ["1.5" if amount == "numeric" else 1] * len(notes)
    loaded = lab.load({"id": [*range(1, 62)], "amount": amounts, "note": notes},
                      options=WriteOptions(on_conflict=mode))  # fmt: skip
    assert set(loaded.rejects) == {2, 41}
    assert loaded.totals.loaded == 59
