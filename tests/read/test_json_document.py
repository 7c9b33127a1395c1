"""JSON documents: arrays, wrapping objects, values one after the other, and what breaks in them."""

from __future__ import annotations

import gzip
import io
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from json_batches import check_conserved

from heal_cli.errors import SourceError, UsageError
from heal_cli.model import ROW, Batch, Format, ReadOptions
from heal_cli.read import SourceReader, open_source


def open_bytes(data: bytes, **options: object) -> SourceReader:
    """A reader of these bytes."""
    return open_source("-", ReadOptions(**options), stdin=io.BytesIO(data))  # type: ignore[arg-type]


def batches(data: bytes, **options: object) -> list[Batch]:
    """All batches, in order."""
    reader = open_bytes(data, **options)
    return [reader.parse(chunk) for chunk in reader.chunks()]


def values(data: bytes, **options: object) -> list[str | None]:
    """Column `a` of all rows."""
    return [value for batch in batches(data, **options) for value in batch.frame["a"]]


@pytest.mark.parametrize(
    "data",
    [
        b'[{"a":1},{"a":2},{"a":3}]',
        b'[\n  {"a": 1},\n  {"a": 2},\n  {"a": 3}\n]\n',
        b'[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  },\n  {\n    "a": 3\n  }\n]\n',
        b'{"count": 3, "data": {"items": [{"a":1},{"a":2},{"a":3}], "next": null}}',
        b'{"a":1}{"a":2} {"a":3}',
        b'{\n "a": 1\n}\n{\n "a": 2\n}\n{\n "a": 3\n}',
        b'{"a":1},\n{"a":2},\n{"a":3}\n',
        b'\x1e{"a":1}\n\x1e{"a":2}\n\x1e{"a":3}\n',
        b'[{"a":1},{"a":2}]\n[{"a":3}]\n',
        b'// by hand\n[{"a":1}, /* the second */ {"a":2},\n{"a":3},\n]',
        '[{"a":1},{"a":2},{"a":3}]'.encode("utf-16"),
        gzip.compress(b'[{"a":1},{"a":2},{"a":3}]', mtime=0),
    ],
)
def test_any_layout_gives_the_same_rows(data: bytes) -> None:
    """Lines or no lines, brackets or none: the records are the same."""
    assert values(data) == ["1", "2", "3"]
    assert open_bytes(data).source.format is Format.JSON


@pytest.mark.parametrize(
    ("beside", "path"),
    [
        ('"startAt":0,"maxResults":50,"total":2', "orders"),
        ('"page":1,"per_page":2,"status":"ok"', "orders"),
        ('"has_more":false,"url":"/v1/orders"', "orders"),
        ('"id":7,"page":1', None),
        ('"status":"ok","total":12.5', None),
    ],
)
def test_a_list_among_its_pages_is_the_records(beside: str, path: str | None) -> None:
    """Whatever it is called, if all that stands beside it is about pages; an order with its lines is a record."""
    reader = open_bytes(f'{{{beside},"orders":[{{"a":1}},{{"a":2}}]}}'.encode())
    assert [finding.value for finding in reader.source.findings if finding.what == "path"] == [path] * bool(
        path
    )


def test_a_bulk_request_is_refused() -> None:
    """Its action lines are no records, and would be loaded as rows of nulls."""
    data = b'{"index":{"_index":"i","_id":"1"}}\n{"a":1}\n{"create":{"_id":"2"}}\n{"a":2}\n'
    with pytest.raises(SourceError, match="is a bulk request of Elasticsearch") as caught:
        open_bytes(data)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(
        "Take those lines out: grep -vE '^{\"(index|create)\":' - | heal load -"
    )
    assert values(b'{"index":{"a":1},"a":1}\n{"a":2}\n') == ["1", "2"]


def test_the_path_to_the_records_is_found_and_shown() -> None:
    """An object that wraps a list says where the list was."""
    found = open_bytes(b'{"count": 2, "data": {"items": [{"a":1},{"a":2}]}}').source.findings
    assert [(f.value, f.flag) for f in found if f.what == "path"] == [("data.items", "--json-path")]


def test_an_object_that_has_a_list_is_a_record_unless_told() -> None:
    """An order with its lines is one row; `--json-path` takes the lines, or the whole where a list was found."""
    order = b'{"id": 7, "who": "Ada Lovelace, London", "when": "2024-01-01", "lines": [{"a":1},{"a":2}]}'
    assert batches(order)[0].frame.columns == [ROW, "id", "who", "when", "lines"]
    assert values(order, json_path="lines") == ["1", "2"]
    assert batches(b'{"items": [{"a":1}]}', json_path=".")[0].frame.rows() == [(1, '[{"a":1}]')]
    with pytest.raises(UsageError, match="has no array at --json-path 'x'"):
        open_bytes(order, json_path="x")


