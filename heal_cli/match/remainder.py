"""What the words of a name that have no partner in the other name take away from the likeness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from heal_cli.match.concepts import WEAK_WEIGHT, Word, singular
from heal_cli.match.names import Name
from heal_cli.match.shapes import LOOKS
from heal_cli.match.vocabulary import vocabulary

FILLER_WEIGHT: Final = 0.04  # of a word that every column starts with
KIND_WEIGHT: Final = 0.15  # of a word that names a kind: low enough for text that fits to pass 0.7
NAMING_WEIGHT: Final = 0.05  # of `name` behind a person or a thing: `payee`, `payee_name`

_SHORTEST_OWN: Final = 3  # letters of the table's name, in front of its columns' names: `inv_no`

Need: TypeAlias = tuple[str, str]
"""Kind of a word left alone ('reference', 'naming', ...) and the raw name that has it: the values decide."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What the names around say about single words; there is one for a source and a table, equal to itself only.

    Attributes:
        filler: Words that every source column or every target column starts with.
        taken: Words written on both sides, which are therefore no slips of the pen.
        table: The words of the table's name, in the singular.
        is_lettered: Every source column is called by one character, as a sheet calls its columns.
        single: Words that one source column and one target column have, and no others.
        plainer: Raw name of a source column -> a shorter one to compare, too.
        bare: The same of a target column.
    """

    filler: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    table: tuple[str, ...] = ()
    single: frozenset[str] = frozenset()
    is_lettered: bool = False
    plainer: Mapping[str, Name] = field(default_factory=dict)
    bare: Mapping[str, Name] = field(default_factory=dict)


class Missing(NamedTuple):
    """A word without a partner: its weight (0-1), and what the values have to bear out for it to be that light."""

    weight: float
    need: Need | None = None


def missing_words(name: Name, rest: Sequence[Word], around: Context) -> list[Missing]:
    """What each word without a partner takes away; 1 for a word that says something.

    The table's own name in front (`order_total` in `orders`) says little.
    """
    if not rest:
        return []
    alone = _alone(name, around)
    return [alone[word] for word in rest]


@lru_cache(maxsize=1024)
def _alone(name: Name, around: Context) -> dict[Word, Missing]:
    """What each word of a name takes away where it has no partner, whatever the other name is."""
    own = _own_words(name, around)
    return {word: _missing(name, word, around, own) for word in name.words}


def _missing(name: Name, word: Word, around: Context, own: frozenset[Word]) -> Missing:
    if word.concept in around.filler:
        return Missing(FILLER_WEIGHT)
    if word in own:
        return Missing(WEAK_WEIGHT)
    kinds = vocabulary().kinds
    if word.concept in kinds["contrast"] or word.weight < 1.0:
        return Missing(word.weight)
    place = name.words.index(word)
    is_first, is_last = place == 0, place == len(name.words) - 1
    if word.concept == "address" and not is_last and name.words[place + 1].concept in kinds["addressed"]:
        return Missing(FILLER_WEIGHT)
    if is_first and word.concept in kinds["mild"]:
        return Missing(KIND_WEIGHT)
    if is_first and word.concept in kinds["counting"]:
        return Missing(KIND_WEIGHT, ("counting", name.raw))
    if (
        is_last
        and place
        and word.concept in kinds["measure"]
        and name.words[place - 1].concept in kinds["money"]
    ):
        return Missing(KIND_WEIGHT, ("measure", name.raw))
    if is_last and word.concept in LOOKS:
        return Missing(KIND_WEIGHT, (word.concept, name.raw))
    if place and all(other.concept in kinds["unit"] for other in name.words[place:]):  # `hemoglobin_g_dl`
        return Missing(KIND_WEIGHT, ("unit", name.raw))
    found = next((kind for kind in _TRAILING if is_last and word.concept in kinds[kind]), None)
    weight = NAMING_WEIGHT if found == "naming" else KIND_WEIGHT
    return Missing(weight, (found, name.raw)) if found else Missing(word.weight)


_TRAILING: Final = ("unit", "reference", "naming", "saying", "place", "counting")


def _own_words(name: Name, around: Context) -> frozenset[Word]:
    """The table's name in front of another word: all of it, or its last word."""
    width = len(around.table)
    front = tuple(map(_said, name.words[:width], around.table))
    if width < len(name.words) and front == around.table:
        return frozenset(name.words[:width])
    if not around.table or len(name.words) < 2:
        return frozenset()
    head = around.table[-1]
    return frozenset(name.words[:1]) if _said(name.words[0], head) == head else frozenset()


def is_of_table(words: Sequence[Word], around: Context) -> bool:
    """True for words that all stand in the table's name, the last of it among them: `order` beside `web_orders`."""
    if not (words and around.table):
        return False
    head = around.table[-1]
    is_told = any(_said(word, head) == head for word in words)
    return is_told and all(any(_said(word, own) == own for own in around.table) for word in words)


def _said(word: Word, own: str) -> str:
    """The word in the singular, or the table's own word where it is short for that or a synonym."""
    is_short = len(word.text) >= _SHORTEST_OWN and own.startswith(word.text)
    meaning = vocabulary().phrases.get(own)
    concepts = {own, meaning.concept} if meaning else {own}
    return own if is_short or {word.concept, singular(word.concept)} & concepts else singular(word.text)
