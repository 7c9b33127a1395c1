"""Values inside of objects as columns of their own."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from heal_cli.model import ROW, Batch, ReadOptions
from heal_cli.read import inner_values, open_source, unnest
from heal_cli.read.json_mend import mend
from heal_cli.read.nested import OBJECT


def batch_of(records: list[object], targets: list[str]) -> Batch:
    """The records, read for a table of those columns."""
    data = "\n".join(map(json.dumps, records)).encode()
    reader = unnest(open_source("-", ReadOptions(json_path="."), stdin=io.BytesIO(data)), targets)
    (chunk,) = reader.chunks()
    return reader.parse(chunk)


def test_a_target_that_is_called_like_a_path_gets_its_values() -> None:
    """`user.name` goes to `user_name`; the object stays, for the keys that nobody takes."""
    records = [
        {"id": 1, "user": {"name": "Ada", "home": {"city": "London"}}},
        {"id": 2, "user": {"home": None}},
        {"id": 3, "user": None},
        {"id": 4, "user": {"name": None}},
    ]
    batch = batch_of(records, ["id", "user_name", "UserHomeCity", "other"])
    assert batch.frame.columns == [ROW, "id", "user", "user.name", "user.home.city"]
    assert batch.frame["user.name"].to_list() == ["Ada", None, None, None]
    assert batch.absent["user.name"].to_list() == [False, True, True, False]
    assert batch.frame["user.home.city"].to_list() == ["London", None, None, None]


def test_a_column_of_that_name_is_not_touched() -> None:
    """What the source calls `user_name` itself is nearer than what an object holds."""
    batch = batch_of([{"user_name": "x", "user": {"name": "y"}}], ["user_name"])
    assert batch.frame.columns == [ROW, "user_name", "user"]


def test_records_that_an_export_has_wrapped() -> None:
    """What stands below the key of the wrapping is called as it is there."""
    hits: list[object] = [
        {"_index": "p", "_id": str(i), "_source": {"name": f"n{i}", "home": {"city": "X"}}} for i in range(2)
    ]
    batch = batch_of(hits, ["id", "name", "home_city", "index"])
    assert batch.frame.columns == [ROW, "_index", "_id", "_source", "_source.name", "_source.home.city"]
    assert batch.frame["_source.name"].to_list() == ["n0", "n1"]


def test_values_of_dynamodb_have_their_type_as_key() -> None:
    """The value is below it; a key with values of two types is left alone."""
    items: list[object] = [
        {"Item": {"id": {"S": "x"}, "n": {"N": "5"}, "v": {"S": "1"}}},
        {"Item": {"id": {"S": "y"}, "n": {"NULL": True}, "v": {"N": "1"}}},
    ]
    batch = batch_of(items, ["id", "n", "v"])
    assert batch.frame.columns == [ROW, "Item", "Item.id.S", "Item.n.N"]
    assert batch.frame["Item.n.N"].to_list() == ["5", None]


def test_a_value_of_another_type_is_a_reject() -> None:
    """A list where the first rows have sets of texts is no null."""
    values: list[object] = [{"SS": ["a"]}, {"L": [{"S": "b"}]}]
    batch = batch_of([{"Item": {"tags": value}} for value in values], ["tags"])
    assert batch.frame["Item.tags.SS"].to_list() == ['["a"]']
    assert batch.broken.select(ROW, "reason", "value").rows() == [(2, "other_type", '{"L": [{"S": "b"}]}')]


def test_a_key_like_that_of_a_wrapping_is_an_object_like_others() -> None:
    """Without the keys that an export has beside it, `fields.name` is no `name`."""
    batch = batch_of([{"n": 1, "fields": {"name": "x"}, "node": {"name": "y"}}], ["n", "name"])
    assert batch.frame.columns == [ROW, "n", "fields", "node"]


def test_two_paths_of_one_name_are_left_alone() -> None:
    """Nobody can tell which is meant."""
    batch = batch_of([{"a": {"b_c": 1, "b": {"c": 2}}}], ["a_b_c"])
    assert batch.frame.columns == [ROW, "a"]


def test_an_object_that_cannot_be_taken_apart_is_a_reject() -> None:
    """A key that is there twice has no value to give."""
    data = b'{"id": 1, "user": {"name": "x"}}\n{"id": 2, "user": {"name": "y", "name": "z"}}\n'
    reader = unnest(open_source("-", ReadOptions(), stdin=io.BytesIO(data)), ["user_name"])
    batch = reader.sample()
    assert batch.frame.select(ROW, "user.name").rows() == [(1, "x")]
    assert batch.broken.select(ROW, "reason", "column").rows() == [(2, "duplicate_key", "user.name")]
    assert batch.locate(batch.broken[ROW])["line"].to_list() == [2]


def test_braces_around_something_else_are_no_objects() -> None:
    """Dicts of Python and ids in braces are looked at once, and not mended one by one; mendable objects are opened."""
    records = [
        {"id": "{550E8400-E29B}", "dict": "{'a': 1}", "odd": '{ // note\n"x": 1,}', "object": {"y": 2}},
    ]
    data = "\n".join(map(json.dumps, records)).encode()
    batch = open_source("-", ReadOptions(), stdin=io.BytesIO(data)).sample()
    assert inner_values(batch, [], rows=10).paths == {"odd.x": ("odd", "x"), "object.y": ("object", "y")}


@given(st.text('{}/*,": \n\t1a', max_size=12).map(lambda text: "{" + text))
@settings(max_examples=1000)
def test_whatever_can_be_mended_is_seen_to_be_an_object(text: str) -> None:
    """The first signs tell no object that reading would have found from what is none."""
    assert mend(text.encode()) is None or re.match(OBJECT, text)


def test_fields_of_typed_structs_are_values_too(tmp_path: Path) -> None:
    """A Parquet struct is taken apart as an object is."""
    path = tmp_path / "a.parquet"
    pl.DataFrame({"user": [{"name": "Ada", "age": 36}]}).write_parquet(path)
    reader = unnest(open_source(str(path), ReadOptions()), ["user_age"])
    assert reader.sample().frame["user.age"].to_list() == [36]
    assert [series.to_list() for series in reader.column("user.age")] == [[36]]


@settings(max_examples=40)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "o": st.none()
                | st.fixed_dictionaries(
                    {},
                    optional={
                        "k": st.integers()
                        | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
                    },
                )
            }
        ),
        min_size=1,
        max_size=8,
    )
)
def test_each_row_keeps_its_own_value(records: list[dict[str, dict[str, object] | None]]) -> None:
    """Whatever its neighbours hold."""
    batch = batch_of([{"o": {"k": 0}}, *records], ["o_k"])
    expected = [record["o"].get("k") if record["o"] else None for record in records]
    assert batch.frame["o.k"].to_list()[1:] == [None if value is None else str(value) for value in expected]
