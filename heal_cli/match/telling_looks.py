"""Looks that tell what a column without a name holds, too wide or too narrow to speak for or against a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from heal_cli.match.names import Name
from heal_cli.match.ranges import NUMBERS
from heal_cli.match.values import TEXTS
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import PgType


class TellingLook(NamedTuple):
    """What values look like, and how surely they are meant without rivals."""

    regex: str
    spoken: str
    confidence: float
    some: str = ""  # what at least one of them looks like


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
    "tax id": TellingLook(
        r"^(?:ATU\d{8}|BE[01]\d{9}|BG\d{9,10}|CHE\d{9}(?:MWST|TVA|IVA)?|CY\d{8}[A-Z]|CZ\d{8,10}|(?:DE|EE|EL|PT)\d{9}"
        r"|(?:DK|FI|HU|LU|MT|SI)\d{8}|ES[A-Z0-9]\d{7}[A-Z0-9]|FR[A-Z0-9]{2}\d{9}|GB\d{9}(?:\d{3})?|(?:HR|IT|LV)\d{11}"
        r"|IE\d[A-Z0-9]\d{5}[A-Z]{1,2}|LT\d{9}(?:\d{3})?|NL\d{9}B\d{2}|PL\d{10}|RO\d{6,9}|SE\d{12}|SK\d{10})$",
        "VAT numbers",
        0.80,
    ),
    "resolution": TellingLook(r"^\d{3,4} ?[x\x{d7}] ?\d{3,4}$", "widths and heights", 0.85),
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


_STATUS: Final = TellingLook(
    r"^(?:10[0-3]|20[0-8]|30[0-8]|4(?:0\d|1\d|2\d|31|51|99)|50\d)$",
    "statuses of HTTP",
    0.75,
    r"^(?:200|30[12]|40[034]|50[023])$",
)


def telling_look(name: Name, type: PgType) -> TellingLook | None:
    """How values of a column with that name and type look; None where nobody knows."""
    if type.base in TEXTS:
        return _of_texts(name)
    return _STATUS if type.base in NUMBERS and {"status", "code"} == name.concepts else None


def _of_texts(name: Name) -> TellingLook | None:
    kinds = vocabulary().kinds
    firm = [
        word.concept for word in name.words if not word.is_reference and word.concept not in kinds["naming"]
    ]
    if firm and firm[-1] in _BY_CONCEPT:
        return _BY_CONCEPT[firm[-1]]
    concepts = [word.concept for word in name.words]
    if concepts == ["name"] or (
        len(concepts) == 2 and concepts[0] in kinds["person"] and concepts[1] == "name"
    ):
        return _PERSON
    is_text = len(concepts) == 1 and concepts[0] in kinds["saying"] | kinds["remark"] | {"description"}
    return _SENTENCE if is_text else None
