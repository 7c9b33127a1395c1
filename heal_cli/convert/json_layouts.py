"""JSON and Python literals with the keys of a few sound cells, in their order, and other values behind them.

Most columns of JSON are written by one program, so that their cells differ in values alone. What has the layout
of a sound cell is sound itself: one pattern tells, where reading each cell and looking for repeated keys costs
three to ten times as much.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.json_literal import PRINTED_NUMBER, WORD, WORDLESS, reworded
from heal_cli.convert.python_literal import parse_literal
from heal_cli.convert.residue import Attempt
from heal_cli.convert.spread import spread_sample
from heal_cli.model import HealMask

NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
"""A number of JSON."""

SCALAR: Final = rf'(?:"[^"\\\x00-\x1f]*"|{NUMBER}|true|false|null)'
"""A scalar of JSON without escapes."""

PYTHON_RULE: Final = "python_literal"

_SAMPLES: Final = 3
"""Cells of which the commonest layout is tried."""

_ROUNDS: Final = 4
"""Layouts tried on a column; each costs a pattern over the cells still open."""

_FEWEST: Final = 8
"""One cell in so many has to have a layout, or else no other layout is tried."""

_WIDEST: Final = 60
"""Values in a layout: the pattern of more is slower than reading the cells."""

_LONGEST: Final = 4_000  # characters of a cell that is taken for an example


class _Object(tuple[tuple[str, "_Value"], ...]):
    """The keys of an object with their values, in order."""

    __slots__ = ()


_Value = _Object | list["_Value"] | None
"""What is in a cell, every scalar of it as None."""


class _Grammar(NamedTuple):
    """One way to spell objects and lists."""

    read: Callable[[str], _Value]  # raises ValueError where a text is none, or no object or list
    scalar: str  # pattern
    mark: str  # around keys
    gap: str  # pattern of what stands behind a comma or a colon
    key: re.Pattern[str]  # that can stand there to the letter


class _Layout(NamedTuple):
    """What cells look like, and how they are spelt."""

    pattern: str
    is_python: bool


class _NoLayout(ValueError):
    """Nothing that a pattern could tell."""


def read_layouts(texts: pl.Series) -> Attempt:
    """The cells of the common layouts as JSON without a key that repeats or an escape; null for all others."""
    height, open_ = len(texts), texts.is_not_null().arg_true()
    made = constant(None, height, pl.String)
    printed = constant(False, height, pl.Boolean)
    for _ in range(_ROUNDS):
        cells = texts if len(open_) == height else texts[open_]
        layout = _commonest(cells)
        if layout is None:
            break
        hits = cells.str.contains(layout.pattern)
        here = open_ if hits.all() else open_.filter(hits)
        found = cells if len(here) == len(open_) else cells.filter(hits)
        if layout.is_python:
            found, printed = reworded(found), printed.scatter(here, True)
        made = found if len(here) == height else made.scatter(here, found)
        if len(here) * _FEWEST < len(open_) or len(here) == len(open_):
            break
        open_ = open_.filter(~hits)
    return Attempt(made, (HealMask(PYTHON_RULE, printed),))


def _commonest(texts: pl.Series) -> _Layout | None:
    found = Counter(layout for text in spread_sample(texts, _SAMPLES) if (layout := _layout_of(text)))
    return found.most_common(1)[0][0] if found else None


def _layout_of(text: str) -> _Layout | None:
    """The layout of one cell; None where it is no sound object or list, or none that a pattern could tell."""
    if len(text) > _LONGEST:
        return None
    for is_python, grammar in enumerate(_GRAMMARS):
        try:
            value = grammar.read(text)
            if is_python and not (isinstance(value, _Object) and value):
                continue  # [1, 2] and [] are JSON
            pattern = _pattern(value, grammar)
        except (ValueError, RecursionError):
            continue
        return _Layout(rf"\A{pattern}\z", bool(is_python))
    return None


def _pattern(value: _Value, grammar: _Grammar) -> str:
    """What values of that kind look like: objects have the same keys, lists any number of items."""
    if value is None:
        return grammar.scalar
    comma, colon = f",{grammar.gap}", f":{grammar.gap}"
    if isinstance(value, _Object):
        pairs = (f"{_key(key, grammar)}{colon}{_pattern(inner, grammar)}" for key, inner in value)
        return _bounded(rf"\{{{comma.join(pairs)}\}}", grammar)
    items = {_pattern(item, grammar) for item in value} or {grammar.scalar}
    if len(items) > 1:
        raise _NoLayout
    (item,) = items
    return _bounded(rf"\[(?:{item}(?:{comma}{item})*)?\]", grammar)


def _bounded(pattern: str, grammar: _Grammar) -> str:
    if pattern.count(grammar.scalar) > _WIDEST:
        raise _NoLayout
    return pattern


def _key(key: str, grammar: _Grammar) -> str:
    if not grammar.key.fullmatch(key):
        raise _NoLayout
    return grammar.mark + re.escape(key) + grammar.mark


def _object(pairs: list[tuple[str, _Value]]) -> _Object:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _NoLayout
    return _Object(pairs)


def _from_json(text: str) -> _Value:
    value = json.loads(text, object_pairs_hook=_object)
    if not isinstance(value, _Object | list):
        raise _NoLayout
    return _without_scalars(value)


def _without_scalars(value: object) -> _Value:
    if isinstance(value, _Object):
        return _Object((key, _without_scalars(inner)) for key, inner in value)
    return [_without_scalars(item) for item in value] if isinstance(value, list) else None


def _from_python(text: str) -> _Value:
    tree = parse_literal(text)
    if not isinstance(tree, ast.Dict | ast.List):
        raise _NoLayout
    return _of_node(tree)


def _of_node(node: ast.expr | None) -> _Value:
    if isinstance(node, ast.List):
        return [_of_node(item) for item in node.elts]
    if not isinstance(node, ast.Dict):
        return None
    keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    if len(keys) < len(node.keys):
        raise _NoLayout
    return _object([(key, _of_node(inner)) for key, inner in zip(keys, node.values, strict=True)])


_GRAMMARS: Final = (
    _Grammar(
        _from_json,
        SCALAR,
        '"',
        " ?",
        re.compile(r'[^"\\\x00-\x1f]*'),
    ),
    _Grammar(
        _from_python, rf"(?:{WORDLESS}|{PRINTED_NUMBER}|{WORD})", "'", " ", re.compile(WORDLESS.strip("'"))
    ),
)
"""JSON, and what Python prints."""
