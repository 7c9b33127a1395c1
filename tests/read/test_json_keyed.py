"""Documents whose records are the values of one object, by their keys."""

from __future__ import annotations

import pytest
from json_batches import open_document

from heal_cli.model import ROW


@pytest.mark.parametrize(
    ("keys", "column"),
    [
        (["17", "18"], "id"),
        (["ORD-0001", "ORD-0002"], "id"),
        (["-NxAbcdefghijklmnop1", "-NxAbcdefghijklmnop2"], "id"),
        (["2024-01-02", "2024-01-03"], "date"),
        (["2024-01-02 10:00", "2024-01-02 10:05"], "timestamp"),
    ],
)
@pytest.mark.parametrize("path", ["", "users"])
def test_the_key_of_each_object_is_a_value_of_it(keys: list[str], column: str, path: str) -> None:
    """Objects by their ids, days or times, at the top or below a key."""
    document: object = {key: {"n": place} for place, key in enumerate(keys)}
    reader = open_document({path: document} if path else document)
    assert reader.sample().frame.rows() == [(1, keys[0], "0"), (2, keys[1], "1")]
    assert reader.source.columns == (column, "n")
    told = [finding.value for finding in reader.source.findings if finding.what == "path"]
    assert told == ["users.*" if path else "*"]


def test_objects_by_names_are_a_question() -> None:
    """An order with two addresses is one record; the finding says how to take each for one."""
    document = {"billing": {"city": "X"}, "shipping": {"city": "Y"}}
    reader = open_document(document)
    assert reader.sample().frame.columns == [ROW, "billing", "shipping"]
    (found,) = [finding for finding in reader.source.findings if finding.what == "records"]
    assert found.evidence.endswith("--json-path '*' takes each of them for a record")
    told = open_document(document, json_path="*").sample().frame
    assert told.rows() == [(1, "billing", "X"), (2, "shipping", "Y")]
    items = {"1": {"n": 1}, "2": {"n": 2}}
    assert open_document({"id": 7, "who": "x" * 99, "by": items}).source.columns == ("id", "who", "by")
    series = {f"2024-01-{day}": {"open": day} for day in range(10, 31)}
    assert open_document({"meta": {"symbol": "X"}, "daily": series}).source.columns == ("date", "open")
