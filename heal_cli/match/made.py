"""Source columns that a table was made from, or whose names PostgreSQL has cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from heal_cli.match.names import parse
from heal_cli.model import MAX_NAME_BYTES, TableSchema, column_names, cut, snake

# Cutting leaves up to so many bytes unused: a character takes four at most.
_SLACK: Final = 3


class Cut(NamedTuple):
    """Source columns whose names PostgreSQL would cut to that of one target."""

    sources: tuple[str, ...]
    target: str
    is_certain: bool  # no other source and no other column can be meant


def made_from(sources: Sequence[str], table: TableSchema) -> dict[str, str]:
    """Source -> target where the table begins with the columns that `--create` makes of these sources, in order.

    Empty where it does not, or where it has a column more that a source not among these was numbered for. Names
    that PostgreSQL cuts, or that only letter case or signs tell apart, cannot be paired without that; all others
    are left out.
    """
    names, columns = column_names(sources), [column.name for column in table.columns]
    if names != columns[: len(names)] or {_numbered(name) for name in names} & set(columns[len(names) :]):
        return {}
    often = Counter(parse(name).key for name in sources)
    pairs = zip(sources, names, strict=True)
    return {
        name: made for name, made in pairs if parse(made).key != parse(name).key or often[parse(name).key] > 1
    }


def cut_names(sources: Collection[str], targets: Collection[str]) -> list[Cut]:
    """For each target as long as a name can be, the sources whose names begin with it.

    A column that was numbered to stand apart (`..._2`) or a second source leaves open which is which.
    """
    found = []
    for target in sorted(targets):
        if len(target.encode()) < MAX_NAME_BYTES - _SLACK:
            continue
        key = parse(target).key
        longest = [name for name in sources if key and key in _cut_keys(name)]
        if not longest:
            continue
        is_certain = len(longest) == 1 and _numbered(target) not in targets
        found.append(Cut(tuple(sorted(longest)), target, is_certain))
    return found


def _numbered(name: str) -> str:
    """What a second column of that name is called."""
    return f"{cut(name, MAX_NAME_BYTES - 2)}_2"


def _cut_keys(name: str) -> set[str]:
    """What is left of a name that is too long, as typed and in snake case, without spelling."""
    spellings = (name, snake(name))
    return {parse(cut(text)).key for text in spellings if len(text.encode()) > MAX_NAME_BYTES}
