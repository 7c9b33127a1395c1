"""What to say of a name that does not exist: the nearest ones, and the next thing to type."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from typing import Final

from rapidfuzz import fuzz, process

from heal_cli.errors import MissingTable

_NEAR_ENOUGH: Final = 60.0  # rapidfuzz ratio, 0-100; names further apart have nothing to do with each other
_SUGGESTIONS: Final = 3
_MAKE_IT: Final = "make it with --create or --ddl FILE"


def nearest(name: str, names: Collection[str]) -> list[tuple[str, float]]:
    """At most three names that may have been meant, best first, each with its likeness 0-1."""
    found = process.extract(
        name, names, scorer=fuzz.ratio, processor=str.casefold, limit=_SUGGESTIONS, score_cutoff=_NEAR_ENOUGH
    )
    return [(near, score / 100) for near, score, _ in found]


def describe_missing(
    name: str, schema: str | None, tables: Sequence[tuple[str, str]], path: Sequence[str]
) -> MissingTable:
    """The error for a table that is not there.

    Args:
        schema: The schema asked for; None means the search path.
        tables: Schema and name of every table there is.
    """
    visible = [entry for entry in path if not entry.startswith("pg_")]
    searched = visible if schema is None else [schema]
    elsewhere = [t for t in tables if t[1].casefold() == name.casefold() and t[0] not in searched]
    if schema is not None and not any(owner == schema for owner, _ in tables):
        where = f"schema {schema!r}, which holds no table"
    else:
        where = (
            f"schema {schema!r}"
            if schema is not None
            else f"the search path ({', '.join(map(repr, visible))})"
        )
    message = f"Table {name!r} does not exist in {where}"
    if elsewhere:
        homes = ", ".join(repr(f"{owner}.{table}") for owner, table in sorted(elsewhere)[:_SUGGESTIONS])
        return MissingTable(f"{message}; there is {homes}", hint=f"Try --table {type_name(*min(elsewhere))}")
    shown = {_shown(owner, table, searched): (owner, table) for owner, table in tables}
    near = nearest(name, list(shown))
    if not near:
        return MissingTable(message, hint=_MAKE_IT[0].upper() + _MAKE_IT[1:])
    choices = ", ".join(f"{text!r} ({likeness:.2f})" for text, likeness in near)
    owner, table = shown[near[0][0]]
    first = type_name(None if owner in visible else owner, table)
    return MissingTable(f"{message}; nearest is {choices}", hint=f"Try --table {first}, or {_MAKE_IT}")


def _shown(owner: str, table: str, searched: Sequence[str]) -> str:
    return table if owner in searched else f"{owner}.{table}"


def type_name(schema: str | None, name: str, *, quote: bool = False) -> str:
    """The name as it has to be typed in a shell after `--table`."""
    parts = [part for part in (schema, name) if part is not None]
    return shlex.quote(".".join(_identifier(part, quote=quote) for part in parts))


def _identifier(part: str, *, quote: bool) -> str:
    is_plain = not (set('."') & set(part)) and part == part.strip()
    return part if is_plain and not quote else '"' + part.replace('"', '""') + '"'
