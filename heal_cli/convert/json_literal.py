"""Lists and dicts as Python prints them -> JSON.

Most are printed by `repr` and hold no escapes: these are rewritten by columns and then only checked, at a
thirtieth of the price of reading and writing each.
"""

from __future__ import annotations

import ast
import json
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec
import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.python_literal import parse_literal, written_as

_RAW: Final = msgspec.json.Decoder(msgspec.Raw)

_WHOLE: Final = "0|-?[1-9][0-9]{0,99}"
_FRACTION: Final = r"-?(?:0|[1-9][0-9]{0,9})\.(?:0|[0-9]{0,3}[1-9])"
"""Floats that Python prints with the digits that they are read from."""
PRINTED_NUMBER: Final = f"{_FRACTION}|{_WHOLE}"
_WORDS: Final = {"True": "true", "False": "false", "None": "null"}
WORD: Final = "|".join(_WORDS)

_STRING: Final = r"""'([^'"\\\x00-\x1f]*)'|("[^"\\\x00-\x1f]*")"""
_NONE: Final = r"""'"\\\x00-\x1fTFN"""
WORDLESS: Final = rf"'(?:[^{_NONE}]|T[^r{_NONE}]|F[^a{_NONE}]|N[^o{_NONE}])*[TFN]?'"
"""A string that can hold none of the words."""


def _printed(string: str) -> str:
    """What `repr` makes of lists, dicts, such strings, numbers and words, as far as an expression can tell."""
    item = f"(?:{string}|{PRINTED_NUMBER}|{WORD})"
    return rf"\A(?:[{{\[]*{item}?[}}\]]*(?:, |: |\z))+\z"


_PLAIN: Final = _printed(WORDLESS)
_PRINTED: Final = _printed(_STRING)

_KEY: Final = '"[^"]*":'
_OPEN, _CLOSE = "\x01", "\x02"
"""Stand for quotation marks until all of them are known; no text that is rewritten holds them."""


def parses(text: str) -> bool:
    """True for valid JSON."""
    try:
        _RAW.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    return True


def from_literals(texts: pl.Series) -> pl.Series:
    """JSON of Python literals; null for what is none, repeats a key, or holds what JSON has no word for."""
    made = constant(None, len(texts), pl.String)
    for pattern, rewrite in ((_PLAIN, reworded), (_PRINTED, _requoted)):
        open_ = made.is_null().arg_true()
        places = open_.filter(texts[open_].str.contains(pattern))
        if len(places):
            made = made.scatter(places, _checked(rewrite(texts[places])))
    open_ = made.is_null().arg_true()
    if not len(open_):
        return made
    return made.scatter(open_, pl.Series(map(_from_literal, texts[open_]), dtype=pl.String))


def _checked(json: pl.Series) -> pl.Series:
    """The texts that are JSON without a key that may repeat; null instead of others."""
    keys = json.str.extract_all(_KEY).list
    sound = (keys.n_unique() == keys.len()) & pl.Series(map(parses, json.fill_null("")), dtype=pl.Boolean)
    return json.set(~sound.fill_null(False), None)


def reworded(texts: pl.Series) -> pl.Series:
    """Literals whose strings hold neither quotation marks nor words: these are the others' alone; none is null."""
    if not len(texts):
        return texts
    # as one block of bytes, of which no length changes: cell by cell takes twice as long
    octets = texts.str.join(_OPEN).cast(pl.Binary).cast(pl.List(pl.UInt8)).explode(empty_as_null=False)
    octets = octets.zip_with(octets != ord("'"), pl.Series([ord('"')], dtype=pl.UInt8))
    for word, said in _WORDS.items():
        octets = _said(octets, word.encode(), said.encode())
    joined = octets.implode().cast(pl.Binary).cast(pl.String)
    return joined.str.split(_OPEN).explode().alias(texts.name)


def _said(octets: pl.Series, word: bytes, said: bytes) -> pl.Series:
    """With the bytes of one word instead of the other, which its first two tell."""
    starts = octets == word[0]
    if not starts.any():
        return octets
    starts &= octets.shift(-1, fill_value=0) == word[1]
    places = pl.int_range(len(octets), dtype=pl.UInt32, eager=True).filter(starts)
    for place, (before, after) in enumerate(zip(word, said, strict=True)):
        if before != after and len(places):
            octets = octets.scatter(places + place, after)
    return octets


def _requoted(texts: pl.Series) -> pl.Series:
    """Literals with apostrophes in some strings; null where a string holds one of the words."""
    marked = texts.str.replace_all(_STRING, f"{_OPEN}$1{_CLOSE}$2")
    quoted = marked.str.replace_many([f'{_OPEN}{_CLOSE}"', _OPEN, _CLOSE], ['"', '"', '"'], leftmost=True)
    outside = texts.str.replace_all(_STRING, "").str.count_matches(WORD)
    json = quoted.str.replace_many(list(_WORDS), list(_WORDS.values()))
    return json.set(outside != texts.str.count_matches(WORD), None)


def _from_literal(text: str) -> str | None:
    """JSON of a Python literal made of dicts with text keys, lists, text, numbers, True, False and None."""
    text = text.strip()
    tree = parse_literal(text)
    if tree is None or not all(_is_plain(node) and _is_exact(node, text) for node in ast.walk(tree)):
        return None
    try:
        return json.dumps(ast.literal_eval(tree), allow_nan=False, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None


def _is_plain(node: ast.AST) -> bool:
    """No set, and no dict with keys that repeat or are no text."""
    if isinstance(node, ast.Dict):
        keys = [
            key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
        ]
        return len(set(keys)) == len(node.keys)
    return not isinstance(node, ast.Set)


def _is_exact(node: ast.AST, text: str) -> bool:
    """A decimal number comes out of Python with the digits it went in with."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, float):
        return True
    written = written_as(text, node)
    try:
        return written is not None and Decimal(written) == Decimal(repr(node.value))
    except InvalidOperation:  # an exponent beyond all decimals
        return False
