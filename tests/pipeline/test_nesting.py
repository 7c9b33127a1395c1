"""Values inside of JSON objects are matched as columns are, where the table has something to gain."""

from __future__ import annotations

import json

import pytest

import heal_cli
from heal_cli.heal import plan_text

PERSON = {"firstName": "Ada", "last-name": "Byron", "E-Mail": "ada@x.uk", "createdAt": "2024-01-01T00:00:00Z"}
COLUMNS = "id int, first_name text, last_name text, email text, created timestamptz"
RIGHT = ["Ada", "Byron", "ada@x.uk", "2024-01-01"]


def lines(records: list[object]) -> str:
    """JSON lines."""
    return "\n".join(map(json.dumps, records))


@pytest.mark.parametrize(
    "records",
    [
        [{"data": {"type": "person", "id": str(i), "attributes": PERSON}} for i in (1, 2)],
        [{"type": "person", "id": str(i), "attributes": PERSON} for i in (1, 2)],
        [{"record": {"id": i, **PERSON}} for i in (1, 2)],
        [{"_index": "p", "_id": str(i), "_source": PERSON} for i in (1, 2)],
    ],
)
def test_names_inside_of_wrappings_are_matched_as_others_are(retrying, records) -> None:
    """`createdAt` goes to `created` wherever it stands."""
    retrying.conn.execute(f"create table t ({COLUMNS})")
    retrying.load(lines(records), name="a.jsonl")
    query = "select first_name, last_name, email, created::date::text from t order by id"
    assert [list(row) for row in retrying.all(query)] == [RIGHT] * 2
    assert retrying.all("select id from t order by 1") == [(1,), (2,)]


def test_a_path_is_matched_by_its_words(retrying) -> None:
    """`total.amt` goes to `total_amount`, and nothing that two objects have goes anywhere."""
    retrying.conn.execute("create table t (id int, user_email text, total_amount numeric, name text)")
    record = {
        "id": 1,
        "user": {"eMailAddress": "a@x.de", "name": "x"},
        "by": {"name": "y"},
        "total": {"amt": 5},
    }
    retrying.load(lines([record, record]), name="a.jsonl")
    assert retrying.all() == [(1, "a@x.de", 5, None)] * 2


def test_an_object_that_a_column_takes_whole_is_left_alone(retrying) -> None:
    """A table of ids and documents gets no id out of the documents."""
    retrying.conn.execute("create table t (id serial, data jsonb)")
    retrying.load(lines([{"data": {"id": 7}}, {"data": {"id": 8}}]), name="a.jsonl")
    assert retrying.all() == [(1, {"id": 7}), (2, {"id": 8})]


def test_a_value_inside_of_an_object_can_be_named(retrying) -> None:
    """`--map` takes its path."""
    retrying.conn.execute("create table t (id int, nick text)")
    retrying.load(lines([{"id": 1, "user": {"foo": "x", "bar": "y"}}]), name="a.jsonl", map=["user.foo=nick"])
    assert retrying.all() == [(1, "x")]


def test_retry_and_a_saved_plan_find_the_values(retrying) -> None:
    """Both know the path by the plan."""
    retrying.conn.execute(f"create table t ({COLUMNS}, constraint c check (id <> 2))")
    text = lines([{"data": {"id": i, "attributes": PERSON}} for i in (1, 2)])
    report = retrying.load(text, name="a.jsonl")
    assert (report.rows.loaded, report.rows.rejected) == (1, 1)
    retrying.conn.execute("alter table t drop constraint c")
    retrying.retry()
    assert retrying.all("select id, first_name from t order by 1") == [(1, "Ada"), (2, "Ada")]
    path = retrying.folder / "a.jsonl"
    plan = heal_cli.plan(path, table="t", **retrying.options).plan
    (retrying.folder / "plan.toml").write_text(plan_text(plan))
    retrying.load(None, name="a.jsonl", plan=str(retrying.folder / "plan.toml"), again=True)
    assert retrying.all("select count(*), count(created) from t") == [(4, 4)]


def test_a_load_goes_on_with_the_values_it_began_with(retrying) -> None:
    """By the plan that is kept, whatever has been learned since."""
    retrying.conn.execute(f"create table t ({COLUMNS})")
    records: list[object] = [{"data": {"id": i, "attributes": PERSON}} for i in range(40)]
    retrying.load(lines(records), name="a.jsonl", batch_bytes=1024, limit=5)
    retrying.load(None, name="a.jsonl", batch_bytes=1024)
    assert retrying.all("select count(id), count(created), count(email) from t") == [(40, 40, 40)]


@pytest.mark.parametrize(
    "document",
    [
        {f"{1000 + i}": {"n": "x" * 50} for i in range(60)},
        [["id", "n"], *[[1000 + i, "x" * 50] for i in range(60)]],
    ],
)
def test_records_that_are_no_objects_are_loaded_once(retrying, document) -> None:
    """Also in parts, and a reject when it is tried again."""
    retrying.conn.execute("create table t (id int primary key, n text, constraint c check (id <> 1007))")
    retrying.load(json.dumps(document), name="a.json", batch_bytes=1024, limit=5)
    report = retrying.load(None, name="a.json", batch_bytes=1024)
    assert (report.rows.loaded, report.rows.rejected) == (54, 1)
    retrying.conn.execute("alter table t drop constraint c")
    retrying.retry()
    assert retrying.all("select count(*), min(id), max(id), max(n) from t") == [(60, 1000, 1059, "x" * 50)]
