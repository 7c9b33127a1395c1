"""json and jsonb."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions


def _convert(values: pl.Series | list[Any], base: str = "jsonb", *allow: str) -> Converted:
    values = values if isinstance(values, pl.Series) else pl.Series("c", values, dtype=pl.String)
    type = PgType(oid=0, name=base, base=base, kind="b")
    return convert(values, type, decide_format(values, type, ValueOptions()), allow=frozenset(allow))


VALID = [
    '{"a": 1}', '{"a" : 1 }', " [1, 2]\n", "12", "-0.5e-3", '"x"', "null", "true", "{}", "[]", '""', '"\\u00e9"',
    '{"n": 123456789012345678901234567890.10, "e": 1e400}', '[{"a":1},{"a":2}]', '{"a":{"a":1}}', '{"a":"\\\\u0000"}',
    '{"a":"\\ud83d\\ude00"}', '{"k":"\\"a\\":1,\\"a\\":2"}', '"null"',
]  # fmt: skip


@pytest.mark.parametrize("base", ["json", "jsonb"])
def test_valid_json_stays_to_the_letter(base: str, conn: psycopg.Connection) -> None:
    """Valid JSON is passed on unchanged, numbers and blanks and all, and the server takes it."""
    made = _convert(VALID, base)
    assert (made.values.to_list(), made.failed, made.heals) == (VALID, None, ())
    count = conn.execute(f"select count(v::{base}) from unnest(%s::text[]) v", [VALID]).fetchone()
    assert count == (len(VALID),)


PYTHON = [
    ("{'a': None, 'b': True, 'c': [1, 2.5]}", '{"a": null, "b": true, "c": [1, 2.5]}'),
    ("['it\\'s', \"x\"]", '["it\'s", "x"]'),
    ("{'é': -1}", '{"é": -1}'),
    ("False", "false"),
]


@pytest.mark.parametrize(("text", "value"), PYTHON)
def test_python_literals(text: str, value: str) -> None:
    """What Python's repr wrote becomes JSON under its own rule."""
    made = _convert([text])
    assert (made.values.to_list(), [heal.rule for heal in made.heals]) == ([value], ["python_literal"])


NO_JSON = [
    ('{"a": NaN}', "not_convertible"),
    ('{"a": Infinity}', "not_convertible"),
    ("{broken", "not_convertible"),
    ('{"a":1,}', "python_literal"),
    ('{"a":1}x', "not_convertible"),
    ('{"a":01}', "not_convertible"),
    ('{"a":"\x01"}', "python_literal"),
    ("{'a': '\\d'}", "not_convertible"),
    ("[1if 2 else 3]", "not_convertible"),
    ('{"a":"\\ud800"}', "not_convertible"),
    ("{'a': 1, 'a': 2}", "not_convertible"),
    ("{1: 2}", "not_convertible"),
    ("{'a': (1, 2)}", "not_convertible"),
    ("{'a': {1, 2}}", "not_convertible"),
    ("{'a': b'x'}", "not_convertible"),
    ("{'a': 1e999}", "not_convertible"),
    ("{'a': 3.14159265358979323846}", "not_convertible"),
    ("{'a': datetime.datetime(2024, 1, 5)}", "not_convertible"),
    ("{**{}}", "not_convertible"),
    ("['a' 'b']", "not_convertible"),
    ("{'a': 'it''s'}", "not_convertible"),
    ("[" * 5000 + "]" * 5000, "not_convertible"),
    ('{"a":1,"a":2}', "duplicate_keys"),
    ('{"a" :1,"b":0,"a":2}', "duplicate_keys"),
    ('{"a":1,"\\u0061":2}', "duplicate_keys"),
    ('{"x":"a",":k":1,":k":2}', "duplicate_keys"),
    ('{"a":"\\u0000"}', "nul_byte"),
    ('"\\u0000"', "nul_byte"),
    ("{'a': '\\x00'}", "nul_byte"),
    ("hello", "not_json"),
    ("01", "not_json"),
    ("'x'", "not_json"),
    ("NaN", "not_json"),
]


