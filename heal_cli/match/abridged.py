"""Names of a source without what says only where they come from: the way into an object, the tag of a system.

`fields.priority.name` is `priority.name`, `lineItem/UsageType` beside many of its kind is `UsageType`, and
`sg_message_id` beside `sg_event_id` is `message_id`. No two names of a source become one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from heal_cli.match.names import Name, split
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model.column_names import bare

_STEP: Final = re.compile(r"\.(?=\w)|/|:|->|__")
_BRACKETS: Final = re.compile(r"(?P<front>[^(\[]+)[(\[](?P<behind>[^)\]]+)[)\]]")
_SLOT: Final = re.compile(r"(?P<front>[^\W\d][^\d]*?)\s*(?P<number>\d+) - (?P<field>.+)")
_BLANK: Final = re.compile(r"\s")
_LONGEST_TAG: Final = 4  # letters that no list of words knows: `sg`, `hs`
_LONGEST_WRAPPER: Final = 2  # words: `geographicalContext`
_FEWEST_TAGGED: Final = 2  # names
_FEWEST_TYPES: Final = 2
_CODE: Final = ("cd",)  # what dictionaries of data write behind all that is kept as a code
_VALUE: Final = ("value",)
_FIRST: Final = ("1",)

Words = tuple[str, ...]


def abridged(names: Iterable[Name], targets: Iterable[Name]) -> dict[str, Name]:
    """Raw name -> the name without its way and its tag; a word in front that the table has, too, stays."""
    names = list(names)
    said = {word for target in targets for word in target.plain}
    short = {name.raw: name.plain for name in names}
    for step in (_without_slot, _without_way, _without_common_step, _without_tag, _without_type):
        short = _kept_apart(short, step(short, said))
    return {
        name.raw: name if short[name.raw] == name.plain else Name(name.raw, short[name.raw]) for name in names
    }


def plainer(names: Sequence[Name]) -> dict[str, Name]:
    """Raw name -> a shorter one to compare, too: without what stands in brackets behind it or a `CD`, or its last step only.

    Only where that is no other name's, and what is left out makes no other thing of it.
    """
    contrast = vocabulary().kinds["contrast"]
    whose = contrast | vocabulary().kinds["person"]
    found = {}
    for name in names:
        parts = _BRACKETS.fullmatch(name.raw.strip())
        if parts is not None and not whose & Name(name.raw, split(parts["behind"])).concepts:
            plain = split(parts["front"])
            if plain and not _begin_so(plain, name, names):
                found[name.raw] = Name(name.raw, plain)
    for name in names:  # `MARITAL_STATUS_CD`
        rest = name.plain[:-1]
        if name.plain[-1:] == _CODE and rest and not _begin_so(rest, name, names):
            found.setdefault(name.raw, Name(name.raw, rest))
    for name in names:  # `Title 1`, of which there is no second one
        if name.plain[-1:] == _FIRST and name.plain[:-1] and _is_only(name, names):
            found.setdefault(name.raw, Name(name.raw, name.plain[:-1]))
    ways = {name.raw: _steps(name.raw) for name in names if "." in name.raw}
    often = Counter(way[-1] for way in ways.values())
    for raw, way in ways.items():
        last = Name(raw, _last_thing(way))
        front = Name(raw, _spelled(way[:-1])).concepts
        says_what = last.words and any(_says_what(word.concept) for word in last.words)
        if (
            len(last.plain) < len(_spelled(way))
            and says_what
            and often[way[-1]] == 1
            and not contrast & front
        ):
            found.setdefault(raw, last)
    return found


def _begin_so(words: Words, name: Name, names: Iterable[Name]) -> bool:
    """True where another name begins with these words."""
    return any(other is not name and other.plain[: len(words)] == words for other in names)


def _is_only(name: Name, names: Iterable[Name]) -> bool:
    """True where no other name is the same without its number, or with another one."""
    rest = name.plain[:-1]
    others = [
        other.plain[len(rest) :] for other in names if other is not name and other.plain[: len(rest)] == rest
    ]
    return not any(behind == () or (behind[0].isdigit() and behind[0] != name.plain[-1]) for behind in others)


def _last_thing(way: Sequence[Words]) -> Words:
    """The last step, with the one before it where it only names that: `thread.name`."""
    kinds = vocabulary().kinds
    is_named = len(way) > 1 and all(word in kinds["naming"] or word in kinds["reference"] for word in way[-1])
    return _spelled(way[-2:] if is_named else way[-1:])


def _says_what(concept: str) -> bool:
    """True for a word that few tables have: whose name, street or status it is, the steps before it say."""
    kinds = vocabulary().kinds
    return not any(concept in kinds[kind] for kind in ("personal", "generic", "which", "unit", "contrast"))


def _kept_apart(before: Mapping[str, Words], after: Mapping[str, Words]) -> dict[str, Words]:
    """The shorter names, but for those that another name of the source has already or would get, too."""
    often = Counter("".join(words) for words in after.values())
    taken = {"".join(words) for raw, words in before.items() if after[raw] != words}
    return {
        raw: after[raw]
        if after[raw] and often["".join(after[raw])] == 1 and "".join(after[raw]) not in taken
        else words
        for raw, words in before.items()
    }


def _without_way(short: Mapping[str, Words], said: Collection[str]) -> dict[str, Words]:
    """Steps that name no thing (`fields`, `payload`, `0`), and those that the next step says again."""
    return {
        raw: words if _SLOT.fullmatch(raw) else _spelled(_told(_steps(raw))) or words
        for raw, words in short.items()
    }


def _without_slot(short: Mapping[str, Words], said: Collection[str]) -> dict[str, Words]:
    """The first of several slots of an address book: `Phone 1 - Value` is `Phone`, `Address 1 - City` is `Address City`."""
    return {raw: _slot(raw) or words for raw, words in short.items()}


def _slot(raw: str) -> Words:
    parts = _SLOT.fullmatch(bare(raw).strip())
    if parts is None:
        return ()
    field, number = split(parts["field"]), () if parts["number"] == "1" else (parts["number"],)
    return (*split(parts["front"]), *number, *(() if field == ("value",) else field))


def _told(steps: Sequence[Words]) -> list[Words]:
    wrappers = vocabulary().kinds["wrapper"]
    if len(steps) > 2 and steps[-1] == _VALUE and steps[-2][0].isdigit():  # `emails.0.value`
        steps = steps[:-2]
    told = []
    for step, behind in pairwise(steps):
        is_said_again = behind[: len(step)] == step and len(behind) > len(step)
        is_wrapper = (step[-1] in wrappers and len(step) <= _LONGEST_WRAPPER) or step[0].isdigit()
        if not (is_wrapper or is_said_again):
            told.append(step)
    return [*told, *steps[-1:]]


def _without_common_step(short: Mapping[str, Words], said: Collection[str]) -> dict[str, Words]:
    """The step that more than half of the names begin with: `lineItem/`."""
    ways = {raw: _told(_steps(raw)) for raw in short}
    first = Counter(way[0] for way in ways.values() if len(way) > 1)
    common = {step for step, count in first.items() if 2 * count > len(short) and not _speaks(step, said)}
    return {
        raw: _spelled(way[1:]) if len(way) > 1 and way[0] in common else short[raw]
        for raw, way in ways.items()
    }


def _without_tag(short: Mapping[str, Words], said: Collection[str]) -> dict[str, Words]:
    """A few letters that are no word, in front of several names."""
    first = Counter(words[0] for words in short.values() if len(words) > 1)
    often = Counter(words[1:] for words in short.values() if len(words) > 1)
    telling = {
        words[0] for words in short.values() if often[words[1:]] > 1
    }  # `NM_PARTIDO` beside `SG_PARTIDO`
    tags = {
        word for word, count in first.items() if count >= _FEWEST_TAGGED and _is_tag(word, said)
    } - telling
    return {raw: words[1:] if len(words) > 1 and words[0] in tags else words for raw, words in short.items()}


def _without_type(short: Mapping[str, Words], said: Collection[str]) -> dict[str, Words]:
    """Short for the type of a value, where most names begin so and not all alike: `strName`, `dtmOrdered`."""
    types = vocabulary().kinds["typed"]
    first = Counter(words[0] for words in short.values() if len(words) > 1 and words[0] in types)
    if len(first) < _FEWEST_TYPES or 2 * first.total() <= len(short):
        return dict(short)
    return {raw: words[1:] if len(words) > 1 and words[0] in first else words for raw, words in short.items()}


def _is_tag(word: str, said: Collection[str]) -> bool:
    table = vocabulary()
    is_word = word in table.known or word in table.phrases or word in table.senses or word in table.groups
    return not is_word and 1 < len(word) <= _LONGEST_TAG and word.isalpha() and word not in said


def _steps(raw: str) -> list[Words]:
    """The words of each step of a way into an object, but for a number behind it; names with blanks are no ways."""
    text = bare(raw).strip()
    parts = [text] if _BLANK.search(text) else _STEP.split(text)
    steps = [words for part in parts if (words := split(part))]
    return steps[:-1] if len(steps) > 1 and steps[-1][0].isdigit() else steps


def _spelled(steps: Sequence[Words]) -> Words:
    return tuple(word for step in steps for word in step)


def _speaks(step: Words, said: Collection[str]) -> bool:
    """True where the table says a word of the step, or the step is one that two things differ by."""
    return any(word in said or word in vocabulary().kinds["contrast"] for word in step)
