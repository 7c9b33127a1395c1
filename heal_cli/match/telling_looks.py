"""Looks that tell what a column without a name holds, too wide or too narrow to speak for or against a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from heal_cli.match.names import Name
from heal_cli.match.vocabulary import vocabulary


class TellingLook(NamedTuple):
    """What values look like, and how surely they are meant without rivals."""

    regex: str
    spoken: str
    confidence: float


_TELEPHONE: Final = TellingLook(
    r"^(?:\+\d[\d ()./-]{7,16}|\(\d{2,5}\) ?[\d -]{5,12}|\d{3}[- ]\d{3}[- ]\d{4}|0\d{1,4}[ /-]\d[\d -]{4,11})$",
    "telephone numbers",
    0.78,
)

_LANGUAGE: Final = TellingLook(
    r"^(?:en|de|fr|es|pt|it|nl|pl|sv|da|nb|fi|cs|ru|uk|tr|ja|ko|zh|ar|he|el|hu|ro)(?:[-_][A-Za-z]{2})?$",
    "codes of languages",
    0.78,
)

_PATH: Final = TellingLook(r"^/\S*$", "paths", 0.78)

_BY_CONCEPT: Final[Mapping[str, TellingLook]] = {
    "phone": _TELEPHONE,
    "mobile": _TELEPHONE,
    "zip": TellingLook(
        r"^(?:\d{5}-\d{4}|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4} [A-Z]{2})$",
        "postal codes",
        0.72,
    ),
    "timezone": TellingLook(r"^[A-Z][A-Za-z]+/[A-Z][A-Za-z_/-]+$", "time zones", 0.85),
    "user agent": TellingLook(r"^(?:Mozilla|Opera|curl|Wget|okhttp|python-requests)/", "user agents", 0.88),
    "method": TellingLook(r"^(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$", "methods of HTTP", 0.85),
    "language": _LANGUAGE,
    "locale": _LANGUAGE,
    "path": _PATH,
    "endpoint": _PATH,
    "version": TellingLook(r"^v?\d+\.\d+\.\d+$", "versions", 0.80),
    "blood type": TellingLook(r"^(?:A|B|AB|O|0)[+-]$", "blood types", 0.90),
    "bic": TellingLook(
        r"^[A-Z]{4}(?:AT|BE|BG|BR|CA|CH|CZ|DE|DK|EE|ES|FI|FR|GB|GR|HU|IE|IT|JP|LI|LT|LU|LV|NL|NO|PL|PT|RO|SE|SI|SK|US)[A-Z0-9]{2}(?:[A-Z0-9]{3})?$",
        "BICs",
        0.85,
    ),
    "lei": TellingLook(r"^[A-Z0-9]{18}\d{2}$", "LEIs", 0.85),
    "isbn": TellingLook(r"^97[89][- ]?(?:\d[- ]?){9}\d$", "ISBNs", 0.85),
    "hash": TellingLook(r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$", "hashes", 0.80),
}
"""Concept in a target's name -> how its values look."""

_PERSON: Final = TellingLook(
    r"^\p{Lu}[\p{L}'\x{2019}-]+(?: (?:\p{Lu}\.|\p{Lu}[\p{L}'\x{2019}-]+|van|von|de|da|di|del|der|la|le)){1,4}$",
    "names of people",
    0.74,
)
_SENTENCE: Final = TellingLook(r"^\S+(?:\s+\S+){3}", "several words", 0.74)


def telling_look(name: Name) -> TellingLook | None:
    """How values of a column with that name look; None where nobody knows."""
    if name.words and name.words[-1].concept in _BY_CONCEPT:
        return _BY_CONCEPT[name.words[-1].concept]
    kinds = vocabulary().kinds
    concepts = [word.concept for word in name.words]
    if concepts == ["name"] or (
        len(concepts) == 2 and concepts[0] in kinds["person"] and concepts[1] == "name"
    ):
        return _PERSON
    is_text = len(concepts) == 1 and concepts[0] in kinds["saying"] | kinds["remark"] | {"description"}
    return _SENTENCE if is_text else None
