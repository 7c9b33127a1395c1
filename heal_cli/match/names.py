"""Column names: what they say once spelling is out of the way, and how alike two of them are.

A name is cut into words, short words are written out, phrases become concepts. Two names are alike
when every word that says something on one side has its partner on the other: one word too many
(`email_consent` against `email`) is another thing, however many letters agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Final, TypeAlias

from rapidfuzz.distance import OSA

from heal_cli.match.vocabulary import ABBREVIATION_TRUST, vocabulary

UNEXPLAINED: Final = 0.65
"""Most that two names reach when a word that says something has no partner: under every sane threshold."""

_SUREST: Final = 0.95  # of names that are not the same name
_REORDERED: Final = 0.85
_TEMPORAL_WEIGHT: Final = 0.15
_WEAK_WEIGHT: Final = 0.1
_FILLER_WEIGHT: Final = 0.04  # of a word that every column starts with
_TEMPORAL_TRUST: Final = 0.9  # `created_date` against `created_at`
_SHORTEST_TYPO: Final = 5  # letters; shorter words have too many real neighbours (lat, lng)
_LETTERS_PER_SLIP: Final = 8  # one slip in up to 8 letters, two in up to 16

_UNDECOMPOSED: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_SYMBOLS: Final = {"#": " number ", "№": " number ", "%": " percent ", "&": " and ", "@": " at "}
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase of a name: as written, what it means, and how surely (0-1)."""

    text: str
    concept: str
    trust: float
    weight: float  # how much it says: 1, or little
    is_known: bool  # a real word, and so no misspelling of another real word


@dataclass(frozen=True, slots=True)
class Name:
    """A column name, taken apart."""

    raw: str
    key: str  # words run together: equal keys are one name but for case, separators, accents
    singular_key: str  # the same with every word in the singular
    meaning_key: str  # the same with abbreviations written out and synonyms settled
    meaning_trust: float  # of the least sure word in `meaning_key`
    words: tuple[Word, ...]
    concepts: frozenset[str]
    has_unknown: bool  # a word that no dictionary knows, so that it may be a misspelling


Pair: TypeAlias = tuple[Word, Word, float]
"""Two words that go together, and how alike they are (0-1)."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike two names are (0-1), and the words that had to be explained."""

    score: float
    reasons: tuple[str, ...] = ()
    is_untimed: bool = False  # one side says when (`login_time`), the other does not (`login`)


@dataclass(frozen=True, slots=True)
class Context:
    """What the names around say about single words.

    Attributes:
        filler: Words that every source column or every target column starts with.
        taken: Words written on both sides, which are therefore no slips of the pen.
        table: The words of the table's name, in the singular.
    """

    filler: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    table: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def parse(raw: str) -> Name:
    """The parts of a column name; of a name without letters or digits, all keys are empty."""
    plain = split(raw)
    words = _concepts(plain)
    return Name(
        raw=raw,
        key="".join(plain),
        singular_key="".join(map(singular, plain)),
        meaning_key="".join(word.concept.replace(" ", "") for word in words),
        meaning_trust=min((word.trust for word in words), default=0.0),
        words=words,
        concepts=frozenset(word.concept for word in words),
        has_unknown=not all(word.is_known for word in words),
    )


def split(raw: str) -> tuple[str, ...]:
    """Words of a name: NFKC, camel case and separators cut, accents and case gone.

    >>> split("Größe (createdAt)")
    ('grosse', 'created', 'at')
    """
    text = unicodedata.normalize("NFKC", raw)
    for symbol, spoken in _SYMBOLS.items():
        text = text.replace(symbol, spoken)
    text = unicodedata.normalize("NFD", _CAMEL.sub(" ", text).casefold().translate(_UNDECOMPOSED))
    text = "".join(char for char in text if not unicodedata.combining(char))
    return tuple(_WORD.findall(unicodedata.normalize("NFC", text)))


def is_claim(name: Name) -> bool:
    """True for a name that reads as yes or no: `is_active`, `has_discount`."""
    return bool(name.words) and name.words[0].concept in vocabulary().claims


