"""Names that go together by one word that nothing else in source and table has, one of them with a word more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from heal_cli.match.concepts import Word
from heal_cli.match.names import Name
from heal_cli.match.remainder import Context
from heal_cli.match.vocabulary import vocabulary

CARRIED: Final = 0.84
"""Likeness of such names: with the discount for text, which any value fits, it just passes 0.7."""

COMPLETED: Final = 0.8
"""Likeness of a name that the target says in full: enough only where the type of the column tells values apart."""

Pair: TypeAlias = tuple[Word, Word, float]
"""Two words that go together, and how alike they are (0-1)."""

_SURE: Final = 0.95  # of the shared words: a slip of the pen carries nothing
_FAIRLY_SURE: Final = 0.9  # of words that only a telling type has to bear out beside them
_GENERIC: Final = (
    "reference",
    "naming",
    "saying",
    "place",
    "unit",
    "counting",
    "contrast",
    "mild",
    "generic",
)

_PAID: Final = ("payment", "salary")  # `net`, `net_pay`
_LIGHT: Final = ("reference", "naming", "saying", "unit", "counting", "contrast", "place", "measure")


def carries(
    a: Name, b: Name, pairs: Sequence[Pair], rest_a: Sequence[Word], rest_b: Sequence[Word], around: Context
) -> bool:
    """True when all words of one name are in the other, and one of them is in no other column of either side.

    What the longer name has more only narrows it: words in front of the target's (`sample` and `laboratory
    sample`), or a measure of the same thing behind (`deposit amount`). Words in front of the source's may
    make another thing of it: `family diagnosis` is no `diagnosis`.

    Args:
        a: The source's name.
        b: The target's.
    """
    longer, rest = (a, rest_a) if rest_a else (b, rest_b)
    if (rest_a and rest_b) or not rest or any(_is_apart(word) for word in rest):
        return False
    if any(alike < _SURE for _, _, alike in pairs):
        return False
    shared = [word for word in longer.words if word not in rest]
    if not any(word.concept in around.single and says_what(word) for word in shared):
        return False
    end = longer.words.index(shared[-1])
    behind = [word for word in rest if longer.words.index(word) > end]
    if longer is a and len(behind) < len(rest):
        return False
    return all(word.concept in vocabulary().kinds["measure"] for word in behind)


def completes(b: Name, pairs: Sequence[Pair], rest: Sequence[Word], around: Context) -> bool:
    """True when the target says in full what the source says in short: `hours` and `hours_worked`, `net` and `net_pay`.

    What it has more stands in front, or is a participle behind; anything else behind may be another thing
    (`speed`, `speed_limit`). The shared word is in no other column of either side.

    Args:
        b: The target's name.
        rest: Its words that the source has not.
    """
    if not rest or any(_is_apart(word) for word in rest) or any(alike < _FAIRLY_SURE for *_, alike in pairs):
        return False
    shared = [word for word in b.words if word not in rest]
    measured = vocabulary().kinds["measured"]
    single = [word for word in shared if word.concept in around.single]
    if not any(says_what(word) or word.concept in measured for word in single):
        return False
    behind = b.words[b.words.index(shared[-1]) + 1 :]
    return all(word.concept.endswith("ed") or word.concept in _PAID for word in behind)


def share_head(a: Name, b: Name, pairs: Sequence[Pair]) -> bool:
    """True when two names share the word that says what they are: a `torque_limit` is a limit.

    It is the last word of each that is more than a kind of word.
    """
    heads = _head(a), _head(b)
    return any((x, y) == heads for x, y, _ in pairs)


def _head(name: Name) -> Word | None:
    kinds = vocabulary().kinds
    firm = [w for w in name.words if w.weight == 1.0 and not any(w.concept in kinds[kind] for kind in _LIGHT)]
    return firm[-1] if firm else None


def says_what(word: Word) -> bool:
    """True for a word that names a thing: neither a letter nor a kind of thing that any table has."""
    kinds = vocabulary().kinds
    return (
        len(word.text) > 1
        and word.weight == 1.0
        and not any(word.concept in kinds[kind] for kind in _GENERIC)
    )


def _is_apart(word: Word) -> bool:
    """True for a word that makes another thing of the rest: `gross`, `parent`, `is`, `at`, `2`."""
    table = vocabulary()
    return word.concept in table.kinds["contrast"] or word.weight < 1.0 or word.text.isdigit()