@pytest.mark.parametrize(("text", "reason"), NO_JSON)
def test_what_jsonb_cannot_hold_fails(text: str, reason: str) -> None:
    """Broken JSON, and what jsonb would change or refuse, fails with its reason."""
    made = _convert([text])
    if reason == "python_literal":
        assert [heal.rule for heal in made.heals] == [reason]
        return
    assert (made.values.to_list(), made.faults[0].reason) == ([None], reason)
    assert made.faults[0].attempts


def test_json_keeps_what_jsonb_refuses() -> None:
    """json stores the text, so repeated keys and \\u0000 stay as they are."""
    texts = ['{"a":1,"a":2}', '"\\u0000"', '{"a":"\\ud800"}']
    made = _convert(texts, "json")
    assert (made.values.to_list(), made.failed, made.heals) == (texts, None, ())


def test_allowed_by_name() -> None:
    """Plain words are quoted, repeated keys collapsed, only under their names."""
    quoted = _convert(["it's", "NaN", "{broken"], "jsonb", "json_quote")
    assert quoted.values.to_list() == ['"it\'s"', '"NaN"', None]
    repeated = _convert(['{"a":1,"a":2}'], "jsonb", "json_duplicate_keys")
    assert repeated.values.to_list() == ['{"a":1,"a":2}']
    assert [(heal.rule, heal.lossy) for heal in repeated.heals] == [("json_duplicate_keys", True)]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pl.Series([{"a": 1, "b": ["x", None]}, None]), ['{"a":1,"b":["x",null]}', None]),
        (pl.Series([[1, 2], []]), ["[1,2]", "[]"]),
        (pl.Series([2**63 - 1]), ["9223372036854775807"]),
        (pl.Series([0.1, float("nan")]), ["0.1", None]),
        (pl.Series([[Decimal("1.10")]]), ["[1.10]"]),
        (pl.Series([True]), ["true"]),
        (pl.Series([[b"x"]]), [None]),
        (pl.Series([["a\0b"]]), [None]),
    ],
)
def test_typed_values(values: pl.Series, texts: list[str | None]) -> None:
    """Lists and structs become their exact JSON; NaN, bytes and NUL fail rather than become null."""
    made = _convert(values)
    assert made.values.to_list() == texts
    failed = [] if made.failed is None else made.failed.arg_true().to_list()
    assert failed == [at for at, text in enumerate(texts) if text is None and values[at] is not None]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(st.lists(json_values, min_size=1, max_size=10), st.booleans())
def test_what_json_writes_stays(values: list[Any], ascii_only: bool) -> None:
    """Whatever a JSON writer writes is passed on unchanged, unless it holds a NUL."""
    texts = [json.dumps(value, ensure_ascii=ascii_only) for value in values]
    made = _convert(texts)
    for text, out in zip(texts, made.values, strict=True):
        assert out == text or "\\u0000" in text


@given(st.lists(json_values, min_size=1, max_size=10))
def test_what_python_writes_is_healed(values: list[Any]) -> None:
    """The repr of a dict or list is the JSON of the same value."""
    made = _convert([repr({"v": value}) for value in values])
    for value, out in zip(values, made.values, strict=True):
        assert out is None or json.loads(out) == {"v": value}
        assert out is not None or "\\x00" in repr(value)


def test_words_of_python_are_told_from_letters() -> None:
    """True, False and None of every cell become JSON's words; their letters in keys and strings stay."""
    values = [
        {"T": "N", "Fe": [True, None, False, "é", "T"], "x": number, "NaN": {"None": None}}
        for number in range(9)
    ]
    values.append({"T": "F", "Fe": [], "x": True, "NaN": {"None": [False, True]}})
    made = _convert([repr(value) for value in values])
    assert [json.loads(text) for text in made.values] == values