def singular(word: str) -> str:
    """The word in the singular, by English rules; words that only look like plurals stay."""
    if (
        len(word) < 4
        or not word.endswith("s")
        or word in vocabulary().singular
        or word.endswith(("ss", "us", "is"))
    ):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zzes")):
        return word[:-2]
    return word[:-1]


def context(sources: Iterable[Name], targets: Iterable[Name], table: str) -> Context:
    """What the whole shape and the whole table say about single words."""
    sources, targets = list(sources), list(targets)
    return Context(
        filler=_shared_prefix(sources) | _shared_prefix(targets),
        taken=frozenset(_written(sources) & _written(targets)),
        table=tuple(map(singular, split(table))),
    )


def similarity(a: Name, b: Name, around: Context) -> Similarity:
    """How alike two names are; symmetric, and independent of all but the two names and `around`."""
    if a.meaning_key and a.meaning_key == b.meaning_key and len(a.words) != len(b.words):
        return Similarity(min(a.meaning_trust, b.meaning_trust, _SUREST), (f"{a.raw} = {b.raw}",))
    if a.concepts & b.concepts <= around.filler and not (a.has_unknown or b.has_unknown or _only_when(a, b)):
        return Similarity(0.0)
    pairs, rest_a, rest_b = _align(a, b, around)
    is_complete = len(pairs) == len(a.words) == len(b.words)
    if not pairs or not (is_complete or any(x.weight == 1.0 for x, _, _ in pairs)):
        return Similarity(0.0)
    gained = sum(x.weight * alike for x, _, alike in pairs)
    whole = sum(x.weight for x, _, _ in pairs)
    missing = [*_missing_weights(a, rest_a, around), *_missing_weights(b, rest_b, around)]
    score = min(gained / (whole + sum(missing)), _SUREST) * _order_factor(a, b, pairs)
    if any(weight == 1.0 for weight in missing) or _clashes(rest_a, rest_b):
        score = min(score, UNEXPLAINED)
    untimed = any(word.concept in vocabulary().temporal for word in (*rest_a, *rest_b))
    return Similarity(round(score, 4), _reasons(pairs), untimed)


def _concepts(plain: Sequence[str]) -> tuple[Word, ...]:
    """Words with abbreviations written out and the longest phrases settled first."""
    table = vocabulary()
    spelled: list[tuple[str, str, float]] = []  # singular word, as written, trust
    for word in plain:
        short = table.abbreviations.get(word)
        base = singular(word)
        spelled += [(long, word, ABBREVIATION_TRUST) for long in short] if short else [(base, word, 1.0)]
    words: list[Word] = []
    while spelled:
        for length in range(min(table.longest, len(spelled)), 0, -1):
            part = spelled[:length]
            phrase = tuple(word for word, _, _ in part)
            meaning = table.phrases.get(phrase) or (table.joined.get(phrase[0]) if length == 1 else None)
            if meaning is None and length > 1:
                continue
            text = " ".join(dict.fromkeys(written for _, written, _ in part))
            trust = min(trust for _, _, trust in part)
            concept = meaning.concept if meaning else phrase[0]
            trust *= meaning.trust if meaning else 1.0
            words.append(
                Word(text, concept, trust, _weight(concept), meaning is not None or concept in table.known)
            )
            del spelled[:length]
            break
    return tuple(words)


def _shared_prefix(names: Sequence[Name]) -> frozenset[str]:
    """The words that at least three names, and all of them, start with before they go on."""
    if len(names) < 3:
        return frozenset()
    columns = zip(*(name.words[:-1] for name in names), strict=False)
    shared = takewhile(lambda words: len({word.concept for word in words}) == 1, columns)
    return frozenset(words[0].concept for words in shared)


def _written(names: Iterable[Name]) -> set[str]:
    return {word.concept for name in names for word in name.words}


def _align(a: Name, b: Name, around: Context) -> tuple[list[Pair], list[Word], list[Word]]:
    """Partners, surest first, with their likeness; then the words of each side left alone."""
    rest_b = {word.concept: word for word in b.words}
    pairs = [(word, rest_b.pop(word.concept)) for word in a.words if word.concept in rest_b]
    shared = {word.concept for word, _ in pairs}
    alone = [word for word in a.words if word.concept not in shared], list(rest_b.values())
    return [(x, y, _same(x, y)) for x, y in pairs] + _near(*alone, around), *alone


