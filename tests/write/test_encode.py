"""What is sent as binary arrives as its text would have."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from heal_cli.model import PgType
from heal_cli.schema import introspect
from heal_cli.write import encode
from heal_cli.write.binary_forms import form_of
from heal_cli.write.encode import choose_encoding

Texts = Sequence[str | None]


def _arrays(element: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    quoted = element.map(lambda text: f'"{text}"')
    return st.lists(quoted, max_size=4).map(lambda elements: f"{{{','.join(elements)}}}")


def _whole(most: int) -> st.SearchStrategy[str]:
    return st.integers(-most, most).map(str)


def _bytes(size: int, mark: str) -> st.SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).map(lambda data: data.hex(mark))


def _decimals(scale: int) -> st.SearchStrategy[list[str]]:
    fraction = f"[.][0-9]{{{scale}}}" if scale else ""
    return st.lists(st.from_regex(f"-?[0-9]{{1,{38 - scale}}}{fraction}", fullmatch=True))


DAYS = st.from_regex("[+-]?[0-9]{1,9} days?", fullmatch=True)
CLOCK = st.from_regex("[0-9]{1,2}:[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?", fullmatch=True)
LONG = st.from_regex("[0-9]{2}:[0-5][0-9]:[0-5][0-9]", fullmatch=True)
SECONDS = st.from_regex("PT-?[0-9]{1,9}[.][0-9]{6}S", fullmatch=True)
FLOAT = st.from_regex("-?[0-9]{1,15}([.][0-9]{1,17})?", fullmatch=True)
PLAIN = st.text(st.characters(exclude_characters='"\\\0', codec="utf-8"), max_size=5)
ADDRESS = st.ip_addresses(v=4).map(str)

SPELLINGS = {
    "interval": st.lists(DAYS | CLOCK | st.tuples(DAYS, CLOCK).map(" ".join))
    | st.lists(SECONDS)
    | st.lists(st.tuples(DAYS, LONG).map(" ".join)),
    "interval(2)": st.lists(CLOCK),
    "inet": st.lists(ADDRESS),
    "cidr": st.lists(ADDRESS),
    "macaddr": st.lists(_bytes(6, ":")) | st.lists(_bytes(6, "-")),
    "macaddr8": st.lists(_bytes(8, ":")),
    "bytea": st.lists(st.binary(max_size=5).map(lambda data: f"\\x{data.hex()}")),
    "uuid": st.lists(st.uuids().map(str)),
    "numeric": st.integers(0, 37).flatmap(_decimals),
    "name": st.lists(PLAIN),
    "text[]": st.lists(_arrays(PLAIN)),
    "smallint[]": st.lists(_arrays(_whole(29_999))),
    "integer[]": st.lists(_arrays(_whole(1_999_999_999))),
    "bigint[]": st.lists(_arrays(_whole(8_999_999_999_999_999_999))),
    "real[]": st.lists(_arrays(FLOAT)),
    "double precision[]": st.lists(_arrays(FLOAT)),
}
"""Type -> columns of the plain spellings that have a binary form."""

OTHERS = [
    ("interval", ["1 day", "1 mon"]), ("interval", ["-01:02:03"]), ("interval", ["100:00:00"]), ("interval", ["P1DT2H"]),
    ("inet", ["10.0.0.1", "::1"]), ("inet", ["10.0.0.0/8"]), ("cidr", ["10"]), ("macaddr", ["0800.2b01.0203"]),
    ("bytea", ["\\x00", "abc"]), ("bytea", ["\\x 00"]), ("numeric", ["1.5", "1.50"]), ("numeric", ["NaN"]), ("numeric", ["1e3"]),
    ("numeric", ["1" * 39]), ("text[]", ["{a}"]), ("text[]", ['{"a\\"b"}']), ("text[]", ['{"a",NULL}']), ("text[]", ['{{"a"},{"b"}}']),
    ("smallint[]", ['{"-32768"}']),
    ("integer[]", ['{"2147483647"}']),
    ("bigint[]", ['{"-9223372036854775808"}']),
    ("integer[]", ['{"1",NULL}']), ("integer[]", ['[0:1]={"1","2"}']), ("real[]", ['{"NaN"}']), ("real[]", ['{"1e30"}']),
    ("varchar(3)[]", ['{"abc"}']), ("numeric[]", ['{"1.50"}']), ("timestamp", ["infinity"]), ("int4range", ["[1,2)"]),
]  # fmt: skip
"""Columns that the server has to read."""


def _send(conn: psycopg.Connection, type: PgType, texts: Texts) -> tuple[str, list[str | None]]:
    """What the texts were sent as, and how the server shows what has arrived."""
    frame = pl.DataFrame({"v": pl.Series(texts, dtype=pl.String)})
    encoding = choose_encoding(frame, [type])
    conn.execute("TRUNCATE t")
    with conn.cursor() as cursor:
        with cursor.copy(sql.SQL("COPY t FROM STDIN WITH ({})").format(sql.SQL(encoding.options))) as stream:
            for data in encoding.chunks:
                stream.write(data)
        return encoding.format, [value for (value,) in cursor.execute("SELECT v::text FROM t ORDER BY ctid")]


def _read(conn: psycopg.Connection, name: str, texts: Texts) -> list[str | None]:
    """How the server shows what it reads in the texts."""
    query = sql.SQL("SELECT v::{}::text FROM pg_catalog.unnest(%s::text[]) AS v").format(sql.SQL(name))
    return [value for (value,) in conn.execute(query, [list(texts)])]


def _make(conn: psycopg.Connection, name: str) -> PgType:
    conn.execute(sql.SQL("CREATE TABLE t (v {})").format(sql.SQL(name)))
    return introspect(conn, "t").column("v").type


@pytest.mark.parametrize("name", SPELLINGS)
def test_binary_arrives_as_its_text(conn: psycopg.Connection, name: str) -> None:
    """Values of plain spellings go as binary, and are what the server reads in their texts; nulls stay nulls."""
    type = _make(conn, name)

    @settings(max_examples=30)
    @given(SPELLINGS[name], st.integers(0, 5))
    def holds(texts: list[str], place: int) -> None:
        column: Texts = [*texts[:place], None, *texts[place:]]
        try:
            meant = _read(conn, name, column)
        except psycopg.DataError:  # more than the type holds
            with pytest.raises(psycopg.DataError):
                _send(conn, type, column)
        else:
            assert _send(conn, type, column) == ("binary", meant)

    holds()


def test_texts_made_binary_in_parts_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few of a column's texts are made binary at a time, the bytes of all rows are sent once, in order."""
    texts = [f"{number} days 01:02:{number % 60:02}" for number in range(2 * encode.CHUNK_ROWS + 7)]
    frame = pl.DataFrame({"n": range(len(texts)), "v": texts})
    types = [PgType(0, "bigint", "int8", "b"), PgType(0, "interval", "interval", "b")]
    at_once = b"".join(choose_encoding(frame, types).chunks)
    monkeypatch.setattr(encode, "_FORM_BYTES", 1000)
    assert b"".join(choose_encoding(frame, types).chunks) == at_once


