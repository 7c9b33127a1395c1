"""Tables written in a line, and a stand-in for the conversions: matching is tested without either."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl
import pytest

from heal_cli.match import Nearness, Past, match_columns
from heal_cli.match.past import Expects
from heal_cli.model import Column, Constraint, KnownValues, Matching, MatchOptions, PgType, TableSchema
from heal_cli.patterns import load_catalogue

MakeTable = Callable[..., TableSchema]
Match = Callable[..., Matching]

_SPEC = re.compile(r"(?P<name>\"[^\"]+\"|\S+) (?P<base>\w+)(?:\((?P<args>[^)]*)\))?(?P<words>.*)")
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


def column(spec: str, position: int) -> tuple[Column, tuple[Constraint, ...]]:
    """`name type [required] [key] [in a|b] [always] [generated] [locked]` -> column and its constraints."""
    found = _SPEC.fullmatch(spec)
    assert found, spec
    words = found["words"].split()
    name, base, args = found["name"].strip('"'), found["base"], found["args"]
    labels = tuple(args.split("|")) if base == "enum" else ()
    made = Column(
        name,
        position,
        PgType(0, f"{base}({args})" if args else base, base, "e" if labels else "b", labels=labels),
        nullable="required" not in words and "key" not in words,
        default="nextval('s'::regclass)" if "serial" in words else None,
        identity="a" if "always" in words else "",
        generated="s" if "generated" in words else "",
        insertable="locked" not in words,
    )
    constraints = []
    if "key" in words:
        constraints.append(Constraint(f"{name}_key", "u", (name,), f"UNIQUE ({name})"))
    if "in" in words:
        items = ", ".join(f"'{item}'::text" for item in words[words.index("in") + 1].split("|"))
        text = f"({name} = ANY (ARRAY[{items}]))"
        constraints.append(Constraint(f"{name}_check", "c", (name,), f"CHECK ({text})", expression=text))
    return made, tuple(constraints)


def build_table(name: str, *specs: str, comment: str | None = None) -> TableSchema:
    """A table of the columns that the specs describe, each with the same comment."""
    made = [column(spec, position) for position, spec in enumerate(specs, start=1)]
    made = [(replace(column, comment=comment), constraints) for column, constraints in made]
    return TableSchema.of(
        name,
        tuple(column for column, _ in made),
        tuple(constraint for _, constraints in made for constraint in constraints),
    )


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
