"""Array spellings: PostgreSQL literals, JSON lists and Python lists into flat elements, and back into literals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
import polars as pl

from heal_cli.convert.python_literal import parse_literal, written_as

_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_STRING: Final = msgspec.json.Decoder(str)
_DEEPEST: Final = 6  # MAXDIM of PostgreSQL
_TOKEN: Final = re.compile(
    r'\s*(?:([{},])|"((?:[^"\\]|\\.)*)"|((?:[^{}",\\\s]|\\.|\s+(?=[^{}",\s]))+))', re.DOTALL
)


class Elements(NamedTuple):
    """The elements of one cell, row by row, and its lengths in each dimension; () for an empty array."""

    values: list[str | None]
    shape: tuple[int, ...]
    rule: str | None = None  # the heal that reading it counts as


Nested = list["Nested | str | None"]


def parse_array(text: str, *, keep_json: bool = False) -> Elements | None:
    """The elements of an array text; None where it is no array, or not rectangular.

    Args:
        keep_json: Strings in a JSON list keep their quotes: the elements are JSON themselves.
    """
    text = text.strip()
    if text.startswith("{"):
        return _flatten(_from_literal(text), None)
    if not text.startswith("["):
        return None
    nested = _from_json(text, keep_json)
    if nested is not None:
        return _flatten(nested, None)
    return _flatten(_from_python(text), "python_literal")


def _flatten(nested: Nested | None, rule: str | None) -> Elements | None:
    if nested is None:
        return None
    shape: list[int] = []
    level: list[Nested | str | None] = [nested]
    while level and all(isinstance(item, list) for item in level):
        lengths = {len(item) for item in level}  # type: ignore[arg-type]
        if len(lengths) != 1 or len(shape) == _DEEPEST:
            return None
        shape.append(lengths.pop())
        level = [inner for item in level for inner in item]  # type: ignore[union-attr]
    if any(isinstance(item, list) for item in level):
        return None
    if not level:
        return Elements([], (), rule) if shape == [0] else None
    return Elements(level, tuple(shape), rule)  # type: ignore[arg-type]


def _from_json(text: str, keep_json: bool) -> Nested | None:
    try:
        return [_json_element(bytes(raw), keep_json) for raw in _RAWS.decode(text)]
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError, TypeError):
        return None


def _json_element(raw: bytes, keep_json: bool) -> Nested | str | None:
    """Text of an element: numbers, objects and booleans as they are written, strings unquoted."""
    raw = raw.strip()
    if raw == b"null":
        return None
    if raw.startswith(b'"') and not keep_json:
        return _STRING.decode(raw)
    if raw.startswith(b"["):
        nested = _from_json(raw.decode(), keep_json)
        if nested is None:
            raise TypeError
        return nested
    return raw.decode()


def _from_python(text: str) -> Nested | None:
    tree = parse_literal(text)
    return _python_list(tree, text) if isinstance(tree, ast.List) else None


def _python_list(tree: ast.List, text: str) -> Nested | None:
    elements: Nested = []
    for node in tree.elts:
        if isinstance(node, ast.List):
            nested = _python_list(node, text)
            if nested is None:
                return None
            elements.append(nested)
        elif isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str)):
            elements.append(node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            elements.append("true" if node.value else "false")
        elif isinstance(node, ast.Constant | ast.UnaryOp):
            elements.append(written_as(text, node))  # a number, digit for digit
        else:
            return None
    return elements


def _tokens(text: str) -> Iterator[tuple[str | None, str | None, str | None]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at:].strip():
                yield "?", None, None
            return
        at = match.end()
        yield match.group(1), match.group(2), match.group(3)


def _from_literal(text: str) -> Nested | None:
    """`{a,"b c",NULL,{..}}` (PostgreSQL manual 8.15.2); None where it is malformed."""
    top: Nested = []
    stack: list[Nested] = [top]
    ready = True  # an element or a brace may come
    for mark, quoted, bare in _tokens(text):
        if mark == "{" and ready:
            inner: Nested = []
            stack[-1].append(inner)
            stack.append(inner)
        elif mark == "}" and len(stack) > 1 and (not ready or not stack[-1]):
            stack.pop()
            ready = False
        elif mark == "," and not ready and len(stack) > 1:
            ready = True
        elif mark is None and ready and len(stack) > 1:
            stack[-1].append(_literal_element(quoted, bare))
            ready = False
        else:
            return None
    return top[0] if len(stack) == 1 and len(top) == 1 and isinstance(top[0], list) else None


def _literal_element(quoted: str | None, bare: str | None) -> str | None:
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
    assert bare is not None
    return None if bare.upper() == "NULL" else re.sub(r"\\(.)", r"\1", bare, flags=re.DOTALL)


def quoted_elements(texts: pl.Series) -> pl.Series:
    """Elements as they stand in a literal: always quoted, so that no text can be NULL, a brace or a comma."""
    escaped = texts.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return ('"' + escaped + '"').fill_null("NULL")


def literal_of(elements: list[str], shape: tuple[int, ...]) -> str:
    """The literal of quoted elements in that shape."""
    if not shape:
        return "{}"
    for length in reversed(shape):
        elements = [
            "{" + ",".join(elements[at : at + length]) + "}" for at in range(0, len(elements), length)
        ]
    return elements[0]
