"""What the words of a name mean: short words written out, compounds taken apart, phrases settled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Final, NamedTuple

from heal_cli.match.vocabulary import ABBREVIATION_TRUST, SYNONYM_TRUST, Meaning, vocabulary
from heal_cli.match.wordforms import base_form, parts

TEMPORAL_WEIGHT: Final = 0.15
"""Weight of a word about time beside others: `created`, `created_at`, `created_on` say one thing."""
WEAK_WEIGHT: Final = 0.1

_SHORTEST_SHORT: Final = 3
_LONGEST_SHORT: Final = 5
_SHORTEST_FRONT: Final = 4  # letters of a compound's first part
_UNTIL: Final = ("to", "till", "until")
_LINKS: Final = ("", "s", "n", "en", "es", "er")  # between the parts of a compound
_DONE: Final = re.compile(
    r"(ge|be|ver|ont|ent|her|er|zer|aan|af|in|uit|toe|om|over|onder|bij|mee|terug|vast|weg|door|voor|ab|an|auf|aus|ein"
    r"|vor|zu|mit|um)\w{3,}(d|t|en)|\w{2,}([aiu]|[rst])t[oaie]|\w{2,}[ers]s[oaie]|\w{2,}[ai]d[oa]s?"
)
"""How participles of German, Dutch and the Romance languages look: `gemeld`, `richiesta`, `enviado`."""


class Word(NamedTuple):
    """A word or phrase of a name: as written, what it means, and how surely (0-1)."""

    text: str
    concept: str
    trust: float
    weight: float  # how much it says: 1, or little
    is_known: bool  # a real word, and so no misspelling of another real word

    @property
    def is_short(self) -> bool:
        """True where fewer letters are written than the word has that is meant: it may mean another one, too."""
        return _SHORTEST_SHORT <= len(self.text) <= _LONGEST_SHORT and len(self.text) < len(self.concept)

    @property
    def is_reference(self) -> bool:
        """True for `id`, `code`, `number`: what tells things apart."""
        return self.concept in vocabulary().kinds["reference"]


@lru_cache(maxsize=8192)
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


def concepts_of(plain: Sequence[str]) -> tuple[Word, ...]:
    """Words with abbreviations written out and the longest phrases settled first."""
    table = vocabulary()
    spelled: list[tuple[str, str, float]] = []  # singular word, as written, trust
    for place, word in enumerate(_joined(plain)):
        short = table.abbreviations.get(word) or (() if word in table.known else _taken_apart(word))
        if word in ("uid", "sid") and place:  # `visitorUid`: whose it is was said
            short = ("id",)
        if word == "data" and place == 0 < len(plain) - 1:  # `data ritiro`, `data de registro`
            short = ("date",)
        base = word if word in table.phrases else base_form(singular(word))
        spelled += [(long, word, ABBREVIATION_TRUST) for long in short] if short else [(base, word, 1.0)]
    spelled = _genitive(_without_until(_done_on(spelled)))
    words: list[Word] = []
    while spelled:
        for length in range(min(table.longest, len(spelled)), 0, -1):
            spelt = spelled[:length]
            phrase = [word for word, _, _ in spelt]
            together = "".join(phrase)
            meaning = (
                table.phrases.get(" ".join(phrase))
                or _as_written(spelt)
                or (table.joined.get(together) if length == 1 else table.phrases.get(together))
            )
            if meaning is None and length > 1:
                continue
            text = " ".join(dict.fromkeys(written for _, written, _ in spelt))
            trust = min(trust for _, _, trust in spelt)
            trust *= meaning.trust if meaning else 1.0
            words += [
                Word(text, concept, trust, _weight(concept), meaning is not None or concept in table.own)
                for concept in (meaning.parts if meaning else phrase[:1])
                if not words or words[-1].concept != concept  # `CacheCacheStatus`, `Memo/Description`
            ]
            del spelled[:length]
            break
    return _shipped(words)


def _done_on(spelled: list[tuple[str, str, float]]) -> list[tuple[str, str, float]]:
    """`gemeld op` as `gemeld on`, `approvato da` as `approvato by`: small words that mean so behind what was done."""
    if len(spelled) < 2:
        return spelled
    (base, before, _), (_, last, _) = spelled[-2:]
    meant = next((word for word in ("on", "by") if last in vocabulary().kinds[f"done_{word}"]), None)
    meaning = vocabulary().phrases.get(base)
    is_done = _DONE.fullmatch(before) or (meaning is not None and meaning.concept.endswith("ed"))
    return [*spelled[:-1], (meant, last, 1.0)] if meant and is_done else spelled


def _shipped(words: Sequence[Word]) -> tuple[Word, ...]:
    """`delivery city` as `ship city`: of an address, and of nothing else, the two are one."""
    addressed = vocabulary().kinds["addressed"]
    return tuple(
        word._replace(concept="ship", trust=min(word.trust, SYNONYM_TRUST))
        if word.concept == "delivery" and behind is not None and behind.concept in addressed
        else word
        for word, behind in zip_longest(words, words[1:])
    )


def _as_written(spelt: Sequence[tuple[str, str, float]]) -> Meaning | None:
    """What several words mean as they stand there, whatever each is in the singular or short for: `up votes`."""
    return vocabulary().phrases.get(" ".join(text for _, text, _ in spelt)) if len(spelt) > 1 else None


def _joined(plain: Sequence[str]) -> list[str]:
    """The words, a letter and what follows it in one where they are a known short word: `WDir`, `C.P.`."""
    table = vocabulary()
    words: list[str] = []
    for word in plain:
        both = words[-1] + word if words and len(words[-1]) == 1 else ""
        if both in table.abbreviations or both in table.phrases or both in table.kinds["unit"]:
            words[-1] += word
        else:
            words.append(word)
    return words


def _taken_apart(word: str) -> tuple[str, ...]:
    """The words, written out, that a word which the vocabulary does not know is made of."""
    return _compound(word) or _run_together(word)


def _compound(word: str) -> tuple[str, ...]:
    """The words of a German or Dutch compound whose front the vocabulary knows: `zaehlernummer`."""
    table = vocabulary()
    for back, meant in table.backs.items():
        front = word.removesuffix(back)
        if front == word or len(front) < _SHORTEST_FRONT:
            continue
        for link in _LINKS:
            known = table.phrases.get(front.removesuffix(link))
            if known and front.endswith(link):
                return (*known.concept.split(), meant)
    return ()


def _run_together(word: str) -> tuple[str, ...]:
    """The words, written out, of several run together."""
    table = vocabulary()
    base = singular(word)
    if word in table.joined or base in table.known or base in table.phrases:
        return ()
    short = table.abbreviations
    return tuple(long for part in parts(word) for long in short.get(part, (singular(part),)))


@lru_cache(maxsize=8192)
def related(word: Word) -> frozenset[int]:
    """The groups of words of like meaning that a word is in, by what it means and as it is written."""
    groups = vocabulary().groups
    return groups.get(word.concept, frozenset()) | groups.get(word.text, frozenset())


def _genitive(spelled: list[tuple[str, str, float]]) -> list[tuple[str, str, float]]:
    """`numero de factura` as `factura numero`; phrases that the vocabulary knows with their `de` stay.

    Only one step is turned around: `A de B`, with whatever stands before `A` left in its place. A number of
    several is a count.
    """
    table = vocabulary()
    plain, written = [base for base, _, _ in spelled], [text for _, text, _ in spelled]
    for place in range(1, len(spelled) - 1):
        if plain[place] not in table.of:
            continue
        for start in range(place):
            for stop in range(place + 2, len(plain) + 1):
                said = " ".join(plain[start:stop]), " ".join(written[start:stop])
                if any(phrase in table.phrases for phrase in said):
                    return spelled
        after = next((i for i in range(place + 1, len(plain)) if plain[i] not in table.of), None)
        if after is None:
            return spelled
        counts = plain[place - 1] == "number" and spelled[-1][0] != spelled[-1][1]  # `No. of guests`
        counted = ("count", *spelled[place - 1][1:]) if counts else spelled[place - 1]
        return [*spelled[: place - 1], *spelled[after:], counted]
    return spelled


def _without_until(spelled: list[tuple[str, str, float]]) -> list[tuple[str, str, float]]:
    """`seconds_to_resolve` as `seconds resolve`, `depth_in_m` as `depth m`.

    Between a length of time and what it lasts until, `to` ends nothing.
    """
    kinds = vocabulary().kinds
    kept = []
    for place, each in enumerate(spelled):
        before = spelled[place - 1][0] if place else ""
        behind = spelled[place + 1][0] if place + 1 < len(spelled) else ""
        is_until = each[0] in _UNTIL and before in kinds["length"] and behind
        is_before_unit = (
            each[0] == "in" and before and place + 2 == len(spelled) and behind in kinds["in_unit"]
        )
        if not (is_until or is_before_unit):
            is_metre = each[0] == "meter" and before == "in" and place > 1
            kept.append(("m", *each[1:]) if is_metre else each)
    return kept


def _weight(concept: str) -> float:
    """How much a word says."""
    table = vocabulary()
    if concept in table.temporal:
        return TEMPORAL_WEIGHT
    return WEAK_WEIGHT if concept in table.weak else 1.0
