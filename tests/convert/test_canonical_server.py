"""Values as PostgreSQL itself prints them go through unchanged, whatever stands beside them."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from heal_cli.convert import convert, decide_format
from heal_cli.model import PgType, ValueOptions

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)

VALUES: dict[PgType, st.SearchStrategy[Any]] = {
    PgType(21, "smallint", "int2", "b"): st.integers(-(2**15), 2**15 - 1),
    PgType(20, "bigint", "int8", "b"): st.integers(-(2**63), 2**63 - 1),
    PgType(1700, "numeric(12,3)", "numeric", "b", 12, 3): st.decimals(1 - 10**9, 10**9 - 1, places=3),
    PgType(701, "double precision", "float8", "b"): st.floats(),
    PgType(16, "boolean", "bool", "b"): st.booleans(),
    PgType(2950, "uuid", "uuid", "b"): st.uuids(),
    PgType(1082, "date", "date", "b"): st.dates(),
    PgType(1083, "time without time zone", "time", "b"): st.times(),
    PgType(1114, "timestamp without time zone", "timestamp", "b"): st.datetimes(),
    PgType(1186, "interval", "interval", "b"): st.timedeltas(),
    PgType(3802, "jsonb", "jsonb", "b"): _JSON.map(lambda value: json.dumps(value, ensure_ascii=False)),
    PgType(25, "text", "text", "b"): _TEXT,
}


@pytest.mark.parametrize("type", VALUES, ids=lambda type: type.base)
def test_what_the_server_prints_is_read_as_it_is(
    type: PgType, conn: psycopg.Connection[tuple[Any, ...]]
) -> None:
    """No value in PostgreSQL's own spelling is healed, refused or changed, in a batch or alone."""
    conn.execute("set intervalstyle = postgres; set timezone = 'UTC'")
    name = sql.SQL(type.name)  # type: ignore[arg-type]
    printed = sql.SQL("select v::{0}::text from unnest(%s::text[]) with ordinality t(v, i) order by i")

    def show(texts: list[str]) -> list[str]:
        return [row[0] for row in conn.execute(printed.format(name), [texts])]

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(st.lists(VALUES[type], min_size=1, max_size=8))
    def check(values: list[Any]) -> None:
        texts = show([str(value) for value in values])
        column = pl.Series("c", texts, dtype=pl.String)
        format = decide_format(column, type, ValueOptions())
        made = convert(column, type, format, allow=frozenset())
        assert (made.faults, [heal.rule for heal in made.heals]) == ((), [])
        assert show([_text(value) for value in made.values]) == texts
        parts = [convert(part, type, format, allow=frozenset()).values for part in (column[:1], column[1:])]
        assert pl.concat(parts).to_list() == made.values.to_list() or type.base == "float8"

    check()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
