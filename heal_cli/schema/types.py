"""PostgreSQL types out of catalog facts: domains unwrapped, modifiers decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from heal_cli.model import PgType

# A type modifier of -1 says that there is none.
_VARHDRSZ = 4  # numeric, varchar and bpchar count the varlena header in (src/include/c.h)
_TIMES = frozenset({"time", "timetz", "timestamp", "timestamptz"})
_FULL_INTERVAL = 0xFFFF  # interval without precision (src/include/utils/timestamp.h)


class Types:
    """The types that one table's columns are made of.

    Args:
        facts: Rows of `types` in sql/table.sql; every type reachable from a column is there.
    """

    def __init__(self, facts: Sequence[dict[str, Any]]) -> None:
        self._facts = {(fact["oid"], fact["typmod"]): fact for fact in facts}

    def resolve(self, oid: int, typmod: int) -> PgType:
        """The type as `heal` sees it: a domain's base type under the domain's own OID and name."""
        *domains, base = self._chain(oid, typmod)
        element = base["element"]
        modifier = base["typmod"]
        precision, scale, length = (None, None, None) if element else decode_typmod(base["base"], modifier)
        return PgType(
            oid=oid,
            name=base["name"],
            base=base["base"],
            kind=base["kind"],
            precision=precision,
            scale=scale,
            length=length,
            labels=tuple(base["labels"] or ()),
            element=self.resolve(element, modifier) if element else None,
            attributes=tuple(
                (fact["name"], self.resolve(fact["oid"], fact["typmod"])) for fact in base["attributes"] or ()
            ),
            domain=domains[0]["name"] if domains else None,
        )

    def is_not_null(self, oid: int, typmod: int) -> bool:
        """Some domain on the way to the base type is NOT NULL."""
        return any(fact["kind"] == "d" and fact["not_null"] for fact in self._chain(oid, typmod))

    def default(self, oid: int, typmod: int) -> str | None:
        """The default a column without its own gets from its domain.

        Only the outermost counts: CREATE DOMAIN over a domain copies the inner one's default.
        """
        default: str | None = self._facts[oid, typmod]["default"]
        return default

    def _chain(self, oid: int, typmod: int) -> Iterator[dict[str, Any]]:
        """The type itself, then what each domain stands on, to the plain type."""
        fact = self._facts[oid, typmod]
        yield fact
        while fact["inner"] is not None:
            fact = self._facts[fact["inner"], fact["inner_typmod"]]
            yield fact


def decode_typmod(base: str, typmod: int) -> tuple[int | None, int | None, int | None]:
    """Precision, scale and length that `typmod` means for a type.

    Times and intervals keep their fractional digits in scale; an interval's fields stay in its name.
    """
    if typmod < 0:
        return None, None, None
    if base == "numeric":
        packed = typmod - _VARHDRSZ
        # Eleven bits, signed since 15 (numeric(3,-2)); older servers never set the sign bit.
        return packed >> 16 & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024, None
    if base in _TIMES:
        return None, typmod, None
    if base == "interval":
        digits = typmod & 0xFFFF
        return None, None if digits == _FULL_INTERVAL else digits, None
    if base in ("varchar", "bpchar"):
        return None, None, typmod - _VARHDRSZ
    if base in ("bit", "varbit"):
        return None, None, typmod
    return None, None, None
