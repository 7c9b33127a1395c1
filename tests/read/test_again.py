"""Lone records read again are what they were in their source."""

from __future__ import annotations

from pathlib import Path

import pytest

from heal_cli.model import ROW, ReadOptions
from heal_cli.read import open_source, read_alone, shape_of

CSV = 'a;b\n1;"x;\ny"\n2;"""q"""\n3;\n4;"open\n5;z;;too many\n6;é\n'
JSON = '{"a":1,"b":"null"}\n{"b":null,"a":2}\n{"a":3}\n{"a":\n[]\n{"a":"6","b":{"c":[1]}}\n'


@pytest.mark.parametrize(("name", "text"), [("a.csv", CSV), ("a.jsonl", JSON)])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_records_alone_are_as_in_their_source(
    tmp_path: Path, request: pytest.FixtureRequest, name: str, text: str, encoding: str
) -> None:
    """Cells, faults, absent keys and raw bytes are the same, whichever records are taken."""
    (tmp_path / name).write_bytes(text.encode(encoding))
    reader = open_source(str(tmp_path / name), ReadOptions(encoding=encoding))
    request.addfinalizer(reader.close)
    whole = reader.sample()
    wanted = (whole.frame[ROW].append(whole.broken[ROW])).sort()[1:]
    places = whole.locate(wanted)
    alone = read_alone(places["raw"].to_list(), wanted.to_list(), shape_of(reader.options), whole.chunk)
    kept = whole.frame[ROW].is_in(wanted.implode())
    assert alone.frame.select(whole.frame.columns).equals(whole.frame.filter(kept))
    assert alone.broken.equals(whole.broken)
    assert alone.locate(wanted).select(ROW, "raw").equals(places.select(ROW, "raw"))
    for column in ("a", "b"):
        if column in whole.absent:
            assert alone.absent[column].equals(whole.absent[column].filter(kept))
