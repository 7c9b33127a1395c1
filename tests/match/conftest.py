"""Tables written in a line, and a stand-in for the conversions: matching is tested without either."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl
import pytest
from specs import read_table

from heal_cli.match import Nearness, Past, match_columns
from heal_cli.match.past import Expects
from heal_cli.model import KnownValues, Matching, MatchOptions, PgType, TableSchema
from heal_cli.patterns import load_catalogue

MakeTable = Callable[..., TableSchema]
Match = Callable[..., Matching]

_NUMBER = r"^\(?[-+$€£]?\s*\d[\d.,' ]*([eE]\d+)?\s*[%€]?\)?$"
_DAY = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
_FITS = {
    "int2": r"^[-+]?\d{1,5}$",
    "int4": r"^[-+]?[\d,]{1,12}(\.0+)?$",
    "int8": r"^[-+]?[\d,]{1,20}(\.0+)?$",
    "numeric": _NUMBER,
    "float8": _NUMBER,
    "bool": r"^(?i)(true|false|yes|no|y|n|t|f|on|off|0|1)$",
    "date": rf"^{_DAY}( 00:00(:00)?)?$",
    "time": r"^\d{1,2}:\d{2}(:\d{2})?$",
    "timestamp": rf"^{_DAY}([T ]\d{{1,2}}:\d{{2}}.*)?$|^1\d{{9}}$|^1\d{{12}}$",
    "timestamptz": rf"^{_DAY}([T ]\d{{1,2}}:\d{{2}}.*)?$|^1\d{{9}}$|^1\d{{12}}$",
    "uuid": r"^(?i)\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$",
    "json": r"(?s)^\s*([{\[].*[}\]]|null|true|false|-?\d+)\s*$",
    "jsonb": r"(?s)^\s*([{\[].*[}\]]|null|true|false|-?\d+)\s*$",
}


def fit(values: pl.Series, type: PgType) -> float:
    """Share of values that look like the type; any value fits a type not listed."""
    present = values.drop_nulls()
    if present.dtype != pl.String or not present.len():
        return 1.0
    if type.labels:
        return (
            present.str.to_lowercase().is_in([label.lower() for label in type.labels]).sum() / present.len()
        )
    return present.str.contains(_FITS.get(type.base, "")).sum() / present.len()


def build_table(name: str, *specs: str, comment: str | None = None) -> TableSchema:
    """A table of the columns that the specs describe; `comment` is that of each."""
    table = read_table(name, specs)
    if comment is None:
        return table
    return replace(table, columns=tuple(replace(column, comment=comment) for column in table.columns))


@pytest.fixture(scope="session")
def make_table() -> MakeTable:
    """Builds a table from its name and a spec for each column."""
    return build_table


@pytest.fixture(scope="session")
def match() -> Match:
    """Matches a frame, given as columns, to a table with the catalogue that ships with heal."""
    catalogue = load_catalogue()

    def run(
        sample: dict[str, list[str | None]],
        table: TableSchema,
        patterns: object = None,
        *,
        is_nameless: bool = False,
        known: Mapping[str, KnownValues] | None = None,
        expects: Expects | None = None,
        nearness: Nearness | None = None,
        **options: object,
    ) -> Matching:
        frame = pl.DataFrame(sample, schema=dict.fromkeys(sample, pl.String))
        return match_columns(
            frame,
            table,
            patterns=patterns or catalogue.patterns,  # type: ignore[arg-type]
            options=MatchOptions(**options),
            fit=fit,  # type: ignore[arg-type]
            is_nameless=is_nameless,
            past=Past(known=known or {}, expects=expects),
            nearness=nearness,
        )

    return run