def _near(rest_a: list[Word], rest_b: list[Word], around: Context) -> list[Pair]:
    """Takes from both lists the words that are one but for spelling or kind of time, surest first."""
    options = [(_alike(x, y, around), -i, -j) for i, x in enumerate(rest_a) for j, y in enumerate(rest_b)]
    pairs: list[Pair] = []
    for alike, i, j in sorted((option for option in options if option[0]), reverse=True):
        x, y = rest_a[-i], rest_b[-j]
        if all(x is not taken and y is not other for taken, other, _ in pairs):
            pairs.append((x, y, alike))
    for x, y, _ in pairs:
        rest_a.remove(x)
        rest_b.remove(y)
    return pairs


def _same(x: Word, y: Word) -> float:
    """How surely two words of one concept are the same."""
    return 1.0 if x.text == y.text else min(x.trust, y.trust)


def _alike(x: Word, y: Word, around: Context) -> float:
    """Likeness of two words of different concepts, 0-1: both tell a time, or one is the other misspelt."""
    if x.is_known and y.is_known:
        temporal = vocabulary().temporal
        both = x.concept in temporal and y.concept in temporal
        return _TEMPORAL_TRUST if both and {x.concept, y.concept} != {"date", "time"} else 0.0
    return _typo(x.concept, y.concept, around)


def _typo(x: str, y: str, around: Context) -> float:
    """Likeness of two spellings of one word, of which at most one is a real word; 0 where they are two words."""
    length = max(len(x), len(y))
    if min(len(x), len(y)) < _SHORTEST_TYPO or x[0] != y[0] or x in around.taken or y in around.taken:
        return 0.0
    slips = 1 + (length - 1) // _LETTERS_PER_SLIP
    distance = OSA.distance(x, y, score_cutoff=slips)
    return 0.0 if distance > slips else 1 - distance / length


def _weight(concept: str) -> float:
    """How much a word says."""
    table = vocabulary()
    if concept in table.temporal:
        return _TEMPORAL_WEIGHT
    return _WEAK_WEIGHT if concept in table.weak else 1.0


def _missing_weights(name: Name, rest: Sequence[Word], around: Context) -> list[float]:
    """What each word without a partner takes away; 1 for a word that says something.

    The table's own name in front (`order_total` in `orders`) says little.
    """
    if not rest:
        return []
    width = len(around.table)
    front = tuple(singular(word.text) for word in name.words[:width])
    own = name.words[:width] if width < len(name.words) and front == around.table else ()
    light = dict.fromkeys(own, _WEAK_WEIGHT)
    return [
        _FILLER_WEIGHT if word.concept in around.filler else light.get(word, word.weight) for word in rest
    ]


def _only_when(a: Name, b: Name) -> bool:
    """True for names of nothing but words about time, as `timestamp` and `datetime`."""
    return vocabulary().temporal.issuperset(a.concepts | b.concepts)


def _order_factor(a: Name, b: Name, pairs: Sequence[Pair]) -> float:
    """Less than 1 when the words stand in another order: `duration_min` may count minutes."""
    if len(pairs) < 2:
        return 1.0
    places = sorted((a.words.index(x), b.words.index(y)) for x, y, _ in pairs)
    in_order = all(before[1] <= after[1] for before, after in pairwise(places))
    return 1.0 if in_order else _REORDERED


def _clashes(rest_a: Sequence[Word], rest_b: Sequence[Word]) -> bool:
    """True for `order_date` against `order_time`, `is_deleted` against `deleted_at`."""
    table = vocabulary()
    light_a = [word.concept in table.temporal for word in rest_a]
    light_b = [word.concept in table.temporal for word in rest_b]
    return bool(light_a and light_b) and (any(light_a) or any(light_b))


def _reasons(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """The partners that are not the same word, for people: `qty = quantity`."""
    return tuple(
        sorted({f"{x.text} = {y.text}" for x, y, _ in pairs if singular(x.text) != singular(y.text)})
    )
