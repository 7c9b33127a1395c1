"""`--mode` and a server that goes away: changes wait in their order, and happen once."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Final

import pytest
from server_away import Outage

from heal_cli.engine import run_load
from heal_cli.errors import DatabaseUnavailable
from heal_cli.pipeline import BatchWorker


@pytest.fixture
def changing(outage: Outage) -> Any:
    """A table with a primary key that holds every other key of the source, with values of its own."""
    outage.rows = 1_200
    outage.conn.execute(f"alter table {outage.table} add primary key (n)")
    outage.conn.execute(
        f"insert into {outage.table} select n, -n, 0, 'before' from generate_series(2, {outage.rows}, 2) n"
    )
    return outage


def write_changes(outage: Outage, name: str = "a.csv", amounts: tuple[int, ...] = (1, 2)) -> str:
    """A source that names every key once for each amount: the last one counts."""
    lines = [f"{n},{n},{amount}.00,the change of {n} to {amount}, long enough to fill a batch\n".replace(" to ", ": ", 1)
             for amount in amounts for n in range(1, outage.rows + 1)]  # fmt: skip
    path = outage.folder / name
    path.write_text("n,k,amount,note\n" + "".join(line.replace(", long", " long") for line in lines))
    return str(path)


def amounts(outage: Outage) -> dict[int, int]:
    """Amount -> rows that have it."""
    found = outage.conn.execute(f"select amount::int, count(*) from {outage.table} group by 1")
    return dict(found.fetchall())


def load_and_come_back(outage: Outage, **write: Any) -> Any:
    """A load whose server goes away after its first batch, and is back before the breaker's next look."""
    batches: list[object] = []

    def look(progress: Any) -> None:
        batches.append(progress)
        if len(batches) == 1:
            outage.proxy.mode = "refuse"
            outage.proxy.drop()
        elif len(batches) == 3:
            outage.proxy.heal()
            for path in (outage.folder / "state" / "fallback" / "breakers").glob("*.json"):
                path.unlink()  # closed, as when another process has just seen it work

    options = replace(outage.options, write=replace(outage.options.write, **write))
    return run_load(options, on_progress=look)