@pytest.mark.parametrize(
    ("data", "good", "bad"),
    [
        (b'[{"a":1},{"a":,},{"a":3}]', ["1", "3"], {2: b'{"a":,}'}),
        (b'[{"a":1},{"a":"x},{"a":3}]', ["1", "3"], {2: b'{"a":"x}'}),
        (b'[{"a":1},{"a":2,"b":{"c":2},{"a":3}]', ["1", "3"], {2: b'{"a":2,"b":{"c":2}'}),
        (b'[{"a":1},{"a":2]},{"a":3}]', ["1", "3"], {2: b'{"a":2]}'}),
        (b'[{"a":1},oops,{"a":3}]', ["1", "3"], {2: b"oops"}),
        (b'[{"a":1},17,{"a":3}]', ["1", "3"], {2: b"17"}),
        (b'[{"a":1},{"a":"\xff"},{"a":3}]', ["1", "3"], {2: b'{"a":"\xff"}'}),
        (b'[{"a":1},{"a":1,"a":2},{"a":3}]', ["1", "3"], {2: b'{"a":1,"a":2}'}),
        (b'[{"a":1},{"a":,"b":[{"a":7},{"a":8}]},{"a":3}]', ["1", "3"], {2: b'{"a":,"b":[{"a":7},{"a":8}]}'}),
        (b'{"a":1}\n{"a":\n}\n{\n"a":3}', ["1", "3"], {2: b'{"a":\n}'}),
        (b'[{"a":1} {"a":3}]', ["1", "3"], {}),
    ],
)
def test_a_broken_record_costs_itself(data: bytes, good: list[str], bad: dict[int, bytes]) -> None:
    """Its neighbours are whole, and its own bytes are kept exactly, with where they stood."""
    got = batches(data)
    assert [value for batch in got for value in batch.frame["a"]] == good
    found = {}
    for batch in got:
        for row, _line, offset, raw in batch.locate(batch.broken[ROW]).iter_rows():
            found[row] = raw
            assert data[offset : offset + len(raw)] == raw
    assert found == bad


@pytest.mark.parametrize(
    ("record", "value", "rule"),
    [
        (b'{"a": 1,}', "1", "json_trailing_comma"),
        (b'{"a": [1, 2,]}', "[1, 2]", "json_trailing_comma"),
        (b'{"a": /* why */ 1}', " 1", "json_comment"),
        (b'{"a": 1 // why, so\n}', "1", "json_comment"),
        (b'{"a": NaN}', "NaN", "json_nonfinite"),
        (b'{"a": -Infinity}', "-Infinity", "json_nonfinite"),
        (b'{"a": "x\ty"}', "x\ty", "json_control_character"),
        (b'{"a": "x, // NaN,\\" ]"}', 'x, // NaN," ]', None),
    ],
)
def test_hand_written_json_is_mended_by_name(record: bytes, value: str, rule: str | None) -> None:
    """What JSON does not have is taken for what it means, and the rule is counted for its row."""
    (batch,) = batches(b'[{"a": 0},' + record + b"]")
    assert batch.frame["a"].to_list() == ["0", value.strip(" ")]
    assert {name: mask.to_list() for name, mask in batch.mended.items()} == (
        {rule: [False, True]} if rule else {}
    )


@pytest.mark.parametrize("sign", [b"\t", b"\n"])
def test_a_control_character_behind_a_backslash_is_a_reject(sign: bytes) -> None:
    """Escaped by itself it would be a backslash and a letter that nobody wrote."""
    (batch,) = batches(b'[{"a": 0},{"a": "x\\' + sign + b'y"}]')
    assert batch.frame["a"].to_list() == ["0"]
    assert batch.broken["reason"].to_list() == ["invalid_json"]


@pytest.mark.parametrize("end", [b"", b',{"a": 3', b',{"a": 3}', b",", b'],"x":'])
def test_a_document_that_is_cut_off_says_so(end: bytes) -> None:
    """The records that were whole come out first."""
    head = b'{"data": [' if b"x" in end else b"["
    reader = open_bytes(head + b'{"a": 1},{"a": 2}' + end)
    chunks = reader.chunks()
    assert reader.parse(next(chunks)).frame["a"].to_list()[:2] == ["1", "2"]
    with pytest.raises(SourceError, match="'-' ends before its document does"):
        list(chunks)


def test_what_follows_the_array_is_not_passed_over() -> None:
    """A second thing behind it ends the load with a word, not in silence."""
    reader = open_bytes(b'[{"a":1}] {"b":2}')
    with pytest.raises(SourceError, match="goes on with something else"):
        list(reader.chunks())


