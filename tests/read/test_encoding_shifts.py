"""Encodings whose bytes are all ASCII: read where each record can be given back, else refused."""

from __future__ import annotations

import io

import pytest

from heal_cli.errors import SourceError
from heal_cli.model import ROW, ReadOptions
from heal_cli.read.bytes import ByteStream
from heal_cli.read.csv import CsvReader
from heal_cli.read.encoding_shifts import find_shifted

JAPANESE = "id,name,n\n1,東京,3\n2,大阪\n3,ｷｮｳﾄ,5\n"
WESTERN = "id,name,n\n1,Zürich,3\n2,Köln\n3,Łódź,5\n"


def read(data: bytes, encoding: str | None = None) -> CsvReader:
    """These bytes as standard input."""
    return CsvReader(ByteStream("-", stdin=io.BytesIO(data), encoding=encoding), "-", ReadOptions(), None)


@pytest.mark.parametrize(
    ("text", "written", "told"),
    [
        (JAPANESE.replace("ｷｮｳﾄ", "京都"), "iso2022_jp", "iso2022_jp"),
        (JAPANESE, "iso2022_jp_ext", "iso2022_jp_ext"),
        (WESTERN, "utf-7", "utf-7"),
    ],
)
def test_letters_in_ascii_bytes_are_found(text: str, written: str, told: str) -> None:
    """Escape sequences and runs of base64 are no text; a reject has its bytes as they were."""
    data = text.encode(written)
    assert data.isascii()
    reader = read(data)
    batch = reader.sample()
    assert batch.frame["name"].to_list() == [line.split(",")[1] for line in text.split("\n")[1:4:2]]
    assert reader.source.findings[0].value == told
    place = batch.locate(batch.broken[ROW])
    lines = data.split(b"\n")
    assert (place["raw"].item(), place["offset"].item()) == (lines[2], len(lines[0]) + len(lines[1]) + 2)


@pytest.mark.parametrize(
    ("data", "name", "hint"),
    [
        ("id,name\n1,서울\n2,부산\n".encode("iso2022_kr"), "iso2022_kr", "iconv -f ISO-2022-KR -t UTF-8"),
        (b"id,name\n1,Z+APw-rich\n2,K+APY-ln\n3,+AMk-mile +AC0- x\n", "utf-7", "iconv -f UTF-7 -t UTF-8"),
        ("id,name\n1,Москва\n2,Тверь\n3,Омск\n".encode("utf-7"), "utf-7", "iconv -f UTF-7 -t UTF-8"),
    ],
)
def test_what_could_not_be_given_back_is_refused(data: bytes, name: str, hint: str) -> None:
    """The error says how to turn it into UTF-8, and how to load it as it is."""
    with pytest.raises(SourceError) as told:
        read(data)
    assert told.value.message == (
        f"'-' looks like {name}, in a spelling that rejects could not be given back in"
    )
    assert (told.value.hint or "").startswith(f"Turn it into UTF-8: {hint}")
    assert read(data, "utf-8").sample().chunk.rows > 1


@pytest.mark.parametrize(
    "data",
    [
        b"phone\n" + b"+491701234567,+1-202-555,+490-22,+120-33,+12025550123\n" * 50,
        b"a+b=c,C++,+1,+ABC-,x+yz-\n" * 50,
        b"\x1b[31mred\x1b[0m,1\n" * 50,
        b"path/with+plus,Abc+Def+Ghi/Jkl+AAA=\n" * 50,
    ],
)
def test_pluses_and_escapes_are_text(data: bytes) -> None:
    """Telephone numbers, base64, colours of terminals."""
    assert find_shifted(data) is None
