"""Texts converted as times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions

INSTANT = datetime(2024, 1, 5, 15, 4, 6, tzinfo=UTC)


def type_of(base: str, digits: int | None = None) -> PgType:
    """A type by its name, and the digits behind its seconds."""
    return PgType(oid=0, name=base, base=base, kind="b", scale=digits)


def convert_texts(
    texts: Sequence[str | None],
    base: str,
    *,
    allow: Sequence[str] = (),
    digits: int | None = None,
    **said: Any,
) -> Converted:
    """A column of these texts, read by what its values and the options say."""
    values = pl.Series("c", texts, dtype=pl.String)
    options = ValueOptions(allow=frozenset(allow), **said)
    format = decide_format(values, type_of(base, digits), options)
    return convert(values, type_of(base, digits), format, allow=options.allow)


def rules_of(made: Converted) -> dict[str, int]:
    """Heal -> values that it changed."""
    return {heal.rule: int(heal.mask.sum()) for heal in made.heals}
