"""The ground truth: pairs of a source and a table, with the mapping that is right."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl
from specs import read_table

from heal_cli.model import TableSchema

TUNING: Final = "corpus"
HELD_BACK: Final = "held_back"
BLIND: Final = "blind"
DRILL: Final = "drill"  # tuned on, too
SEALED: Final = "sealed"  # its misses were looked into after it was measured
FRESH: Final = "fresh"
LAST: Final = "last"  # its misses were looked into after it was measured
VENDORS: Final = "vendors"  # tuned on, too
EVERYDAY: Final = "everyday"  # measured, never looked into
SECOND: Final = "second"  # measured, never looked into
THIRD: Final = "third"  # measured, never looked into
FOURTH: Final = "fourth"  # its misses were looked into after it was measured
FIFTH: Final = "fifth"  # likewise
SIXTH: Final = "sixth"  # likewise; written when the words for the fifth stood
SEVENTH: Final = "seventh"  # measured; only its two wrong matches were looked into
EIGHTH: Final = "eighth"  # its misses were looked into after it was measured: first seen 0.611 / 0.983
NINTH: Final = (
    "ninth"  # written when the words for the eighth stood; only its three wrong matches were looked into
)
TENTH: Final = "tenth"  # written blind, in the nine domains; its misses were looked into after it was measured: 0.800 / 0.989
ELEVENTH: Final = "eleventh"  # likewise, by another hand; only its two wrong matches were looked into: first seen 0.777 / 1.000
TWELFTH: Final = (
    "twelfth"  # likewise, by a third hand, at the end of the work on the two before: first seen 0.840 / 0.990
)
THIRTEENTH: Final = "thirteenth"  # likewise, by a fourth hand; its misses were looked into after it was measured: 0.789 / 0.997
FOURTEENTH: Final = "fourteenth"  # headers as people type them, by a fifth hand; looked into after it was measured: 0.734 / 0.994
FIFTEENTH: Final = "fifteenth"  # by a sixth hand, when most of that work stood; looked into after it was measured: 0.744 / 1.000
BAIT: Final = "bait"  # wrong columns that tempt; its wrong matches were looked into after it was measured: 0.917 / 0.909
SETS: Final = (
    TUNING,
    HELD_BACK,
    BLIND,
    DRILL,
    SEALED,
    FRESH,
    LAST,
    VENDORS,
    EVERYDAY,
    SECOND,
    THIRD,
    FOURTH,
    FIFTH,
    SIXTH,
    SEVENTH,
    EIGHTH,
    NINTH,
    TENTH,
    ELEVENTH,
    TWELFTH,
    THIRTEENTH,
    FOURTEENTH,
    FIFTEENTH,
    BAIT,
)


@dataclass(frozen=True)
class Pair:
    """A source, a table, and what is right about them.

    Attributes:
        gold: Source column -> target column; a source column that is not in it must stay unmatched.
        answers: Target column -> the values of the sample's rows as PostgreSQL prints them; None where no
            value may come of the cell (a null, or a reject). "" says so in the file.
    """

    name: str
    domain: str
    table: TableSchema
    sample: pl.DataFrame
    gold: dict[str, str]
    answers: dict[str, list[str | None]] = field(default_factory=dict)


def read_pairs(folder: str) -> list[Pair]:
    """The pairs of one set, in the order of files and of their contents."""
    files = sorted((Path(__file__).parent / folder).glob("*.toml"))
    return [_pair(file.stem, entry) for file in files for entry in tomllib.loads(file.read_text())["pair"]]


def _pair(domain: str, entry: dict[str, Any]) -> Pair:
    sample = _frame(entry["rows"])
    table = read_table(entry["table"], entry["columns"])
    unknown = set(entry["gold"]) - set(sample.columns)
    unknown |= set(entry["gold"].values()) - {column.name for column in table.columns}
    assert not unknown, f"{entry['name']}: {unknown}"
    answers = {target: [cell or None for cell in cells] for target, cells in entry.get("answers", {}).items()}
    return Pair(entry["name"], domain, table, sample, entry["gold"], answers)


def _frame(text: str) -> pl.DataFrame:
    """Rows between bars, the header first; an empty cell is null, as in CSV."""
    header, *rows = (
        [cell.strip() for cell in row]
        for row in csv.reader(text.strip().splitlines(), delimiter="|", quoting=csv.QUOTE_NONE)
    )
    columns = zip(*rows, strict=True)
    return pl.DataFrame(
        {name: [cell or None for cell in cells] for name, cells in zip(header, columns, strict=True)},
        schema=dict.fromkeys(header, pl.String),
    )
