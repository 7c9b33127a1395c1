"""Which type family reads which PostgreSQL type."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final, Protocol, cast

import polars as pl

from heal_cli.model import ColumnFormat, Converted, PgType, ValueOptions

BY_BASE: Final[Mapping[str, str]] = {
    "int2": "numbers",
    "int4": "numbers",
    "int8": "numbers",
    "numeric": "numbers",
    "float4": "numbers",
    "float8": "numbers",
    "money": "numbers",
    "bool": "boolean",
    "uuid": "uuid",
    "date": "temporal",
    "time": "temporal",
    "timetz": "temporal",
    "timestamp": "temporal",
    "timestamptz": "temporal",
    "daterange": "time_range",
    "datemultirange": "time_range",
    "tsrange": "time_range",
    "tsmultirange": "time_range",
    "tstzrange": "time_range",
    "tstzmultirange": "time_range",
    "interval": "interval",
    "json": "json",
    "jsonb": "json",
    "hstore": "hstore",
    "bytea": "bytea",
    "bit": "bits",
    "varbit": "bits",
    "oid": "unsigned",
    "xid": "unsigned",
    "cid": "unsigned",
    "xid8": "unsigned",
}
"""pg_type.typname -> module of this package; enums and arrays are told by the type itself, all else is text."""


class Family(Protocol):
    """What each family module offers; a module is its own instance."""

    def wire(self, type: PgType) -> pl.DataType:
        """The dtype in which values of `type` travel to the writer."""

    def decide(
        self, values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat
    ) -> ColumnFormat:
        """`base`, with what the texts (no nulls) tell about how this column is written."""

    def to_typed(
        self, values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]
    ) -> Converted:
        """Texts as typed values."""

    def from_typed(
        self, values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]
    ) -> Converted:
        """Values of any other dtype (Parquet) as typed values, without loss."""


def family_name(type: PgType) -> str:
    """The module that reads `type`: 'numbers', 'temporal', ..., 'text' for what the server alone judges."""
    if type.element is not None:
        return "array"
    if type.kind == "e":
        return "enum"
    if type.attributes:
        return "composite"
    return BY_BASE.get(type.base, "text")


def family_of(type: PgType) -> Family:
    """The module that reads `type`.

    Imported at the call: an array asks for its element's family, so the modules cannot all stand at the top.
    """
    return cast("Family", import_module(f"heal_cli.convert.{family_name(type)}"))