def test_a_large_document_is_read_in_pieces() -> None:
    """Chunks stay near their size, their places add up, and their parts are the whole."""
    rows = [{"a": i, "b": "}, {" * (i % 7), "c": [{"a": [i]}]} for i in range(4_000)]
    data = json.dumps({"meta": {"n": 1}, "data": rows, "end": [1]}, indent=1).encode()
    reader = open_bytes(data, batch_bytes=2**14)
    seen = 0
    for chunk in reader.chunks():
        batch = reader.parse(chunk)
        assert chunk.stop - chunk.start <= 2**14
        assert chunk.first_row == seen + 1
        places = batch.locate(batch.frame[ROW].head(1))
        assert places["offset"][0] == chunk.start
        assert places["line"][0] == chunk.first_line == 1 + data.count(b"\n", 0, chunk.start)
        assert batch.frame["a"].to_list() == [str(i) for i in range(seen, seen + chunk.rows)]
        assert batch.broken.is_empty()
        seen += chunk.rows
    assert seen == len(rows)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6
) | st.sampled_from(["},{", '"', "\\", "//", "/*", "[", '{"a":', ", ]", "\n"])
nested = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
records = st.fixed_dictionaries({"a": st.integers(0, 9)}, optional={"b": nested, "c": texts})
spellings = st.sampled_from(
    [{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": "\t", "separators": (" ,", " : ")}]
)


def spelled(objects: list[dict[str, object]], layout: str, spelling: dict[str, object]) -> bytes:
    """The objects as a document of that layout."""
    if layout == "array":
        text = json.dumps(objects, **spelling)  # type: ignore[arg-type]
    elif layout == "wrapped":
        text = json.dumps({"n": len(objects), "items": objects, "next": None}, **spelling)  # type: ignore[arg-type]
    else:
        text = layout.join(json.dumps(one, **spelling) for one in objects)  # type: ignore[arg-type]
    return text.encode()


@settings(max_examples=60)
@given(
    st.lists(records, min_size=1, max_size=9),
    st.sampled_from(["array", "wrapped", "\n", "", " ", ",\n", "\n\n"]),
    spellings,
    st.integers(1, 300),
)
def test_any_document_comes_back(
    objects: list[dict[str, object]], layout: str, spelling: dict[str, object], batch_bytes: int
) -> None:
    """Every record comes back equal, once, whatever its spelling and wherever it is cut."""
    options = {} if layout == "wrapped" else {"json_path": "."}
    got = batches(spelled(objects, layout, spelling), batch_bytes=batch_bytes, **options)
    found = []
    for batch in got:
        for i, row in enumerate(batch.frame.to_dicts()):
            kinds = batch.kinds
            found.append(
                {
                    name: value
                    if value is None
                    or kinds[name] == "string"
                    or (kinds[name] == "mixed" and batch.quoted[name][i])
                    else json.loads(value)
                    for name, value in row.items()
                    if name != ROW and not (name in batch.absent and batch.absent[name][i])
                }
            )
    assert found == objects
    assert [row for batch in got for row in batch.frame[ROW]] == list(range(1, len(objects) + 1))


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.sampled_from(["array", "wrapped", "\n", ""]), spellings)
def test_mutated_documents_keep_their_records(
    chance: random.Random, layout: str, spelling: dict[str, object]
) -> None:
    """Whatever is broken: no traceback, every number once, and bytes that are those of the file."""
    rows = [{"a": i, "b": {"c": [i, "x"]}, "d": "text"} for i in range(12)]
    data = bytearray(spelled(rows, layout, spelling))
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(data))
        data[place : place + chance.randint(0, 3)] = chance.choice(
            [b"", b'"', b"{", b"}", b"[", b"]", b",", b"\xff"]
        )
    check_conserved(bytes(data), ReadOptions(batch_bytes=200, format=Format.JSON))


def test_lines_are_lines_though_the_second_is_longer_than_the_look_ahead() -> None:
    """One whole line and the beginning of another are enough to know lines; a document is searched for its end."""
    reader = open_bytes(b'{"a":1}\n{"a":"%b"}\n{"a":3}\n' % (b"x" * 2**21))
    assert reader.source.format is Format.JSONL
    assert [len(value or "") for value in values(b'{"a":1}\n{"a":"%b"}\n' % (b"x" * 2**21))] == [1, 2**21]


def test_objects_glued_in_some_lines_are_records() -> None:
    """Several objects on one line, one on the next: each is a record, whatever the lines are."""
    (batch,) = batches(b'{"a":1}{"a":2}\n{"a":3}\n{"a":4} {"a":"}{"}\n')
    assert batch.frame["a"].to_list() == ["1", "2", "3", "4", "}{"]
