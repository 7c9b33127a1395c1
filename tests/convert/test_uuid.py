"""UUIDs in every form, written in one."""

from __future__ import annotations

import uuid

import polars as pl
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions

UUID = PgType(2950, "uuid", "uuid", "b")
ONE = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
FORMS = [
    ONE.upper(),
    "{" + ONE + "}",
    ONE.replace("-", ""),
    "urn:uuid:" + ONE,
    "URN:UUID:" + ONE.upper(),
    f" {ONE} ",
    "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
    "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
]


def _convert(values: pl.Series) -> Converted:
    return convert(values, UUID, decide_format(values, UUID, ValueOptions()), allow=frozenset())


def test_canonical_uuids_are_unchanged() -> None:
    """A lower-case hyphenated UUID passes without a heal."""
    made = _convert(pl.Series([ONE, None]))
    assert (made.values.to_list(), made.heals, made.failed) == ([ONE, None], (), None)


@pytest.mark.parametrize("text", FORMS)
def test_every_form_is_a_named_heal(text: str) -> None:
    """Upper case, braces, URN and any hyphens give the canonical form."""
    made = _convert(pl.Series([text, ONE]))
    assert made.values.to_list() == [ONE, ONE]
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [("uuid_form", [True, False])]


@pytest.mark.parametrize(
    "text",
    [
        ONE[:-1],
        ONE + "0",
        "g" + ONE[1:],
        "{" + ONE,
        ONE + "}",
        "a0e-" + ONE.replace("-", "")[3:],
        "12345",
        "urn:" + ONE,
    ],
)
def test_what_is_no_uuid_fails(text: str) -> None:
    """Nothing is invented: one digit too few or too many is a failure."""
    made = _convert(pl.Series([text, "n/a"]))
    assert made.values.to_list() == [None, None]
    assert made.failed is not None
    assert made.failed.to_list() == [True, False]


BRACED = "{" + ONE + "}"


@pytest.mark.parametrize(
    "text",
    [
        "[" + ONE + "]",  # one bit from braces
        BRACED.replace("-", "\r", 1),  # one bit from a hyphen
        BRACED.replace("a", "g", 1),
        BRACED.replace("a", "`", 1),
        BRACED.replace("0", "\x10", 1),  # one bit from a digit
        BRACED.replace("0e", "\u00e9", 1),
        "{" + ONE.replace("-", "0", 1) + "}",
    ],
)
def test_what_is_nearly_a_uuid_in_braces_fails(text: str) -> None:
    """Beside many in braces one that only looks so fails alone, and the others are read."""
    made = _convert(pl.Series([BRACED.upper()] * 70 + [text]))
    assert made.values.to_list() == [ONE] * 70 + [None]
    assert made.failed is not None
    assert made.failed.arg_true().to_list() == [70]


@given(st.lists(st.uuids(), min_size=1))
def test_sixteen_bytes_are_a_uuid(ids: list[uuid.UUID]) -> None:
    """Parquet's raw bytes come out as the same UUIDs, and healing twice is healing once."""
    made = _convert(pl.Series([one.bytes for one in ids]))
    assert made.values.to_list() == [str(one) for one in ids]
    assert _convert(made.values).heals == ()


def test_bytes_of_another_length_fail() -> None:
    """Bytes that are neither sixteen nor a text form fail; text in bytes is read."""
    assert _convert(pl.Series([b"\xff" * 15, b"\x00" * 16])).values.to_list() == [None, str(uuid.UUID(int=0))]
    assert _convert(pl.Series([ONE.encode()])).values.to_list() == [ONE]
    assert _convert(pl.Series([1])).values.to_list() == [None]


def test_the_server_reads_the_same(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """Each form that PostgreSQL knows is the value that heal made of it."""
    known = [text.strip() for text in FORMS if not text.lower().startswith("urn")]
    theirs = [str(row[0]) for row in conn.execute("select v::uuid from unnest(%s::text[]) v", [known])]
    assert _convert(pl.Series(known)).values.to_list() == theirs
