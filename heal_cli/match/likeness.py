"""How alike two column names are.

Two names are alike when every word that says something on one side has its partner on the other: one
word too many (`email_consent` against `email`) is another thing, however many letters agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Final

from heal_cli.match.abridged import plainer
from heal_cli.match.carried import CARRIED, COMPLETED, Pair, carries, completes, share_head
from heal_cli.match.concepts import Word, singular
from heal_cli.match.dwelling import only_dwelling
from heal_cli.match.kinship import kinship
from heal_cli.match.names import Name, split
from heal_cli.match.party import without_party
from heal_cli.match.readings import readings
from heal_cli.match.remainder import Context, Need, missing_words
from heal_cli.match.vocabulary import SYNONYM_TRUST, vocabulary
from heal_cli.match.wordforms import base_form

UNEXPLAINED: Final = 0.65
"""Most that two names reach when a word that says something has no partner: under every sane threshold."""

FLOOR: Final = 0.4
"""Likeness under which names are nothing to one another: a pair that is no likelier is not even worth a question."""

_SUREST: Final = 0.95  # of names that are not the same name
_REORDERED: Final = 0.7  # `duration_min` may count minutes: a question, never a match
_PLAINER: Final = 0.95  # trust in a name without what stands in brackets behind it, or before its last step
_NO_UNITS: Final[frozenset[str]] = frozenset()
_PLURAL: Final = frozenset({"count", "list"})
_FEWEST_PREFIXED: Final = 3  # names


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike two names are (0-1), and the words that had to be explained."""

    score: float
    reasons: tuple[str, ...] = ()
    is_untimed: bool = False  # one side says when (`login_time`), the other does not (`login`)
    needs: frozenset[Need] = frozenset()  # what the values have to bear out
    shares_head: bool = False  # they share the word that says what they are


_UNALIKE: Final = Similarity(0.0)


def context(sources: Iterable[Name], targets: Iterable[Name], table: str) -> Context:
    """What the whole shape and the whole table say about single words."""
    sources, targets = list(sources), list(targets)
    return Context(
        filler=_shared_prefix(sources)
        | _shared_prefix(targets)
        | _frequent_prefix(sources, targets)
        | only_dwelling(sources, targets),
        taken=frozenset(_written(sources) & _written(targets)),
        table=tuple(base_form(singular(word)) for word in split(table)),
        single=_single(sources) & _single(targets),
        plainer=plainer(sources),
        bare=without_party(targets, sources),
        is_lettered=len(sources) > 1 and all(len(name.raw.strip()) == 1 for name in sources),
    )


def similarity(a: Name, b: Name, around: Context) -> Similarity:
    """How alike a source's and a target's name are, 0 for less than FLOOR; independent of all but the two and `around`.

    Where short words may mean several things, the likest reading counts.
    """
    best = _similarity(a, b, around)
    shorter = around.plainer.get(a.raw)
    if shorter is not None and not a.is_in_another_unit(b):
        found = _similarity(shorter, b, around)
        if (score := round(found.score * _PLAINER, 4)) > best.score:
            best = replace(found, score=score)
    bare = around.bare.get(b.raw)
    if bare is not None:
        found = _similarity(a, bare, around)
        if (score := round(found.score * _PLAINER, 4)) > best.score:
            best = replace(found, score=score)
    read_so = [(a, one, one.name, b) for one in readings(a, b)]
    read_so += [(b, other, a, other.name) for other in readings(b, a)]
    for given, meant, one, other in read_so:
        found = _similarity(one, other, around)
        score = round(found.score * meant.trust, 4)
        if score > best.score:
            best = replace(found, score=score, reasons=(f"{given.raw} = {' '.join(meant.name.plain)}",))
    return best


def _similarity(a: Name, b: Name, around: Context) -> Similarity:
    if a.meaning_key and a.meaning_key == b.meaning_key and len(a.words) != len(b.words):
        return Similarity(min(a.meaning_trust, b.meaning_trust, _SUREST), (f"{a.raw} = {b.raw}",))
    if a.spelled_key and a.spelled_key == b.spelled_key:
        return Similarity(_SUREST, (f"{a.raw} = {b.raw}",))
    if a.concepts & b.concepts <= around.filler and not _may_share(a, b):
        return _UNALIKE
    pairs, rest_a, rest_b = align(a, b, around)
    is_complete = len(pairs) == len(a.words) == len(b.words)
    if not pairs or not (is_complete or any(x.weight == 1.0 for x, _, _ in pairs)):
        return _UNALIKE
    gained = sum(x.weight * alike for x, _, alike in pairs)
    whole = sum(x.weight for x, _, _ in pairs)
    rest_a, rest_b = _uncounted(rest_a, b, pairs), _uncounted(rest_b, a, pairs)
    if a.dimensions != b.dimensions:
        rest_a, rest_b = _unmeasured(rest_a, pairs), _unmeasured(rest_b, pairs)
    missing = missing_words(a, rest_a, around) + missing_words(b, rest_b, around)
    score = min(gained / (whole + sum(word.weight for word in missing)), _SUREST)
    if rest_a and rest_b and round(score, 4) < FLOOR:  # nothing below raises it
        return _UNALIKE
    score *= _order_factor(a, b, pairs)
    one_sided = not (rest_a and rest_b) or not any(word.need for word in missing)
    if any(word.weight == 1.0 for word in missing) or _clashes(rest_a, rest_b) or not one_sided:
        if carries(a, b, pairs, rest_a, rest_b, around):
            score = CARRIED
        elif not rest_a and completes(b, pairs, rest_b, around):
            score = COMPLETED
        else:
            score = min(score, UNEXPLAINED)
    if round(score, 4) < FLOOR:
        return _UNALIKE
    needs = frozenset(word.need for word in missing if word.need)
    if score == CARRIED and any(word.concept in vocabulary().kinds["measure"] for word in rest_b):
        needs |= {("measure", a.raw)}
    shares_head = bool(rest_a or rest_b) and share_head(a, b, pairs)
    untimed = any(word.concept in vocabulary().temporal for word in (*rest_a, *rest_b))
    return Similarity(round(score, 4), _reasons(pairs), untimed, needs, shares_head)


