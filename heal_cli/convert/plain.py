"""Values written as PostgreSQL itself writes them: there is nothing to decide, and nothing to heal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from heal_cli.model import PgType

_TEXTS: Final = ("text", "varchar", "bpchar", "citext")

_DAY: Final = (
    r"(?:19|20)[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"

_WHOLE: Final = "0|[1-9][0-9]"
_FRACTION: Final = r"(?:\.(?:[0-9]{1,2}|[0-9]{4,6}))?"  # three digits may be thousands: 1.234

_PATTERNS: Final[Mapping[str, str]] = {
    "int2": rf"-?(?:{_WHOLE}{{0,3}})",
    "int4": rf"-?(?:{_WHOLE}{{0,8}})",
    "int8": rf"-?(?:{_WHOLE}{{0,17}})",
    "float8": rf"-?(?:{_WHOLE}{{0,7}}){_FRACTION}",
    "numeric": rf"-?(?:{_WHOLE}{{0,17}}){_FRACTION}",
    "bool": "true|false",
    "uuid": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "date": _DAY,
    "timestamp": f"{_DAY}[ T]{_CLOCK}",
    "timestamptz": f"{_DAY}[ T]{_CLOCK}(?:Z|[+-](?:0[0-9]|1[0-3])(?::[0-5][0-9])?)",
    **dict.fromkeys(_TEXTS, r"(?s:[\p{L}0-9][^\x00]*)"),  # other marks in front may be a spreadsheet's
}
"""pg_type.typname -> some spellings that every conversion to it takes, whatever the rest of the column holds."""


def are_plain(values: pl.Series, type: PgType) -> bool:
    """True where it can be seen at a glance that all of some texts convert; False says nothing.

    A `convert.fit` of 1 at a tenth of its price, for most columns of most files. Nulls are no values.
    """
    pattern = _pattern(type) if values.dtype == pl.String and values.null_count() < len(values) else None
    if pattern is None or not values.str.contains(rf"\A(?:{pattern})\z").all():
        return False
    longest = type.length if type.base in _TEXTS else None
    return longest is None or bool((values.str.len_chars() <= longest).all())


def _pattern(type: PgType) -> str | None:
    """How values of the type may be written; None where that is not so easily said."""
    if type.kind != "b" or type.element is not None:
        return None
    if type.base != "numeric" or type.precision is None:
        return _PATTERNS.get(type.base)
    return _decimal(type.precision, type.scale or 0)


def _decimal(precision: int, scale: int) -> str | None:
    """numeric(precision, scale) without a sign or a digit too many."""
    if not 0 <= scale < precision:
        return None
    counts = [str(count) for count in (1, 2, 4, 5, 6) if count <= scale]
    fraction = "|".join(f"[0-9]{{{count}}}" for count in counts)
    return rf"-?(?:{_WHOLE}{{0,{precision - scale - 1}}})" + (rf"(?:\.(?:{fraction}))?" if counts else "")
