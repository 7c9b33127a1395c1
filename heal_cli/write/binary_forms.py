"""Texts that travel to the server -> what their type looks like in a binary COPY, whole columns at a time.

A form takes a column in which every text is of one plain spelling, and leaves all others to the server. The
bytes are those that the type's `recv` function reads: src/backend/utils/adt of PostgreSQL's sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, cast

import polars as pl

from heal_cli.fixed_width import are_as_wide, are_hex, bytes_of, cells_of, read_fields
from heal_cli.model import PgType

Form = Callable[[pl.Series], pl.Series]
"""Texts of some of the rows -> what pgpq writes as the type: Binary as it is, numbers and lists in its own way."""

_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS: Final = rf"^(?:{_OCTET}\.){{3}}{_OCTET}$"
_ONE_ADDRESS: Final = b"\x02\x20\x00\x04"
"""AF_INET, 32 bits of mask, no cidr, 4 bytes to come."""

_NIL: Final = "00000000-0000-0000-0000-000000000000"

_HYPHENS: Final = tuple(place for place, mark in enumerate(_NIL) if mark == "-")

_DECIMAL_DIGITS: Final = 38  # of the widest Decimal

_DAYS: Final = "[+-]?[0-9]{1,9} days?"
_CLOCK: Final = r"[0-9]{1,2}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_DAYS_AND_CLOCK: Final = rf"^(?:{_DAYS}|(?:{_DAYS} )?{_CLOCK})$"
_LONG_CLOCK: Final = "00:00:00"
_LATER_CLOCK: Final = f" {_LONG_CLOCK}"  # behind days
"""What conversions end intervals with that have a clock, each digit as 0."""
_SECONDS: Final = r"^PT-?[0-9]{1,9}\.[0-9]{6}S$"

_FLOAT: Final = r"-?[0-9]{1,15}(?:\.[0-9]{1,17})?"
_ELEMENTS: Final[Mapping[str, tuple[pl.DataType, str]]] = {
    "int2": (pl.Int16(), "-?[0-2]?[0-9]{1,4}"),
    "int4": (pl.Int32(), "-?[01]?[0-9]{1,9}"),
    "int8": (pl.Int64(), "-?[0-8]?[0-9]{1,18}"),
    "float4": (pl.Float32(), _FLOAT),
    "float8": (pl.Float64(), _FLOAT),
    "text": (pl.String(), r'[^"\\]*'),
}
"""Types of elements: their dtype, for which pgpq writes this type's OID, and a pattern of plain ones that it holds."""


def form_of(texts: pl.Series, type_: PgType) -> Form | None:
    """What makes the column binary, slice by slice; None where the type has no form, or a text is not plainly spelt.

    Args:
        texts: String, in spellings that the type reads, or is to refuse.
    """
    choose = _chooser(type_)
    return choose(texts) if choose else None


def has_form(type_: PgType) -> bool:
    """Texts of the type may have a binary form."""
    return _chooser(type_) is not None


def _chooser(type_: PgType) -> Callable[[pl.Series], Form | None] | None:
    element = type_.element
    if element is None:
        return _FORMS.get(type_.base)
    # int2vector and oidvector have elements, and are no arrays; an element of another OID is refused
    if not type_.base.startswith("_") or element.domain or element.base not in _ELEMENTS:
        return None
    return partial(_list, element=element.base)


def _hex_without(texts: pl.Series, *, mark: str) -> pl.Series:
    """The bytes of hexadecimal digits with a mark between some of them."""
    return texts.str.replace_all(mark, "", literal=True).str.decode("hex")


def _uuid(texts: pl.Series) -> Form:
    """Conversions let no other spelling pass."""
    return partial(_filled, form=_of_uuids, example=_NIL)


def _of_uuids(texts: pl.Series) -> pl.Series:
    if are_as_wide(texts, len(_NIL)):
        octets = bytes_of(texts, len(_NIL))
        is_hyphen = octets == ord("-")
        digits = octets.filter(~is_hyphen)
        are_placed = all(is_hyphen.gather_every(len(_NIL), place).all() for place in _HYPHENS)
        if are_placed and len(digits) == len(texts) * 32 and are_hex(digits).all():
            # letters have bit 6, and come 9 behind what their lower four bits say
            halves = (digits & 15) + (digits & 64) // 64 * 9
            return cells_of(halves.gather_every(2) * 16 + halves.gather_every(2, 1), 16)
    return _hex_without(texts, mark="-")


def _numeric(texts: pl.Series) -> Form | None:
    """Numbers of any size, where all show the same number of fraction digits: that is part of the value."""
    first = texts.first(ignore_nulls=True)
    scale = len(first.partition(".")[2]) if isinstance(first, str) else 0
    fraction = rf"\.[0-9]{{{scale}}}" if scale else ""
    if scale >= _DECIMAL_DIGITS:
        return None
    if not texts.str.contains(f"^-?[0-9]{{1,{_DECIMAL_DIGITS - scale}}}{fraction}$").all():
        return None
    return lambda part: part.cast(pl.Decimal(_DECIMAL_DIGITS, scale))


def _bytea(texts: pl.Series) -> Form | None:
    r"""Those of `\x` and digits; all others mean bytes in the server's encoding."""
    if not texts.str.contains(r"^\\x(?:[0-9A-Fa-f]{2})*$").all():
        return None
    return lambda part: part.str.slice(2).str.decode("hex")


def _mac(texts: pl.Series, *, size: int) -> Form | None:
    for mark in (":", "-"):
        if texts.str.contains(f"^[0-9A-Fa-f]{{2}}(?:{mark}[0-9A-Fa-f]{{2}}){{{size - 1}}}$").all():
            return partial(_hex_without, mark=mark)
    return None


