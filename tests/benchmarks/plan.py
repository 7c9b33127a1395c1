"""What matching costs: a table of 100 columns against a source of 100, names that are alike and names that are not.

    python tests/benchmarks/plan.py --columns 100 --rounds 5

Seconds of CPU for one matching with everything parsed anew, patterns and vocabulary read before.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import polars as pl

from heal_cli import convert
from heal_cli.match import match_columns
from heal_cli.match.kinship import kinship
from heal_cli.match.names import parse
from heal_cli.match.readings import offered, wanted
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Column, MatchOptions, PgType, TableSchema, ValueOptions
from heal_cli.patterns import load_catalogue

MOST_S = 0.3
"""What a plan of 100 columns against 100 may cost."""

_THINGS = (
    "customer",
    "order",
    "invoice",
    "shipment",
    "payment",
    "product",
    "supplier",
    "employee",
    "ticket",
    "contract",
)
_FACTS = (
    "name",
    "number",
    "start_date",
    "total_amount",
    "status",
    "email",
    "quantity",
    "updated_at",
    "city",
    "discount",
)
_SHORT = {"name": "nm", "number": "no", "start_date": "strt_dt", "total_amount": "ttl_amt", "status": "sts"}
_ROWS = 1000


def main() -> None:
    """Match the same columns again and again, print the median."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--columns", type=int, default=100)
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    names = [(thing, fact) for thing in _THINGS for fact in _FACTS][: given.columns]
    sample = pl.DataFrame({f"{thing[:4]}_{_SHORT.get(fact, fact)}": _values(fact) for thing, fact in names})
    table = _table([f"{thing}_{fact}" for thing, fact in names])
    took, found = zip(*(_matched(sample, table) for _ in range(given.rounds)), strict=True)
    verdict = "within" if median(took) <= MOST_S else "OVER"
    print(f"{len(names)} columns, {found[0]} matched: {median(took):.3f} s of CPU, {verdict} {MOST_S} s")


def _matched(sample: pl.DataFrame, table: TableSchema) -> tuple[float, int]:
    patterns = load_catalogue().patterns
    vocabulary()
    for cached in (parse, kinship, wanted, offered):
        cached.cache_clear()
    start = time.process_time()
    found = match_columns(sample, table, patterns=patterns, options=MatchOptions(), fit=_fit)
    return time.process_time() - start, len(found.matches)


def _fit(values: pl.Series, type: PgType) -> float:
    return convert.best_fit(values, type, ValueOptions())


def _values(fact: str) -> list[str]:
    if fact.endswith(("date", "at")):
        return [f"2026-01-{day % 28 + 1:02}" for day in range(_ROWS)]
    if fact in ("total_amount", "quantity", "discount"):
        return [f"{number}.50" for number in range(_ROWS)]
    return [f"{fact} {number}" for number in range(_ROWS)]


def _table(names: list[str]) -> TableSchema:
    columns = tuple(
        Column(name, place, PgType(0, base, base, "b"), nullable=True)
        for place, name in enumerate(names, start=1)
        for base in [_base(name)]
    )
    return TableSchema.of("wide", columns)


def _base(name: str) -> str:
    if name.endswith(("date", "at")):
        return "date"
    return "numeric" if name.endswith(("amount", "quantity", "discount")) else "text"


if __name__ == "__main__":
    main()
