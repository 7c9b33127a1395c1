"""Events of change-data capture: the row after the change is the record, a delete is a reject."""

from __future__ import annotations

import pytest
from json_batches import batches, one, open_bytes, rows

from heal_cli.model import ROW
from heal_cli.read import read_alone, shape_of

EVENTS = (
    '{"before":null,"after":{"id":1,"name":"x"},"source":{"db":"a"},"op":"c","ts_ms":1}',
    '{"before":{"id":1,"name":"x"},"after":{"id":1,"name":"y"},"op":"u","ts_ms":2}',
    '{"before":{"id":1,"name":"y"},"after":null,"op":"d","ts_ms":3}',
    '{"before":null,"after":{"id":2,"name":"z"},"op":"r","ts_ms":4}',
)
WRAPPED = tuple(f'{{"schema":{{"type":"struct"}},"payload":{event}}}' for event in EVENTS)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("\n".join(EVENTS), "after"),
        ("\n".join(WRAPPED), "payload.after"),
        (f"[{','.join(EVENTS)}]", "after"),
        ("\n".join(EVENTS[:2] + EVENTS[2:]).replace('{"id"', '{\n"id"'), "after"),
    ],
)
def test_the_row_after_the_change_is_loaded(text: str, path: str) -> None:
    """In lines, arrays and indented values; the plan says where the rows are."""
    reader = open_bytes(text.encode())
    batch = reader.sample()
    assert [(row[ROW], row["id"], row["name"]) for row in rows(batch)] == [
        (1, "1", "x"),
        (2, "1", "y"),
        (4, "2", "z"),
    ]
    assert batch.broken.select(ROW, "reason").rows() == [(3, "no_row_after")]
    told = {finding.what: finding.value for finding in reader.source.findings}
    assert told["changes"] == path


def test_a_reject_is_the_event_as_the_file_has_it_and_stays_one_when_tried_again() -> None:
    """Its bytes are whole, and alone it is read by what the source was."""
    reader = open_bytes("\n".join(EVENTS).encode())
    batch = reader.sample()
    (raw,) = batch.locate(batch.broken[ROW])["raw"].to_list()
    assert raw == EVENTS[2].encode()
    again = read_alone([raw], [3], shape_of(reader.options), batch.chunk)
    assert again.broken["attempts"].to_list() == batch.broken["attempts"].to_list()
    assert again.broken["attempts"].to_list() == [
        ["the event says op 'd' (delete), after which there is no row"]
    ]


def test_what_stands_between_events_is_a_reject() -> None:
    """Tombstones, other objects behind the first ones, and lines that are no JSON."""
    text = "\n".join([*EVENTS[:1] * 120, "null", '{"id":3}', '{"after":nul'])
    (batch,) = batches(text.encode())
    assert batch.frame.height == 120
    assert batch.broken["reason"].to_list() == ["not_an_object", "no_row_after", "invalid_json"]
    assert batch.broken["attempts"].to_list()[1] == ["the object is no event of a change, as the others are"]


@pytest.mark.parametrize(
    "text",
    [
        '{"op":"c","after":"2024-01-02","ts_ms":1}\n{"op":"r","after":"2024-01-03","ts_ms":2}',
        '{"op":"c","after":{"id":1}}\n{"op":"c","after":{"id":2}}',
        "\n".join([*EVENTS, '{"id":3}']),
    ],
)
def test_objects_with_such_keys_are_no_events(text: str) -> None:
    """All of the first objects have to be events, with a row where there should be one."""
    assert "after" in one(text.encode()).frame.columns


def test_a_told_path_takes_the_events_themselves() -> None:
    """--json-path . has the last word."""
    (batch,) = batches("\n".join(EVENTS).encode(), json_path=".")
    assert batch.frame.columns == [ROW, "before", "after", "source", "op", "ts_ms"]


def test_rows_of_mongodb_are_json_in_a_text() -> None:
    """Debezium's connector writes them so."""
    text = r'{"after":"{\"_id\":1,\"n\":\"x\"}","op":"c","ts_ms":1}'
    assert rows(one(f"{text}\n{text}".encode()))[0] == {ROW: 1, "_id": "1", "n": "x"}