def _shared_prefix(names: Sequence[Name]) -> frozenset[str]:
    """The words that at least three names, and all of them, start with before they go on."""
    if len(names) < 3:
        return frozenset()
    columns = zip(*(name.words[:-1] for name in names), strict=False)
    shared = takewhile(lambda words: len({word.concept for word in words}) == 1, columns)
    return frozenset(words[0].concept for words in shared)


def _frequent_prefix(sources: Sequence[Name], targets: Sequence[Name]) -> frozenset[str]:
    """The word that more than half of the source's names start with, where no name of the table has it: `ClientRequestHost`."""
    first = Counter(name.words[0].concept for name in sources if len(name.words) > 1)
    said = _written(targets) | vocabulary().kinds["contrast"]
    return frozenset(
        concept
        for concept, count in first.items()
        if count >= _FEWEST_PREFIXED and 2 * count > len(sources) and concept not in said
    )


def _written(names: Iterable[Name]) -> set[str]:
    return {word.concept for name in names for word in name.words}


def _single(names: Iterable[Name]) -> frozenset[str]:
    """The words that stand in one name only."""
    counts = Counter(concept for name in names for concept in name.concepts)
    return frozenset(concept for concept, count in counts.items() if count == 1)


def align(a: Name, b: Name, around: Context) -> tuple[list[Pair], list[Word], list[Word]]:
    """Partners, surest first, with their likeness; then the words of each side left alone."""
    waiting: dict[str, list[Word]] = {}
    for word in b.words:
        waiting.setdefault(word.concept, []).append(word)
    pairs: list[Pair] = []
    alone: list[Word] = []
    for word in a.words:
        partners = waiting.get(word.concept)
        if partners:
            partner = partners.pop(0)
            pairs.append((word, partner, _same(word, partner)))
        else:
            alone.append(word)
    left = [word for words in waiting.values() for word in words]
    return pairs + _near(alone, left, around), alone, left


def _near(rest_a: list[Word], rest_b: list[Word], around: Context) -> list[Pair]:
    """Takes from both lists the words that are one but for spelling or kind of time, surest first."""
    if not (rest_a and rest_b):
        return []
    options = [
        (alike, -i, -j)
        for i, x in enumerate(rest_a)
        for j, y in enumerate(rest_b)
        if (alike := kinship(x, y, around.taken))
    ]
    if not options:
        return []
    pairs: list[Pair] = []
    for alike, i, j in sorted(options, reverse=True):
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


def _uncounted(rest: list[Word], other: Name, pairs: Sequence[Pair]) -> list[Word]:
    """The words left alone, without what the other name says by a plural: `token_count` and `tokens`, `tag_list`."""
    if all(word.concept not in _PLURAL for word in rest):
        return rest
    partners = {word.text for x, y, _ in pairs for word in (x, y) if word in other.words}
    has_plural = any(singular(text) != text for text in partners)
    return [word for word in rest if not (word.concept in _PLURAL and has_plural)]


def _unmeasured(rest: list[Word], pairs: Sequence[Pair]) -> list[Word]:
    """The words left alone, without what the unit says that both names have: `net_weight_kg`, `net_kg`."""
    dimensions = vocabulary().dimensions
    shared = {y.concept for _, y, _ in pairs}
    return [w for w in rest if dimensions.get(w.concept, _NO_UNITS).isdisjoint(shared)]


def _may_share(a: Name, b: Name) -> bool:
    """True for names without a common word that may still be alike: by spelling, as times, as keys."""
    return (
        a.has_participle
        or b.has_participle
        or not a.ties.isdisjoint(b.ties)
        or not a.odd_initials.isdisjoint(b.initials)
        or not b.odd_initials.isdisjoint(a.initials)
    )


def _order_factor(a: Name, b: Name, pairs: Sequence[Pair]) -> float:
    """Less than 1 when the words stand in another order: `duration_min` may count minutes.

    Words about time may stand anywhere, translations have an order of their own, and opposites
    (`temp_min`) are as clear behind as in front, but for those that are also units. So are participles
    (`paid_amount`), keys (`id_visit`), measures (`pace_best`) and units in the plural (`minutes_asleep`).
    """
    table = vocabulary()
    firm = [
        (x, y)
        for x, y, _ in pairs
        if x.concept not in table.temporal
        and not (x.concept in table.kinds["contrast"] and x.text not in table.kinds["unit"])
        and not (_is_anywhere(x) or _is_anywhere(y))
    ]
    if len(firm) < 2 or any(x.trust <= SYNONYM_TRUST or y.trust <= SYNONYM_TRUST for x, y in firm):
        return 1.0
    places = sorted((a.words.index(x), b.words.index(y)) for x, y in firm)
    in_order = all(before[1] <= after[1] for before, after in pairwise(places))
    return 1.0 if in_order else _REORDERED


def _is_anywhere(word: Word) -> bool:
    """True for words that say the same in front and behind."""
    table = vocabulary()
    is_participle = word.concept.endswith("ed") or word.text == word.concept in table.verbs
    is_key = word.concept in ("id", "code", "name") and len(word.text) > 1
    return (
        is_participle
        or is_key
        or (word.concept in table.kinds["adjective"] and word.text not in table.kinds["unit"])
        or (word.concept in table.kinds["length"] and singular(word.text) != word.text)
    )


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
