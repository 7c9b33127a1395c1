"""oid, xid, cid, xid8: whole numbers without a sign.

Their input functions are C's strtoul: -1 becomes the highest number, 0012 is octal from PostgreSQL 16 on, and up to
15 an xid takes whatever is no number for 0, and cuts what is too large (ran). None of that raises an error. Blanks
are taken off here, since a no-break space is none to C.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from heal_cli.convert import text, text_typed
from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, Refusal, heal_residue, nothing
from heal_cli.convert.text import decide, wire
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType

__all__ = ["decide", "from_typed", "to_typed", "wire"]

_HIGHEST: Final[Mapping[str, int]] = {"xid8": 2**64 - 1}
_HIGHEST_OID: Final = 2**32 - 1

_PLAIN: Final = r"^\+?(?:0|[1-9][0-9]*)$"
_BELOW: Final = r"^-0*[1-9][0-9]*$"
_OCTAL: Final = r"^[+-]?0[0-9]+$"


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Decimal digits and 0x hex without what stands around; what the server would take for another number is refused."""
    highest = _HIGHEST.get(type.base, _HIGHEST_OID)
    bare = values.str.strip_chars()
    is_hex = bare.str.contains(rf"^0[xX][0-9A-Fa-f]{{1,{len(f'{highest:x}')}}}$")
    typed = text.where(bare, is_hex | (_number(bare) <= highest).fill_null(False))
    padded = (typed.str.len_bytes() < values.str.len_bytes()).fill_null(False)
    healer = Healer(f"a whole number from 0 to {highest}", lambda cells: _refused(cells, type))
    made = heal_residue(values, typed, (healer,), nulls=format.nulls)
    return made._replace(heals=(HealMask("outer_blanks", padded), *made.heals)) if padded.any() else made


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Whole numbers by their digits."""
    made = text_typed.texts(values, type)
    return made if made.faults else to_typed(made.values, type, format, allow)


def _number(bare: pl.Series) -> pl.Series:
    """UInt64; null for what is no such number, or beyond all of them."""
    plain = text.where(bare, bare.str.contains(_PLAIN))
    return plain.str.strip_prefix("+").cast(pl.UInt64, strict=False)


def _refused(cells: pl.Series, type: PgType) -> Attempt:
    """No value for any of the cells, and why not where that can be said."""
    bare = cells.str.strip_chars()
    beyond = bare.str.contains(_BELOW) | bare.str.contains(_PLAIN)
    octal = bare.str.contains(_OCTAL) & ~beyond
    reasons = (
        Refusal(
            "out_of_range", beyond, f"{type.name}: out of range, where PostgreSQL may take another number"
        ),
        Refusal(
            NOT_CONVERTIBLE, octal, f"{type.name}: leading zeros, by which PostgreSQL may read it as octal"
        ),
    )
    return nothing(cells, pl.String())._replace(refused=reasons)