def _inet(texts: pl.Series) -> Form | None:
    """Addresses of IPv4 without a mask."""
    if not texts.str.contains(_ADDRESS).all():
        return None
    octets = pl.col("text").str.split(".").cast(pl.List(pl.UInt8)).cast(pl.Binary)
    return lambda part: _made_of(part, pl.lit(_ONE_ADDRESS) + octets)


def _interval(texts: pl.Series) -> Form | None:
    """Microseconds, days and months of days with a clock, and of seconds; none of them has months."""
    if texts.str.contains(_DAYS_AND_CLOCK).all():
        return partial(_filled, form=_of_days_and_clock, example="00:00:00")
    if texts.str.contains(_SECONDS).all():
        return partial(_filled, form=_of_seconds, example="PT0.000000S")
    return None


def _of_days_and_clock(texts: pl.Series) -> pl.Series:
    text = pl.col("text")
    if cast("int", texts.str.len_bytes().min()) > len(_LATER_CLOCK):
        clock, sound = read_fields(texts.str.tail(len(_LATER_CLOCK)), _LATER_CLOCK)
        if sound is None:
            days = text.str.head(-len(_LATER_CLOCK)).str.strip_chars_end(" days").cast(pl.Int64)
            return _months_days_micros(_micros(*clock), _made_of(texts, days))
    days = text.str.splitn(" ", 2).struct[0].cast(pl.Int64, strict=False)
    return _months_days_micros(_micros_of_clock(texts), _made_of(texts, days).fill_null(0))


def _micros(hours: pl.Series, minutes: pl.Series, seconds: pl.Series) -> pl.Series:
    hours, minutes, seconds = (number.cast(pl.Int64) for number in (hours, minutes, seconds))
    return (hours * 3600 + minutes * 60 + seconds) * 1_000_000


def _of_seconds(texts: pl.Series) -> pl.Series:
    micros = texts.str.strip_chars("PTS").str.replace(".", "", literal=True).cast(pl.Int64)
    return _months_days_micros(micros, pl.Series([0]).new_from_index(0, len(texts)))


def _months_days_micros(micros: pl.Series, days: pl.Series) -> pl.Series:
    return _big_endian(micros) + _big_endian(days * (1 << 32))


def _micros_of_clock(texts: pl.Series) -> pl.Series:
    """What stands behind the days, 0 where nothing does."""
    if cast("int", texts.str.len_bytes().min()) >= len(_LONG_CLOCK):
        clock, sound = read_fields(texts.str.tail(len(_LONG_CLOCK)), _LONG_CLOCK)
        if sound is None:
            return _micros(*clock)
    text = pl.col("text")
    fraction = text.str.extract(r"\.([0-9]+)$").str.pad_end(6, "0").cast(pl.Int64).fill_null(0)
    text = text.str.replace(r"\.[0-9]+$", "")
    hour = text.str.slice(-8, 2).str.strip_chars_start(" ").cast(pl.Int64, strict=False)
    minute = text.str.slice(-5, 2).cast(pl.Int64, strict=False)
    second = text.str.slice(-2).cast(pl.Int64, strict=False)
    return _made_of(texts, (hour * 3600 + minute * 60 + second) * 1_000_000 + fraction).fill_null(0)


def _filled(texts: pl.Series, *, form: Form, example: str) -> pl.Series:
    """A form of texts without nulls as one of all; the example is one of them."""
    if not texts.has_nulls():
        return form(texts)
    return form(texts.fill_null(example)).zip_with(texts.is_not_null(), pl.Series([None], dtype=pl.Binary))


def _list(texts: pl.Series, *, element: str) -> Form | None:
    """Arrays of one dimension with quotation marks around each element, as conversions write them."""
    dtype, pattern = _ELEMENTS[element]
    if not texts.str.contains(rf'^\{{(?:"{pattern}"(?:,"{pattern}")*)?\}}$').all():
        return None
    split = pl.col("text").str.strip_prefix('{"').str.strip_suffix('"}').str.split('","')
    if (texts == "{}").any():
        split = pl.when(pl.col("text") == "{}").then(pl.lit([], pl.List(pl.String))).otherwise(split)
    return lambda part: _made_of(part, split.cast(pl.List(dtype)))


def _big_endian(numbers: pl.Series) -> pl.Series:
    """The eight bytes of Int64, the highest first."""
    # a third of the price of taking them out one by one and joining them
    swapped = _bytes_of(numbers).bin.reinterpret(dtype=pl.Int64, endianness="big")
    return _bytes_of(swapped)


def _bytes_of(numbers: pl.Series) -> pl.Series:
    """Their bytes as they lie in memory."""
    from arro3.core import Array, DataType

    return pl.Series(Array.from_arrow(numbers.rechunk()).cast(DataType.large_binary()))


def _made_of(texts: pl.Series, expr: pl.Expr) -> pl.Series:
    """What the expression makes of `text`; it leaves nulls alone."""
    return texts.alias("text").to_frame().select(expr).to_series()


_FORMS: Final[Mapping[str, Callable[[pl.Series], Form | None]]] = {
    "uuid": _uuid,
    "numeric": _numeric,
    "bytea": _bytea,
    "macaddr": partial(_mac, size=6),
    "macaddr8": partial(_mac, size=8),
    "inet": _inet,
    "cidr": _inet,
    "interval": _interval,
}
"""pg_type.typname -> what chooses the form of its texts."""
