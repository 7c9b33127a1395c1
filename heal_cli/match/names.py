"""Column names, taken apart: words without spelling, and what they say together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from heal_cli.match.concepts import Word, concepts_of, related, singular
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model.column_names import bare

_EXCHANGEABLE: Final = ("reference", "remark", "call", "web")
"""Kinds of words that may stand for one another where nothing else of two names is alike."""

_UNDECOMPOSED: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_SYMBOLS: Final = {"(s)": "s", "#": " number ", "№": " number ", "%": " percent ", "&": " and ", "@": " at "}
_SPELLINGS: Final = (
    (re.compile(r"(?i)\be[\s_.-]?mail"), "email"),
    (re.compile(r"(?i)\(min\.?\)"), " minute "),  # a unit in brackets, not the least of something
    (re.compile(r"(?i)\bkm/h\b"), "kmh"),
    (re.compile(r"\bDoB\b"), "dob"),
    (re.compile(r"(?i)(?<=\w)['\u2019]s\b"), ""),  # `Child's name`
    (
        re.compile(
            r"(?i)\b(?:y/n|yes/no|j/n|ja/nein|ja/nee|o/n|oui/non|s/n|s[i\xed]/no|sim/n[a\xe3]o)(?!\w)"
        ),
        " yn ",
    ),
    (re.compile(r"μ(?=[lgm])", re.IGNORECASE), "u"),
    (re.compile(r"\b([dmcu])L\b"), r"\1l"),
    (re.compile(r"\((?:[$€£¥]|EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL|INR)\)"), " "),
)
_SOUNDS: Final = {"k": "c", "q": "c", "z": "s", "w": "v", "j": "i", "y": "i"}
"""First letters that are others in other languages: `Kategorie`, `category`."""
_TIMES_ALONE: Final = frozenset({"hora", "heure", "ora", "uur", "hour", "data"})
"""Words that mean a time where they stand alone and the values are times: `data` is a date in two languages."""

_EPOCHS: Final = frozenset({"millisecond", "second"})
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]s(?![a-z]))")
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_CUT: Final = re.compile(r"[^\W\d_]{2,}(?=\.(?:\W|$))")
_PLAIN: Final = re.compile(r"[a-z0-9_ ]*")
_OPAQUE: Final = re.compile(
    r"(?i)(unnamed|column|columna|colonne|spalte|coluna|kolom|campo|feld|champ|field|col|fld|attr|var|f|c|v|x|a|k|p|q)?"
    r"[\s_.:#-]*\d+"
)


@dataclass(frozen=True)
class Name:
    """A column name, taken apart; what its words mean is found out when first asked for: of most names nobody asks."""

    raw: str
    plain: tuple[str, ...]  # words as they are written

    @cached_property
    def key(self) -> str:
        """Words run together: equal keys are one name but for case, separators, accents."""
        return "".join(self.plain)

    @cached_property
    def singular_key(self) -> str:
        """The same with every word in the singular."""
        return "".join(map(singular, self.plain))

    @cached_property
    def meaning_key(self) -> str:
        """The same with abbreviations written out and synonyms settled."""
        return "".join(word.concept.replace(" ", "") for word in self.words)

    @cached_property
    def meant(self) -> tuple[str, ...]:
        """What its words mean, in any order."""
        return tuple(sorted(word.concept for word in self.words))

    @cached_property
    def spelled_key(self) -> str:
        """The same with abbreviations written out, and nothing else settled."""
        short = vocabulary().abbreviations
        return "".join("".join(short.get(word, (singular(word),))) for word in self.plain)

    @cached_property
    def meaning_trust(self) -> float:
        """That of the least sure word in `meaning_key`."""
        return min((word.trust for word in self.words), default=0.0)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Words and phrases with what they mean."""
        return concepts_of(self.plain)

    @cached_property
    def is_opaque(self) -> bool:
        """The name says nothing: `col1`, `f_07`, `Unnamed: 3`."""
        return _OPAQUE.fullmatch(self.raw.strip()) is not None

    @cached_property
    def says_only_when(self) -> bool:
        """The name is `date`, `timestamp`, `ts_ms`: words about time and nothing else but the unit of an epoch."""
        times = self.concepts & vocabulary().temporal
        is_lone = len(self.words) == 1 and self.words[0].text in _TIMES_ALONE
        return is_lone or (bool(times) and self.concepts <= times | _EPOCHS)

    @cached_property
    def says_which(self) -> bool:
        """The name ends in a word that tells kinds apart, but not of what: `status`, `class`."""
        return bool(self.words) and self.words[-1].concept in vocabulary().kinds["which"]

    @cached_property
    def says_little(self) -> bool:
        """What the column is, its values may have to say."""
        return self.is_opaque or self.says_only_when or self.says_which

    @cached_property
    def concepts(self) -> frozenset[str]:
        """What its words mean."""
        return frozenset(word.concept for word in self.words)

    def last_of(self, concepts: Container[str]) -> str | None:
        """The last of its words' meanings that is among them; None where none is."""
        return next((word.concept for word in reversed(self.words) if word.concept in concepts), None)

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The units that it ends in: `g`, `dl` of `hemoglobin_g_dl`."""
        table = vocabulary().kinds["unit"]
        last = next((i for i, word in enumerate(reversed(self.words)) if word.concept not in table), 0)
        return tuple(word.concept for word in self.words[len(self.words) - last :])

    @cached_property
    def unitless(self) -> str:
        """Its `meaning_key` without these units."""
        words = self.words[: len(self.words) - len(self.units)]
        return "".join(word.concept.replace(" ", "") for word in words)

    def is_in_another_unit(self, other: Name) -> bool:
        """Both end in units of one kind, and not in the same: pounds are no kilograms, though both are a weight.

        Of a length of time and anything else one is misread: `wheel_dia` is no day.
        """
        lasting = vocabulary().kinds["lasting"]
        is_either = bool(self.units and other.units and self.units != other.units)
        return is_either and lasting.isdisjoint(self.units) == lasting.isdisjoint(other.units)

    @cached_property
    def initials(self) -> frozenset[str]:
        """Of all words, as written and as meant."""
        return _initials(self.words)

    @cached_property
    def odd_initials(self) -> frozenset[str]:
        """Of words that no dictionary knows, and of short ones: they may be others."""
        return _initials(word for word in self.words if word.is_short or not word.is_known)

    @cached_property
    def cut(self) -> frozenset[str]:
        """Its words that a dot says are cut off: `masch` and `nr` of `Masch.-Nr.`."""
        if "." not in self.raw:
            return frozenset()
        found = (split(word) for word in _CUT.findall(self.raw))
        return frozenset(words[0] for words in found if len(words) == 1)

    @cached_property
    def dimensions(self) -> frozenset[str]:
        """Of its words, those that say what is measured: `weight`."""
        return self.concepts & vocabulary().dimensions.keys()

    @cached_property
    def has_participle(self) -> bool:
        """A word is like `created`."""
        verbs = vocabulary().verbs
        return any(word.concept.endswith("ed") or word.concept in verbs for word in self.words)

    @cached_property
    def ties(self) -> frozenset[str | int]:
        """What ties it to names without a word in common: groups of like meaning, kinds of words, that it is a time."""
        table = vocabulary()
        groups = (group for word in self.words for group in related(word))
        kinds = (kind for kind in _EXCHANGEABLE if table.kinds[kind] & self.concepts)
        when = ("when",) if table.temporal.issuperset(self.concepts) else ()
        return frozenset((*groups, *kinds, *when))


@lru_cache(maxsize=8192)
def parse(raw: str) -> Name:
    """The parts of a column name; of a name without letters or digits, all keys are empty."""
    return Name(raw, split(bare(raw)))


def _initials(words: Iterable[Word]) -> frozenset[str]:
    return frozenset(_SOUNDS.get(text[:1], text[:1]) for word in words for text in (word.text, word.concept))


def split(raw: str) -> tuple[str, ...]:
    """Words of a name: NFKC, camel case and separators cut, accents and case gone.

    >>> split("Größe (createdAt)")
    ('grosse', 'created', 'at')
    """
    if _PLAIN.fullmatch(raw) and "mail" not in raw:  # most are, and a catalogue has thousands
        return tuple(_WORD.findall(raw))
    text = unicodedata.normalize("NFKC", raw).lstrip("@")
    for symbol, spoken in _SYMBOLS.items():
        text = text.replace(symbol, spoken)
    for spelling, plain in _SPELLINGS:
        text = spelling.sub(plain, text)
    text = unicodedata.normalize("NFD", _CAMEL.sub(" ", text).casefold().translate(_UNDECOMPOSED))
    text = "".join(char for char in text if not unicodedata.combining(char))
    return tuple(_WORD.findall(unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=8192)
def spoken(raw: str) -> str:
    """The words of a name as they are written, accents and all: what a model of language reads.

    >>> spoken("Größe (createdAt)")
    'größe created at'
    """
    return " ".join(_WORD.findall(_CAMEL.sub(" ", unicodedata.normalize("NFKC", raw)).lower()))


def is_claim(name: Name) -> bool:
    """True for a name that reads as yes or no: `is_active`, `has_discount`."""
    return bool(name.words) and name.words[0].concept in vocabulary().claims
