"""What runs teach, through the Python API: loaded once with --map, the next load knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import heal_cli
from heal_cli.patterns import State, read_knowledge

IDS = {"a.csv": 0, "b.csv": 1_000_000, "c.csv": 2_000_000}


@pytest.fixture
def notes(retrying) -> Iterator:
    """Loads into t(id, body, n); schema heal is dropped afterwards, for the module shares a database."""
    retrying.conn.execute("create table t (id int primary key, body text, n int)")
    yield retrying
    retrying.conn.execute("drop schema if exists heal cascade")


def rows(name: str, *columns: str, count: int = 20, value: str = "text {}") -> str:
    """A file with an id and columns of texts."""
    lines = [f"{IDS[name] + k},{','.join(value.format(k) for _ in columns)}" for k in range(count)]
    return "\n".join([",".join(("id", *columns)), *lines]) + "\n"


def load(notes, name: str, *columns: str, count: int = 20, value: str = "text {}", **options):
    """Load such a file."""
    return notes.load(rows(name, *columns, count=count, value=value), name=name, **options)


def placed(report) -> dict[str, str]:
    """Source -> target of all but `id`."""
    return {c.source: c.column.name for c in report.plan.columns if c.column.name != "id"}


def learned(notes) -> dict[str, str]:
    """Source -> target of what the database has learned and not given up."""
    return {each.source: each.target for each in read_knowledge(notes.conn).learned if not each.state.is_out}


def test_a_map_that_loaded_teaches_the_next_load(notes) -> None:
    """It takes the match alone, says which run taught it, and moves its confidence from 0.5."""
    first = load(notes, "a.csv", "zwurk", map=["zwurk=body"])
    second = load(notes, "b.csv", "zwurk")
    (column,) = [c for c in second.plan.columns if c.column.name == "body"]
    assert (column.match.winner.tier, column.match.winner.confidence) == ("learned", 0.7)
    assert first.run in column.match.winner.evidence[0]
    assert [(t.before, t.after) for t in second.trials] == [(0.5, pytest.approx(0.6))]
    assert notes.all("select count(body) from t") == [(40,)]


def test_plan_shows_it_before_anything_is_written(notes) -> None:
    """`heal plan` asks the database, too."""
    first = load(notes, "a.csv", "zwurk", map=["zwurk=body"])
    path = notes.folder / "b.csv"
    path.write_text(rows("b.csv", "zwurk"))
    report = heal_cli.plan(path, table="t", **notes.options)
    assert first.run in report.plan.columns[1].match.winner.evidence[0]


def test_another_shape_and_another_table_know_nothing_of_it(notes) -> None:
    """A lesson is for one table and one set of columns."""
    load(notes, "a.csv", "zwurk", map=["zwurk=body"])
    assert placed(load(notes, "b.csv", "zwurk", "qlfg")) == {}
    notes.conn.execute("create table u (id int primary key, body text, n int)")
    assert placed(load(notes, "c.csv", "zwurk", table="u")) == {}


def test_a_match_with_a_fault_teaches_nothing(notes) -> None:
    """One row that did not convert is enough."""
    text = rows("a.csv", "zwurk", value="{}") + "99,x\n"
    assert notes.load(text, map=["zwurk=n"]).rows.rejected == 1
    assert learned(notes) == {}


def test_a_column_without_values_teaches_nothing(notes) -> None:
    """No row spoke for it."""
    load(notes, "a.csv", "zwurk", value="", map=["zwurk=body"])
    assert learned(notes) == {}


def test_a_dry_run_teaches_nothing(notes) -> None:
    """It leaves no trace at all."""
    load(notes, "a.csv", "zwurk", map=["zwurk=body"])
    load(notes, "b.csv", "qlfg", map=["qlfg=body"], dry_run=True)
    assert learned(notes) == {"zwurk": "body"}


@pytest.mark.parametrize(("count", "expected"), [(2000, {}), (2100, {"unit_prise": "unit_price"})])
def test_likeness_teaches_only_by_rows_it_was_not_derived_from(notes, count: int, expected: dict) -> None:
    """The rows that matching looked at are no witnesses."""
    notes.conn.execute("alter table t add unit_price numeric")
    report = load(notes, "a.csv", "unit_prise", count=count, value="{}.5")
    assert placed(report) == {"unit_prise": "unit_price"}
    assert learned(notes) == expected


def test_a_saved_plan_that_loaded_teaches(notes) -> None:
    """A person reviewed it."""
    from heal_cli.heal import plan_text

    path = notes.folder / "a.csv"
    path.write_text(rows("a.csv", "zwurk"))
    saved = notes.folder / "plan.toml"
    saved.write_text(plan_text(heal_cli.plan(path, table="t", map=["zwurk=body"], **notes.options).plan))
    load(notes, "a.csv", "zwurk", plan=str(saved))
    assert learned(notes) == {"zwurk": "body"}
    assert placed(load(notes, "b.csv", "zwurk")) == {"zwurk": "body"}


def test_one_wrong_map_does_not_outlive_the_right_one(notes) -> None:
    """What is said otherwise later counts against it at once."""
    load(notes, "a.csv", "zwurk", "qlfg", map=["zwurk=body"])
    load(notes, "b.csv", "zwurk", "qlfg", map=["qlfg=body"])
    assert placed(load(notes, "c.csv", "zwurk", "qlfg")) == {"qlfg": "body"}


def test_a_wrong_map_never_beats_a_name_or_a_pattern(notes) -> None:
    """With ten runs behind it, in a database that has seen nothing else."""
    notes.conn.execute("create table messages (id int primary key, role text)")
    text = "id,sender,zwurk\n" + "".join(f"{k},user,assistant\n" for k in range(20))
    notes.load(text, table="messages", map=["zwurk=role"])
    (each,) = read_knowledge(notes.conn).learned
    notes.conn.execute(
        "insert into heal.pattern_trials select %s, gen_random_uuid(), 's', true from generate_series(1, 10)",
        (each.id,),
    )
    notes.conn.execute("delete from heal.pattern_trials where pattern like 'messages%'")
    report = notes.load(text.replace("user", "bot"), name="b.csv", table="messages", again=True)
    assert placed(report) == {"sender": "role"}


def test_an_overruled_pattern_counts_a_failure_once_a_shape(notes) -> None:
    """However often the same file is loaded with the same --map."""
    notes.conn.execute("create table messages (id int, role text)")
    for k in range(3):
        text = "id,sender,zwurk\n" + f"{k},user,assistant\n"
        notes.load(text, name=f"{k}.csv", table="messages", map=["zwurk=role"])
    tally = read_knowledge(notes.conn).tallies["messages_sender_to_role"]
    assert (tally.successes, tally.trials) == (0, 1)


def test_significance_is_asked_of_the_database(notes) -> None:
    """30 trials at 95 %, unless said otherwise; nothing is known of a pattern that nobody tried."""
    load(notes, "a.csv", "zwurk", map=["zwurk=body"])
    (each,) = read_knowledge(notes.conn).learned
    ask = {"dsn": notes.dsn}
    assert not heal_cli.is_statistically_significant(each.id, **ask)
    notes.conn.execute(
        "insert into heal.pattern_trials select %s, gen_random_uuid(), 's', true from generate_series(1, 29)",
        (each.id,),
    )
    assert not heal_cli.is_statistically_significant(each.id, **ask)
    assert heal_cli.is_statistically_significant(each.id, 20, 0.99, **ask)
    assert not heal_cli.is_statistically_significant("nobody", 0, **ask)


def test_promotion_is_automatic_and_told(notes) -> None:
    """The run that makes it 30 says so."""
    load(notes, "a.csv", "zwurk", map=["zwurk=body"])
    (each,) = read_knowledge(notes.conn).learned
    notes.conn.execute(
        "insert into heal.pattern_trials select %s, gen_random_uuid(), 's', true from generate_series(1, 29)",
        (each.id,),
    )
    report = load(notes, "b.csv", "zwurk")
    assert any(
        note.startswith(f"Pattern {each.id} is promoted now: 30 of 30 trials") for note in report.notes
    )
    assert read_knowledge(notes.conn).learned[0].state is State.PROMOTED


def test_what_an_undone_run_taught_is_proposed_no_more_until_it_is_said_again(notes) -> None:
    """An undo counts against the lesson; the same --map later gives it another chance."""
    run = load(notes, "a.csv", "zwurk", map=["zwurk=body"]).run
    heal_cli.undo(run, dsn=notes.dsn, state_dir=notes.options["state_dir"])
    assert learned(notes) == {}
    assert placed(load(notes, "b.csv", "zwurk")) == {}
    load(notes, "c.csv", "zwurk", map=["zwurk=body"])
    assert learned(notes) == {"zwurk": "body"}


def test_matches_that_are_no_matter_of_course_are_put_on_record(notes) -> None:
    """What each looked like and what came of it, once a run; an undo turns it into a failure."""
    notes.conn.execute("alter table t add unit_price numeric")
    report = load(notes, "a.csv", "unit_prise", value="{}.5")
    query = "select target, tier, type_fit, success from heal.match_trials"
    ((target, tier, fit, success),) = notes.all(query)
    assert (target.rpartition(".")[2], tier, fit, success) == ("unit_price", "fuzzy", 1.0, True)
    heal_cli.undo(report.run, **notes.options)
    assert [row[3] for row in notes.all(query)] == [False]
