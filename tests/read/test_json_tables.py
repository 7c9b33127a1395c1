"""Records that are no objects of their own: arrays under a header, values by their keys."""

from __future__ import annotations

import json
import random

import pytest
from json_batches import check_conserved, open_document

from heal_cli.model import ROW, Batch, Chunk, ReadOptions
from heal_cli.read import SourceReader, read_alone, shape_of

ROWS = [(1, "a", 1.5), (2, "b", None), (3, 'c"\n', 1e300)]
TEXTS = [("1", "a", "1.5"), ("2", "b", None), ("3", 'c"\n', "1e+300")]
NAMES = ["id", "name", "v"]
RECORDS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]


def batches(reader: SourceReader) -> list[Batch]:
    """All of them."""
    return [reader.parse(chunk) for chunk in reader.chunks()]


@pytest.mark.parametrize(
    "document",
    [
        {"columns": NAMES, "index": [0, 1, 2], "data": ROWS},
        {"columns": NAMES, "data": ROWS},
        {"data": ROWS, "columns": NAMES},
        {"database": "d", "columns": NAMES, "rows": ROWS, "truncated": False},
        {"meta": [{"name": name, "type": "String"} for name in NAMES], "data": ROWS, "rows": 3},
        {"meta": {"view": {"id": "x", "columns": [{"fieldName": name} for name in NAMES]}}, "data": ROWS},
        {"resultSetMetaData": {"rowType": [{"name": name} for name in NAMES]}, "data": ROWS},
        {"range": "A1:C3", "majorDimension": "ROWS", "values": [NAMES, *ROWS]},
        [NAMES, *ROWS],
        b"\n".join(json.dumps(row).encode() for row in [NAMES, *ROWS]),
        {str(place): record for place, record in enumerate(RECORDS)},
        [{"page": 1, "pages": 1, "total": 3}, RECORDS],
    ],
)
@pytest.mark.parametrize("batch_bytes", [1, 2**20])
def test_each_form_gives_the_same_rows(document: object, batch_bytes: int) -> None:
    """What tools write by default is read without a flag, also record by record."""
    got = batches(open_document(document, batch_bytes=batch_bytes))
    assert got[0].frame.columns == [ROW, *NAMES]
    assert [row for batch in got for row in batch.frame.drop(ROW).rows()] == TEXTS
    assert sum(batch.broken.height for batch in got) == 0


def test_arrays_without_names_have_none() -> None:
    """They go by position, or by the names that are given; one that may be a header is told."""
    reader = open_document([[1, "a"], [2, "b"]])
    assert (reader.source.columns, reader.sample().frame.height) == (("column_1", "column_2"), 2)
    assert [(found.what, found.value) for found in reader.source.findings[1:]] == [("header", "no")]
    assert open_document([[1, "a"]], columns=("x", "y")).source.columns == ("x", "y")
    assert open_document([["a", "b"], ["c", "d"]], header=False).sample().frame.height == 2


def test_a_matrix_of_a_record_is_a_value() -> None:
    """Arrays of arrays are records only where names stand beside them."""
    assert open_document({"id": 1, "m": [[1, 2], [3, 4]]}).source.columns == ("id", "m")


@pytest.mark.parametrize(
    ("data", "good", "bad"),
    [
        (b'[["a","b"],[1,2],[3],[4,5,6],[7,8]]', ["1", "7"], {2: "too_few_fields", 3: "too_many_fields"}),
        (b'[["a","b"],[1,2],[3,x],[7,8]]', ["1", "7"], {2: "invalid_json"}),
        (b'[["a","b"],[1,2],{"a":3},[7,8]]', ["1", "3", "7"], {}),
        (b'{"1":{"a":1},"2":{"a":},"3":{"a":3}}', ["1", "3"], {2: "invalid_json"}),
        (b'{"1":{"a":1},"2":5,"3":{"a":3}}', ["1", "3"], {2: "invalid_json"}),
    ],
)
@pytest.mark.parametrize("batch_bytes", [1, 2**20])
def test_a_broken_record_costs_itself(
    data: bytes, good: list[str], bad: dict[int, str], batch_bytes: int
) -> None:
    """Its neighbours are loaded, and its bytes are shown."""
    options = {} if data.startswith(b"[") else {"json_path": "*"}
    got = batches(open_document(data, batch_bytes=batch_bytes, **options))
    assert [value for batch in got for value in batch.frame["a"]] == good
    faults = {row: reason for batch in got for row, reason in batch.broken.select(ROW, "reason").rows()}
    assert faults == bad
    for batch in got:
        every = batch.frame[ROW].append(batch.broken[ROW])
        for _, line, offset, raw in batch.locate(every).iter_rows():
            assert data[offset : offset + len(raw)] == raw
            assert line == 1


@pytest.mark.parametrize("document", [[NAMES, *ROWS], {f"K-{i:04}": r for i, r in enumerate(RECORDS)}])
def test_records_are_read_again_alone(document: object) -> None:
    """What a rejects file holds has the same values, by what was found out about the source."""
    reader = open_document(document)
    batch = reader.sample()
    raws = batch.locate(batch.frame[ROW])["raw"].to_list()
    chunk = Chunk(0, 0, 0, 1, 0, "", 3, 0, None)
    again = read_alone(raws, [1, 2, 3], shape_of(reader.options), chunk)
    assert again.frame.select(batch.frame.columns).rows() == batch.frame.rows()


@pytest.mark.parametrize(
    "data",
    [
        b'[["a\xff","b"],[1,2],[3,4]]',
        b'{"columns":["a\xff","b"],"data":[[1,2],[3,4]]}',
        b'{"x\xff":{"17":{"n":1},"18":{"n":2}}}',
        b'{"startAt":0,"a\xff":1,"orders":[{"a":1},{"a":2}]}',
        b'["a","\\ud800"]\n[1,2]\n[3,4]',
    ],
)
def test_names_that_are_no_text_raise_nothing(data: bytes) -> None:
    """Bytes that are no UTF-8 and halves of characters stand in names, too."""
    check_conserved(data, ReadOptions())


def test_damaged_forms_lose_no_record() -> None:
    """Each record has one number and its own bytes, whatever is wrong in the file."""
    chance = random.Random(0)
    for seed in range(300):
        rows = [[i, "x" * chance.randrange(5), {"k": [i]}] for i in range(20)]
        keyed = {f"K-{i:04}": {"n": i, "t": text} for i, text, _ in rows}
        data = bytearray(json.dumps([["a", "b", "c"], *rows] if seed % 2 else keyed).encode())
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(data))
            data[place : place + chance.randint(0, 3)] = chance.choice(
                [b"", b'"', b"}", b"]", b",", b"\xff", b"{"]
            )
        check_conserved(bytes(data), ReadOptions(batch_bytes=chance.choice([1, 100, 2**20])))