@pytest.mark.parametrize(
    ("mode", "never"), [("upsert", False), ("upsert", True), ("update", True), ("delete", False)]
)
def test_changes_wait_and_happen_once(changing: Any, mode: str, never: bool) -> None:
    """After replay the table is what an undisturbed run would have made of it."""
    write_changes(changing)
    if never:
        changing.proxy.mode = "refuse"
    else:
        changing.proxy.cut_in_copy()
    report = changing.load(write={"mode": mode})
    assert (report.exit_code, report.mode) == (5, mode)
    changing.proxy.heal()
    changing.replay()
    assert changing.spool.entries() == []
    expected = {"upsert": {2: changing.rows}, "update": {2: changing.rows // 2}, "delete": {}}
    assert amounts(changing) == expected[mode]
    assert changing.load(write={"mode": mode}).rows.already == 2 * changing.rows


def test_a_later_change_overtakes_none_that_waits(changing: Any) -> None:
    """A server that is back in mid-run gets nothing past what is spooled: else replay would put the older value back."""
    write_changes(changing)
    report = load_and_come_back(changing, mode="upsert")
    assert report.rows.spooled > changing.rows
    changing.replay()
    assert amounts(changing) == {2: changing.rows}


def test_a_later_batch_overtakes_none(changing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many workers there are, the last row of a key overwrites those before it."""
    write_changes(changing)
    process = BatchWorker.process

    def first_is_slow(worker: BatchWorker, source: Any, chunk: Any) -> Any:
        if chunk.index == 0:
            time.sleep(1)
        return process(worker, source, chunk)

    monkeypatch.setattr(BatchWorker, "process", first_is_slow)
    changing.load(write={"on_conflict": "update", "key": ("n",), "jobs": 4})
    assert amounts(changing) == {2: changing.rows}


def test_a_later_source_of_the_run_overtakes_none(changing: Any) -> None:
    """Of two files the second is spooled behind the first, wherever the server has come back."""
    first = write_changes(changing, "1.csv", amounts=(1,))
    second = write_changes(changing, "2.csv", amounts=(2,))
    changing.options = replace(changing.options, sources=(first, second))
    assert load_and_come_back(changing, mode="upsert").rows.spooled > changing.rows
    changing.replay()
    assert amounts(changing) == {2: changing.rows}


OVERWRITE: Final = {"on_conflict": "update", "key": ("n",)}


@pytest.mark.parametrize(
    ("earlier", "later", "never"),
    [
        ({"mode": "upsert"}, {"mode": "upsert"}, False),
        ({"mode": "delete"}, {"mode": "insert"}, True),
        (OVERWRITE, OVERWRITE, False),
    ],
)
def test_a_later_run_waits_behind_changes(changing: Any, earlier: Any, later: Any, never: bool) -> None:
    """The next run into the table is spooled behind the changes that wait, and comes home after them."""
    write_changes(changing, amounts=(1,))
    changing.proxy.mode = "refuse" if never else "pass"
    changing.proxy.bytes_left = None if never else 60_000
    changing.load(write=earlier)
    changing.proxy.heal()
    second = write_changes(changing, "2.csv", amounts=(2,))
    report = changing.load(sources=(second,), write=later)
    assert (report.exit_code, report.rows.spooled) == (5, changing.rows)
    assert any("Changes of" in note and "have to go in first" in note for note in report.notes)
    assert changing.replay().left == 0
    assert amounts(changing) == {2: changing.rows}


def test_nothing_waits_behind_inserts(outage: Outage) -> None:
    """Rows that only add to a table go in whenever the server takes them."""
    outage.meet_outage()
    other = outage.folder / "other.csv"
    other.write_text("n,k,amount,note\n0,-1,1.00,another\n")
    assert outage.load(sources=(str(other),)).rows.loaded == 1


def test_a_change_that_may_not_wait_is_refused(changing: Any) -> None:
    """Without a spool the later change ends with the command that brings the earlier home."""
    write_changes(changing, amounts=(1,))
    changing.proxy.mode = "refuse"
    changing.load(write={"mode": "upsert"})
    changing.proxy.heal()
    second = write_changes(changing, "2.csv", amounts=(2,))
    with pytest.raises(DatabaseUnavailable, match="have to go in first") as caught:
        changing.load(sources=(second,), fallback=replace(changing.options.fallback, spool=False))
    assert "heal replay-fallback" in str(caught.value.hint)


def test_the_same_change_again_goes_on(changing: Any) -> None:
    """The command that was cut short may bring its own rest home, in its order."""
    write_changes(changing)
    changing.proxy.cut_in_copy()
    changing.load(write={"mode": "upsert"})
    changing.proxy.heal()
    assert changing.load(write={"mode": "upsert"}).rows.spooled == 0
    assert changing.replay().rows.loaded == 0
    assert amounts(changing) == {2: changing.rows}


def test_a_change_that_fails_holds_back_those_after_it(changing: Any) -> None:
    """What replay cannot bring home yet, no later change of the same table passes."""
    first, second = write_changes(changing, amounts=(1,)), write_changes(changing, "2.csv", amounts=(2,))
    changing.proxy.mode = "refuse"
    for source, key in ((first, ("k",)), (second, ("n",))):
        changing.load(sources=(source,), write={"mode": "upsert", "key": key})
    changing.proxy.heal()
    changing.conn.execute(f"alter table {changing.table} drop constraint kept_k_key")
    assert changing.replay().left == 2
    changing.conn.execute(f"delete from {changing.table}; alter table {changing.table} add unique (k)")
    assert changing.replay().left == 0
    assert amounts(changing) == {2: changing.rows}


def test_a_changed_table_is_updated_by_key_alone(changing: Any) -> None:
    """A new plan for spooled updates asks for no value of a column that is only left as it is."""
    write_changes(changing)
    changing.proxy.cut_in_copy()
    changing.load(write={"mode": "update"})
    changing.proxy.heal()
    changing.conn.execute(f"alter table {changing.table} add must integer not null default 1")
    changing.conn.execute(f"alter table {changing.table} alter must drop default")
    assert changing.replay().left == 0
    assert amounts(changing) == {2: changing.rows // 2}


def test_rows_that_wait_by_flags_of_which_nothing_came(outage: Outage) -> None:
    """All of a first try waits, and a second one reads the source otherwise: its rows count, and each once."""
    outage.meet_outage(read=replace(outage.options.read, columns=("n", "k", "note", "amount")))
    books = "select count(*) from heal.load_batches join heal.load_sources using (source) where table_oid = %s::regclass"
    assert outage.conn.execute(books, (outage.table,)).fetchone() == (0,)
    outage.load()
    outage.replay()
    outage.check()
    assert outage.load().rows.already == outage.rows