@pytest.mark.parametrize(("name", "texts"), OTHERS)
def test_other_spellings_go_as_text(conn: psycopg.Connection, name: str, texts: list[str]) -> None:
    """What is spelt otherwise is left to the server, whole columns of it."""
    type = _make(conn, name)
    assert _send(conn, type, texts) == ("csv", _read(conn, name, texts))


BAD = [
    ("interval", "1 day 01:02:03", "99999999999 days", "22015"),
    ("inet", "10.0.0.1", "10.0.0.256", "22P02"),
    ("macaddr", "08:00:2b:01:02:03", "08:00:2b:01:02", "22P02"),
    ("bytea", "\\x00", "\\x0", "22023"),
    ("text[]", '{"a"}', '{"a"', "22P02"),
    ("integer[]", '{"1"}', '{"2147483648"}', "22003"),
    ("double precision[]", '{"1.5"}', '{"1e400"}', "22003"),
    ("name", "a", None, "23502"),
    ("numeric", "1.50", "1" * 200_000, "22003"),
]


@pytest.mark.parametrize(("name", "good", "bad", "code"), BAD)
def test_a_bad_value_costs_its_own_row(lab, name: str, good: str, bad: str | None, code: str) -> None:
    """Beside values that could go as binary the one that the type refuses is named, with the server's SQLSTATE."""
    lab.conn.execute(f"CREATE TABLE t (id int PRIMARY KEY, v {name} NOT NULL)")
    values = [good] * 40
    values[20] = bad  # type: ignore[call-overload]
    loaded = lab.load({"id": range(1, 41), "v": values})
    assert {row: sqlstate for row, (_, sqlstate, _) in loaded.rejects.items()} == {21: code}
    assert len(lab.rows()) == 39


@pytest.mark.parametrize(("name", "good"), [(name, good) for name, good, _, _ in BAD])
def test_lines_of_binary_are_rows(lab, name: str, good: str) -> None:
    """Whom the server blames by the line of a COPY is found among rows with arrays, addresses and intervals."""
    lab.conn.execute(f"""CREATE TABLE t (id int, v {name});
        CREATE FUNCTION curse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF new.id IN (3, 33) THEN RAISE EXCEPTION 'cursed'; END IF; RETURN new; END $$;
        CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION curse()""")
    loaded = lab.load({"id": range(1, 41), "v": [good] * 40})
    assert set(loaded.rejects) == {3, 33}
    assert lab.rows("count(*), count(v)") == [(38, 38)]


def test_no_digit_of_a_uuid_moves_into_the_next() -> None:
    """Texts of the right length with a hyphen too many and one too few are none of them, whatever their sum."""
    odd = ["01234567-89ab-cdef-0123-456789abcde-", "012345678-9abcdef-0123-456789abcdef0"]
    form = form_of(pl.Series(odd), PgType(2950, "uuid", "uuid", "b"))
    assert form is not None
    with pytest.raises(pl.exceptions.ComputeError):
        form(pl.Series(odd))
