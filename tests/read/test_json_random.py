"""JSONL at random: objects that come back, and lines that are damaged."""

from __future__ import annotations

import json

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from json_batches import batches, one, rows

from heal_cli.model import ROW

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
records = st.dictionaries(
    st.sampled_from(["a", "b", "é\n", "__row", "*"]) | st.text(max_size=3), values, max_size=5
)


def as_text(value: object, *, ensure_ascii: bool) -> str | None:
    """What a value should come out as."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=ensure_ascii)


@settings(max_examples=40)
@given(
    st.lists(records, min_size=1, max_size=8), st.booleans(), st.integers(1, 200), st.sampled_from([1, 150])
)
@example([{"a": ""}, {"a": "\\"}], True, 9, 1)
def test_any_records_come_back(
    objects: list[dict[str, object]], ensure_ascii: bool, batch_bytes: int, times: int
) -> None:
    """Every object that can be a row comes back with its own keys and values, whatever lies beside it."""
    lines = [json.dumps(record, ensure_ascii=ensure_ascii) for record in objects] * times
    got = batches("\n".join(lines).encode("utf-8", "surrogatepass"), batch_bytes * times, ".")
    found = {row[ROW]: row for batch in got for row in rows(batch)}
    lost = {row: reason for batch in got for row, reason in batch.broken.select(ROW, "reason").iter_rows()}
    assert sum(batch.chunk.rows for batch in got) == len(lines) == len(found) + len(lost)
    for number, record in enumerate(objects * times, start=1):
        if number in lost:
            top = [*record, *(value for value in record.values() if isinstance(value, str))]
            assert lost[number] == "nul_byte"
            assert "\0" in "".join(top)
            continue
        expected = {
            f"{key}_" if key in {"__row", "*"} else key: as_text(value, ensure_ascii=ensure_ascii)
            for key, value in record.items()
        }
        assert found[number] == {ROW: number, **expected}


@settings(max_examples=40)
@given(st.data())
def test_mutated_lines_agree_with_the_standard_parser(data: st.DataObject) -> None:
    """A line is a record exactly when the standard library's strictest parser finds an object in it, or a heal says what was mended."""
    good = '{"a": 1, "b": "x\\n", "c": [1, {"k": null}], "d": -1.5e3, "e": true}'
    position = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 3))
    piece = data.draw(
        st.sampled_from(
            [
                '"',
                "\\",
                "{",
                "}",
                "[",
                "]",
                ",",
                ":",
                " ",
                "0",
                "-",
                ".",
                "e",
                "\t",
                "\\u00",
                "é",
                "\x7f",
                "\x00",
            ]
        )
        | st.just("")
    )
    line = good[:position] + piece + good[position + cut :]
    batch = one("\n".join([good] * 300 + [line] + [good] * 300).encode())
    assert batch.chunk.rows == 601 == batch.frame.height + batch.broken.height
    try:
        pairs = json.loads(line, object_pairs_hook=lambda pairs: pairs, parse_constant=lambda name: 1 / 0)
        is_record = line.lstrip(" \t").startswith("{") and len({key for key, _ in pairs}) == len(pairs)
    except (ValueError, ZeroDivisionError):
        is_record = False
    is_mended = any(mask.any() for mask in batch.mended.values())
    assert not (is_record and is_mended)
    assert batch.broken.is_empty() == (is_record or is_mended)
    if is_record:
        parsed = json.loads(line)
        row = batch.frame.filter(pl.col(ROW) == 301).to_dicts()[0]
        assert {key: json.loads(row[key]) for key in parsed if not isinstance(parsed[key], str | None)} == {
            key: value for key, value in parsed.items() if not isinstance(value, str | None)
        }
        assert {key: row[key] for key in parsed if isinstance(parsed[key], str | None)} == {
            key: value for key, value in parsed.items() if isinstance(value, str | None)
        }
