"""Templates of JSON lines: one regular expression for each order of keys, run by polars over a whole batch.

A line that a template accepts is a valid JSON object for sure, but for two things that its caller checks:
what an escape in a string stands for, and the inside of arrays and objects. A line that none accepts has no
verdict yet and is read by itself.

Patterns are kept one-pass (the next byte alone says where the automaton goes): only then does the engine
find groups at 4-8 ns a byte; past 16 groups or about 5,000 characters it falls to 18-30 ns (measured), so a
long template is cut into segments, each taking up the line where the one before stopped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
import polars as pl

from heal_cli.read.jsonl_keys import column_name, key_fault

_BODY: Final = r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrtu])*'
_STRING: Final = f'"{_BODY}"'
_NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_SCALAR: Final = f"{_STRING}|{_NUMBER}|true|false|null"
_NESTING: Final = 5
_MIN_SHARE: Final = (
    0.02  # of the lines learned from: a rarer order of keys costs more as a template than line by line
)
_MAX_GROUPS: Final = 15  # and one for the segment itself
_MAX_PATTERN: Final = 4200


def _nested(depth: int) -> str:
    """Brackets that close, with strings between them kept whole; what they hold is checked later."""
    inner = rf"[ \t,:0-9a-zE+.-]|{_STRING}" + (f"|{_nested(depth - 1)}" if depth > 1 else "")
    return rf"[\[{{](?:{inner})*[\]}}]"


_NESTED: Final = _nested(_NESTING)

GRAMMARS: Final = {
    "string": f'(?:"({_BODY})"|null)',  # the group is the text between the quotes, escapes still in it
    "number": f"(?:({_NUMBER})|null)",
    "boolean": "(?:(true|false)|null)",
    "json": f"(?:({_NESTED})|null)",
    "scalar": f"({_SCALAR})",
    "any": f"({_SCALAR}|{_NESTED})",
}
"""Kind of a template's column -> its part of the pattern; 'scalar' and 'any' give the whole token."""

_KINDS: Final = {b'"': "string", b"t": "boolean", b"f": "boolean", b"n": "null", b"[": "json", b"{": "json"}
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_KEY: Final = re.compile(rb'\s*[{,]\s*"((?:[^"\\]|\\.)*)"\s*:\s*', re.DOTALL)
LINE_BLANK: Final = " ?"
"""White space between the tokens of JSON lines."""
DOCUMENT_BLANK: Final = r"[ \t\r\n]*"
"""The same in documents, which may be indented."""


@dataclass(frozen=True, slots=True)
class Template:
    """The lines of one order of keys."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]  # a key of GRAMMARS for each name
    segments: tuple[
        str, ...
    ]  # patterns; the groups of all together are the names' and one that marks a match
    widths: tuple[int, ...]  # names in each segment


class Extracted(NamedTuple):
    """What a template found in a column of lines."""

    hit: pl.Series  # Boolean: the line is of this template
    groups: list[pl.Series]  # one for each name; null where there is no hit, and for a null where typed


def kind_of(token: bytes) -> str:
    """'string', 'number', 'boolean', 'json' or 'null', from the token's first byte."""
    return _KINDS.get(token[:1], "number")


def learn(lines: Iterable[bytes], *, limit: int, blank: str = LINE_BLANK) -> tuple[Template, ...]:
    """Templates for the most frequent orders of keys, best first; broken lines teach nothing."""
    orders: Counter[tuple[bytes, ...]] = Counter()
    names: dict[tuple[bytes, ...], tuple[str, ...]] = {}
    kinds: dict[tuple[bytes, ...], list[set[str]]] = {}
    for line in lines:
        try:
            fields = _FIELDS.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        tokens = [bytes(raw) for raw in fields.values()]
        order = _raw_keys(line, tokens)
        if not order or key_fault(fields):
            continue
        orders[order] += 1
        names[order] = tuple(map(column_name, fields))
        seen = kinds.setdefault(order, [set() for _ in tokens])
        for one, token in zip(seen, tokens, strict=True):
            one.add(kind_of(token))
    common = [order for order, count in orders.most_common(limit) if count >= _MIN_SHARE * orders.total()]
    return tuple(_template(order, names[order], kinds[order], blank) for order in common)


def _raw_keys(line: bytes, tokens: Sequence[bytes]) -> tuple[bytes, ...]:
    """The keys as the line spells them; empty where a key is there twice."""
    keys, position = [], 0
    for token in tokens:
        found = _KEY.match(line, position)
        if found is None or not line.startswith(token, found.end()):
            return ()
        keys.append(found[1])
        position = found.end() + len(token)
    return tuple(keys) if not _KEY.match(line, position) else ()


def _template(order: tuple[bytes, ...], names: tuple[str, ...], seen: list[set[str]], blank: str) -> Template:
    kinds = tuple(_grammar(kinds - {"null"}) for kinds in seen)
    pieces = [
        f'"{re.escape(key.decode())}"{blank}:{blank}{_grammar_of(kind, blank)}'
        for key, kind in zip(order, kinds, strict=True)
    ]
    segments: list[list[str]] = [[]]
    for piece in pieces:
        full = len(segments[-1]) >= _MAX_GROUPS or sum(map(len, segments[-1])) + len(piece) > _MAX_PATTERN
        if full and segments[-1]:
            segments.append([])
        segments[-1].append(piece)
    comma = f"{blank},{blank}"
    patterns = [comma.join(segment) for segment in segments]
    patterns = [(comma if i else r"\{" + blank) + pattern for i, pattern in enumerate(patterns)]
    patterns = [f"^({pattern})" for pattern in patterns[:-1]] + [rf"^{patterns[-1]}{blank}(\}})[ \t\r]*$"]
    return Template(names, kinds, tuple(patterns), tuple(map(len, segments)))


def _grammar_of(kind: str, blank: str) -> str:
    grammar = GRAMMARS[kind]
    return grammar if blank == LINE_BLANK else grammar.replace(r"[ \t,", r"[ \t\r\n,")


def _grammar(kinds: set[str]) -> str:
    if len(kinds) == 1:
        return kinds.copy().pop()
    return "any" if "json" in kinds else "scalar"


def extract(template: Template, lines: pl.Series) -> Extracted:
    """Every line that is of the template, in columns."""
    groups: list[pl.Series] = []
    for i, (pattern, width) in enumerate(zip(template.segments, template.widths, strict=True)):
        found = lines.str.extract_groups(pattern).struct.unnest().get_columns()
        is_last = i == len(template.segments) - 1
        mark, found = (found[-1], found[:-1]) if is_last else (found[0], found[1:])
        groups += found[:width]
        if not is_last:
            lines = _after(lines, mark)
    return Extracted(mark.is_not_null(), groups)


def _after(lines: pl.Series, taken: pl.Series) -> pl.Series:
    """What is left of each line; null where nothing was taken."""
    frame = pl.DataFrame({"line": lines, "taken": taken})
    rest = pl.col("line").cast(pl.Binary).bin.slice(pl.col("taken").str.len_bytes())
    return frame.select(pl.when(pl.col("taken").is_not_null()).then(rest).cast(pl.String)).to_series()
