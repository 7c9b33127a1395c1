"""JSON tokens of one column -> text, all at once."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import polars as pl

_RAW: Final = msgspec.json.Decoder(msgspec.Raw)


_FIRST: Final = {'"': 0, "t": 2, "f": 2, "[": 3, "{": 3, "n": 4}
_STRING, _NUMBER, _JSON, _NULL = 0, 1, 3, 4
_NAMES: Final = ("string", "number", "boolean", "json")


class Cells(NamedTuple):
    """One column of values as text."""

    values: pl.Series  # String: strings unescaped, everything else as the source spells it; null for null
    kind: str | None  # 'string' | 'number' | 'boolean' | 'json' | 'mixed'; None where all are null
    quoted: pl.Series | None = None  # Boolean: the value is a string; for 'mixed' only
    doubtful: pl.Series | None = None  # Boolean: to be read by itself; None for no such cell


class Tokens(NamedTuple):
    """Whole tokens of any kinds, read."""

    values: pl.Series
    kinds: pl.Series  # UInt8: index in `_NAMES`, one more for null
    doubtful: pl.Series | None


def settle(groups: pl.Series, kind: str, *, may_escape: bool) -> Cells:
    """The values of a template's column of that kind (see `jsonl_regex.GRAMMARS`).

    Args:
        may_escape: There is a backslash somewhere in the batch.
    """
    if kind in {"scalar", "any"}:
        tokens = read_tokens(groups, checked=False)
        seen = set(tokens.kinds.unique().to_list())
        return cells_of(tokens.values, tokens.kinds, seen)._replace(doubtful=tokens.doubtful)
    if groups.null_count() == groups.len():
        return Cells(groups, None)
    if kind == "string" and may_escape:
        values, doubtful = unescape(groups)
        return Cells(values, kind, doubtful=doubtful)
    return Cells(groups, kind, doubtful=invalid(groups) if kind == "json" else None)


def read_tokens(tokens: pl.Series, *, checked: bool) -> Tokens:
    """The values and kinds of tokens.

    Args:
        checked: The tokens are known to be valid, whatever they hold.
    """
    kinds = tokens.str.slice(0, 1).replace_strict(_FIRST, default=_NUMBER, return_dtype=pl.UInt8)
    is_string, is_json = kinds == _STRING, kinds == _JSON
    values, doubtful = _where(kinds != _NULL, tokens), None
    if is_string.any():
        bodies = _where(is_string, tokens).str.strip_prefix('"').str.strip_suffix('"')
        bodies, doubtful = unescape(bodies)
        values = pl.select(pl.when(is_string).then(bodies).otherwise(values)).to_series()
    if is_json.any() and not checked:
        doubtful = _either(doubtful, invalid(_where(is_json, tokens)))
    return Tokens(values, kinds, doubtful)


def cells_of(values: pl.Series, kinds: pl.Series, seen: set[int]) -> Cells:
    """One column of `Tokens`, `seen` being the kinds in it."""
    names = [_NAMES[kind] for kind in seen if kind != _NULL]
    if len(names) > 1:
        return Cells(values, "mixed", quoted=kinds == _STRING)
    return Cells(values, names[0] if names else None)


def unescape(bodies: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    r"""What stands between the quotes, read; and where that is no text (`\ud800`) or holds a NUL, if anywhere."""
    escaped = bodies.str.contains("\\", literal=True)
    if not escaped.any():
        return bodies, None
    read = ('"' + _where(escaped, bodies) + '"').str.json_path_match("$")
    doubtful = escaped & (read.is_null() | read.str.contains("\0", literal=True).fill_null(value=False))
    values = pl.select(pl.when(escaped).then(read).otherwise(bodies)).to_series()
    return values, doubtful.fill_null(value=False) if doubtful.any() else None


def invalid(cells: pl.Series) -> pl.Series | None:
    """Where arrays and objects whose brackets close are no JSON; None if nowhere."""
    texts = cells.drop_nulls()
    if texts.is_empty():
        return None
    try:
        _RAW.decode(f"[{texts.str.join(',').item()}]")
    except msgspec.DecodeError:
        return pl.Series([text is not None and not _is_json(text) for text in cells], dtype=pl.Boolean)
    return None


def _is_json(text: str) -> bool:
    try:
        _RAW.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def _where(mask: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(mask).then(values)).to_series()


def _either(one: pl.Series | None, other: pl.Series | None) -> pl.Series | None:
    return other if one is None else one if other is None else one | other
