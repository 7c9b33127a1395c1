"""json and jsonb: valid JSON stays as it is to the letter; what is not is healed by name or refused.

Whether an object or list is valid JSON is asked of msgspec cell by cell, since no polars expression
validates JSON: skipping over it as `Raw` takes a quarter of a microsecond a cell (3.9 million a second),
less than reading the text did. Scalars are judged by one pattern.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.json_layouts import NUMBER, PYTHON_RULE, read_layouts
from heal_cli.convert.json_literal import from_literals, parses
from heal_cli.convert.json_typed import from_typed
from heal_cli.convert.residue import (
    NOT_CONVERTIBLE,
    Attempt,
    Healer,
    Refusal,
    heal_residue,
    open_cells,
)
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType, ValueOptions

__all__ = ["decide", "from_typed", "to_typed", "wire"]

_CONTAINER: Final = r"^[ \t\r\n]*[{\[]"
_SCALAR: Final = (
    rf"^[ \t\r\n]*(?:true|false|null|{NUMBER}|"
    r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")[ \t\r\n]*$'
)
_KEY: Final = r'"(?:[^"\\]|\\.)*":'
_ODD_KEY: Final = r'"\s+:|[,{]\s*":|\\u[0-9a-fA-F]{4}'
"""Keys that _KEY may see wrongly, and escapes: these cells are read in full."""

_PYTHON: Final = r"^\s*(?:[{\[].*[}\]]|True|False|None)\s*$"
_NO_JSON: Final = r"^[ \t\r\n]*[{\[][ \t\r\n]*'"
"""What begins as no JSON does: to ask for more is dear."""


def wire(type: PgType) -> pl.DataType:
    """Text."""
    return pl.String()


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base`: JSON needs no format."""
    return base


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """JSON texts as they are; Python literals as JSON; plain words only under `allow` 'json_quote'."""
    binary = type.base == "jsonb"
    quote = "json_quote" in allow
    healers = (
        Healer("JSON", lambda texts: _read_in_full(texts, binary, "json_duplicate_keys" in allow)),
        Healer("Python literal (dict, list, True, False, None)", lambda texts: _literals(texts, binary)),
        Healer("", lambda texts: _quote(texts) if quote else _refuse_words(texts)),
    )
    laid = read_layouts(values)
    typed = _with_valid(values, laid.values, binary)
    return heal_residue(values, typed, healers, nulls=format.nulls, heals=laid.heals)


def _with_valid(values: pl.Series, typed: pl.Series, binary: bool) -> pl.Series:
    """`typed`, with the cells that it lacks and that are JSON as they stand."""
    places = open_cells(values, typed)
    if not len(places):
        return typed
    texts = values[places]
    valid = _is_valid(texts)
    if binary and valid.any():
        valid &= ~_is_suspect(texts)
    return typed.scatter(places.filter(valid), texts.filter(valid)) if valid.any() else typed


def _nulls(values: pl.Series) -> pl.Series:
    return constant(None, len(values), pl.String)


def _is_valid(values: pl.Series) -> pl.Series:
    valid = values.str.contains(_SCALAR).fill_null(False)
    positions = (values.str.contains(_CONTAINER) & ~values.str.contains(_NO_JSON)).arg_true()
    if not len(positions):
        return valid
    containers = values if len(positions) == len(values) else values[positions]
    return valid.scatter(positions, pl.Series(map(parses, containers), dtype=pl.Boolean))


def _is_suspect(values: pl.Series) -> pl.Series:
    """Where jsonb might store something else: keys that may repeat, escapes that may be NUL or half a character."""
    keys = values.str.extract_all(_KEY)
    return (keys.list.n_unique() != keys.list.len()) | values.str.contains(_ODD_KEY)


class _RepeatedKey(ValueError):
    """An object names a key twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedKey
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _verdict(text: str) -> str | None:
    """'' for plain JSON, 'repeated', 'nul', 'surrogate' for what jsonb would change or refuse, None for no JSON."""
    try:
        json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=str, parse_int=str
        )
        repeated = False
    except _RepeatedKey:
        repeated = True
    except (ValueError, RecursionError):
        return None
    if "\\u" in text and (odd := _odd_character(text)):
        return odd
    return "repeated" if repeated else ""


def _odd_character(text: str) -> str | None:
    decoded = json.dumps(
        json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=list), ensure_ascii=False
    )
    if "\\u0000" in decoded.replace("\\\\", ""):
        return "nul"
    return "surrogate" if any("\ud800" <= char <= "\udfff" for char in decoded) else None


def _read_in_full(texts: pl.Series, binary: bool, allow_repeated: bool) -> Attempt:
    verdicts = _each(texts, ~texts.str.contains(_NO_JSON), _verdict)
    if not binary:
        return Attempt(texts.zip_with(verdicts.is_not_null(), _nulls(texts)))
    repeated = (verdicts == "repeated").fill_null(False)
    good = (verdicts == "").fill_null(False)
    refused = [
        Refusal(
            "nul_byte", (verdicts == "nul").fill_null(False), "JSON with \\u0000, which jsonb cannot hold"
        ),
        Refusal(
            NOT_CONVERTIBLE, (verdicts == "surrogate").fill_null(False), "JSON with half a surrogate pair"
        ),
    ]
    if allow_repeated:
        heals = (HealMask("json_duplicate_keys", repeated, lossy=True),)
        return Attempt(texts.zip_with(good | repeated, _nulls(texts)), heals, tuple(refused))
    attempt = "key named twice, of which jsonb keeps the last; --allow json_duplicate_keys lets it"
    refused.append(Refusal("duplicate_keys", repeated, attempt))
    return Attempt(texts.zip_with(good, _nulls(texts)), (), tuple(refused))


def _each(texts: pl.Series, mask: pl.Series, read: Callable[[str], str | None]) -> pl.Series:
    """`read` for the texts under the mask: healing broken JSON is a parser's work, no expression's."""
    made, places = _nulls(texts), mask.arg_true()
    if not len(places):
        return made
    return made.scatter(places, pl.Series(map(read, texts[places]), dtype=pl.String))


def _literals(texts: pl.Series, binary: bool) -> Attempt:
    places = texts.str.contains(f"(?s){_PYTHON}").arg_true()
    made = _nulls(texts)
    if len(places):
        made = made.scatter(places, from_literals(texts[places]))
    nul = made.str.contains("\\u0000", literal=True).fill_null(False) if binary else None
    refused: tuple[Refusal, ...] = ()
    if nul is not None and nul.any():
        made = made.zip_with(~nul, _nulls(texts))
        refused = (Refusal("nul_byte", nul, "Python literal with a NUL, which jsonb cannot hold"),)
    return Attempt(made, (HealMask(PYTHON_RULE, made.is_not_null()),), refused)


_BROKEN: Final = r"^\s*[{\[]"


def _quote(texts: pl.Series) -> Attempt:
    made = _each(texts, ~texts.str.contains(_BROKEN), lambda text: json.dumps(text, ensure_ascii=False))
    return Attempt(made, (HealMask("json_quote", made.is_not_null()),))


def _refuse_words(texts: pl.Series) -> Attempt:
    words = ~texts.str.contains(_BROKEN)
    attempt = "plain text, which is no JSON; --allow json_quote stores it as a JSON string"
    return Attempt(_nulls(texts), (), (Refusal("not_json", words, attempt),))
