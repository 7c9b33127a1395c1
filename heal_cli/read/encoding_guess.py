"""Which legacy encoding bytes beyond ASCII are in, by the letters they would be.

For each language and each of its encodings: how likely are these letters in that language? The sum over all of
them, with a prior for how common the encoding is in files that people load, is a posterior whose share is the
confidence that is reported. Letters stand in falling frequency, as in everyday text; a rank weighs 1/rank (Zipf).
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

_SAMPLE_BYTES: Final = 2048
"""Bytes beyond ASCII that are weighed, taken from all over the head: a few hundred decide, each costs 10 us."""

_RUN: Final = re.compile(
    rb"[A-Za-z]?[\x80-\xff](?:[\x80-\xff]|[@-~](?=[\x80-\xff])|[0-9](?=[\x80-\xff]))*[@-~]?"
)

_AMONG_ITS_LIKE: Final = 0.05  # a Latin letter with an accent between two such: Hebrew looks so
_BETWEEN_LETTERS: Final = frozenset("’‘´·–—")  # noqa: RUF001 -- signs that words have inside
_NOT_BEHIND_LETTERS: Final = frozenset("[\\^`{")  # but second bytes of characters
_UNLIKELY: Final = 2e-5  # of a character that the language does not have
_FOREIGN: Final = 0.003  # of a letter that a neighbouring language has: names travel
_RARE: Final = 1e-5  # of an ideograph outside of the common ones
_SIGN: Final = 0.02  # of a sign that everybody types, in any language
_LAST_LATIN: Final = "\u024f"
_CAPITAL: Final = 0.15  # capitals against small letters
_ENOUGH: Final = math.log(0.004)
"""Mean log-likelihood of a byte under which the bytes are not explained: signs at random places lie far below."""

_SIGNS: Final = frozenset("€‚„…‘’“”•–—™ £§©«®°±²µ´·»ªº¿¡№×½¼Ø")  # noqa: RUF001 -- these are the signs

_MODERN: Final = ("cp125", "iso")
_WESTERN: Final = ("cp1252", "iso8859-15", "mac-roman", "cp850")
_CENTRAL: Final = ("cp1250", "iso8859-2")
_CYRILLIC: Final = ("cp1251", "koi8-r", "cp866", "iso8859-5")

_LETTERS: Final = (
    (_WESTERN, "éèàêçâîôûùëïœ"),  # French
    (_WESTERN, "üäöß"),  # German
    (_WESTERN, "óáíéñúü"),  # Spanish
    (_WESTERN, "ãçáéõíóêâúà"),  # Portuguese
    (_WESTERN, "àèìòùé"),  # Italian
    (_WESTERN, "äöåéøæ"),  # Scandinavian
    (_CENTRAL, "łąęóżśćńź"),  # Polish
    (_CENTRAL, "íáéěšřčžýůúťďň"),  # Czech
    (_CENTRAL, "áéöóőüíúű"),  # Hungarian
    (_CENTRAL, "ăîâşţ"),  # Romanian
    (_CENTRAL, "čšžćđ"),  # South Slavic
    (_CYRILLIC, "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїє"),  # Russian, Ukrainian
    (("cp1253", "iso8859-7"), "αοιετσνηυρκπμλςωίγόδάήχέθώύφβξζψ"),  # Greek
    (("cp1254",), "ıüşiğçöİ"),  # Turkish  # noqa: RUF001
    (("cp1255",), "יוהלארתבםמשנעכדקחפטגצסןזךףץ"),  # Hebrew
    (("cp1256",), "اليمونرتبةعدسفهكقحجشطصخضذثءىأإغئظزآؤ"),  # Arabic
)

_OF_JAPAN: Final = ("cp932", "euc-jp")
_JAPANESE: Final = "のにはをたとがでてしいなれさるらもすりこだまかっくきんー、。年日人大本中国"
_HALF_WIDTH: Final = "ﾞﾝｼｶｲｷﾄﾏﾀｺｻｳﾐﾔﾛﾅｽﾁｵﾂﾆｰﾊﾘｱﾌﾋﾙｸﾉﾓﾗｹﾖﾜﾕﾎﾃｾｿﾑﾒﾚｴﾇﾈﾍﾟｯｬｭｮ"
"""As banks and old machines of Japan write everything: a byte each, in cp932."""
_HALF_WIDTH_PRIOR: Final = -4.0
_FEW: Final = 0.4  # of them, beside ideographs
_KATAKANA: Final = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワガギグゲゴザジズゼゾダデドバビブベボパピプペポァィェォッャュョ"
_EVEN: Final = 0.25 / len(_KATAKANA)

# Double-byte encodings: the most frequent characters, then the lead bytes of the common ones and of all.
_IDEOGRAPHS: Final = (
    (
        "gb18030",
        "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小",
        range(0xB0, 0xD8),
        1500,
    ),
    (
        "big5",
        "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小",
        range(0xA4, 0xC7),
        1800,
    ),
    (
        "cp932",
        _JAPANESE,
        range(0x88, 0x98),
        1200,
    ),
    (
        "euc-jp",
        _JAPANESE,
        range(0xB0, 0xD0),
        1200,
    ),
    (
        "cp949",
        "이다는의에을가고하지은로한도를기서사리어인자대아시나니부일정수그라스만과해전",
        range(0xB0, 0xC9),
        900,
    ),
)

_PRIORS: Final = {
    "cp1252": 0.0,
    "cp1251": -1.5,
    "cp1250": -2.0,
    "gb18030": -2.0,
    "cp932": -2.0,
    "iso8859-15": -2.5,
    "mac-roman": -6.0,
}
_PRIOR: Final = -4.0  # natural logarithm, for the others

_MOST_LEAD: Final = 500.0  # of an encoding that explains too few of the bytes; exp of more is no float


class Guess(NamedTuple):
    """The encoding that explains the bytes best."""

    name: str
    confidence: float  # 0-1, against the other encodings


def guess_encoding(head: bytes) -> Guess | None:
    """The legacy encoding of `head`, which is no UTF-8; None where its bytes are letters in none."""
    runs = _sample(_RUN.findall(head))
    high = sum(len(re.findall(rb"[\x80-\xff]", run)) * count for run, count in runs.items())
    scores: dict[str, float] = {}
    for name, score in _scores(runs):
        scores[name] = max(scores.get(name, -math.inf), score)
    doubles = {name for name, *_ in _IDEOGRAPHS}
    size = sum(len(run) * count for run, count in runs.items())
    explained = {
        name: score
        for name, score in scores.items()
        if high and score / (size if name in doubles else high) >= _ENOUGH
    }
    if not explained:
        return None
    weighed = {name: score + _PRIORS.get(name, _PRIOR) for name, score in scores.items()}
    best = max(explained, key=weighed.__getitem__)
    # Encodings that read these bytes as the same text are no rivals.
    text = _decoded(runs, best)
    rivals = [weight for name, weight in weighed.items() if name == best or _decoded(runs, name) != text]
    leads = [min(weight - weighed[best], _MOST_LEAD) for weight in rivals]
    return Guess(best, 1 / sum(map(math.exp, leads)))


def _sample(found: list[bytes]) -> Counter[bytes]:
    """Some of the runs, evenly, each with how often it was met."""
    step = max(1, sum(map(len, found)) // _SAMPLE_BYTES)
    return Counter(run[:_SAMPLE_BYTES] for run in found[::step])


def _scores(runs: Counter[bytes]) -> Iterator[tuple[str, float]]:
    for names, letters in _LETTERS:
        own = _zipf(letters, 1.0)
        neighbours = "".join(others for its, others in _LETTERS if its == names)
        mixed = dict.fromkeys(neighbours, _FOREIGN) | own
        for name in names:
            weights = mixed if name.startswith(_MODERN) else own
            yield name, _letters_score(runs, name, weights)
    yield "cp932", _half_width_score(runs) + _HALF_WIDTH_PRIOR
    for name, letters, common, size in _IDEOGRAPHS:
        yield name, _ideographs_score(runs, name, _zipf(letters, 0.4), common, size)


def _zipf(letters: str, mass: float) -> dict[str, float]:
    total = sum(1 / rank for rank in range(1, len(letters) + 1))
    return {letter: mass / rank / total for rank, letter in enumerate(letters, 1)}


def _letters_score(runs: Counter[bytes], encoding: str, weights: dict[str, float]) -> float:
    score = 0.0
    sign = _SIGN if encoding.startswith(_MODERN) else _SIGN / 100  # DOS and old Macs wrote few of them
    for run, count in runs.items():
        text = run.decode(encoding, "replace")
        score += count * sum(
            math.log(_letter(text, place, weights, sign)) for place, byte in enumerate(run) if byte >= 0x80
        )
    return score


def _letter(text: str, place: int, weights: dict[str, float], sign: float) -> float:
    """How likely the letter is, beside its neighbours."""
    letter = text[place]
    before = text[place - 1] if place else " "
    after = text[place + 1] if place + 1 < len(text) else " "
    if letter in _SIGNS and letter not in weights:
        is_inside = before.isalpha() and after.isalpha() and letter not in _BETWEEN_LETTERS
        return sign * _AMONG_ITS_LIKE if is_inside else sign
    weight = weights.get(letter) or weights.get(letter.lower(), 0) * _CAPITAL
    if not weight:
        return _UNLIKELY
    beside = (before + after).strip(" ")
    if letter > _LAST_LATIN and beside.isascii() and beside.isalpha():
        return _UNLIKELY  # a lone letter of another script among Latin ones
    if after in _NOT_BEHIND_LETTERS:
        return weight * _AMONG_ITS_LIKE
    if letter <= _LAST_LATIN and len(beside) == 2 and beside.isalpha() and min(beside) > "~":
        return weight * _AMONG_ITS_LIKE
    if (letter.isupper() and before.islower()) or (letter.islower() and before.isupper() and after.isupper()):
        return weight * 0.05
    return weight if before.isalpha() or after.isalpha() else weight * 0.2


def _half_width_score(runs: Counter[bytes]) -> float:
    """Of bytes that are all half-width katakana; such ones beside ideographs are in the score of those."""
    weights, score = _zipf(_HALF_WIDTH, 1.0), 0.0
    for run, count in runs.items():
        text = run.decode("cp932", "replace")
        is_latin = any("a" <= letter <= "z" for letter in text)
        high = [letter for letter in text if not letter.isascii()]
        score += count * sum(
            math.log(_UNLIKELY if is_latin else weights.get(letter, _UNLIKELY)) for letter in high
        )
    return score


def _ideographs_score(
    runs: Counter[bytes], encoding: str, weights: dict[str, float], common: range, size: int
) -> float:
    score = 0.0
    if encoding in _OF_JAPAN:
        weights = dict.fromkeys(_KATAKANA, _EVEN) | weights
    if encoding == "cp932":
        weights = _zipf(_HALF_WIDTH, _FEW) | weights
    for run, count in runs.items():
        try:
            text = _double(run, encoding)
        except UnicodeDecodeError:
            score += count * len(run) * math.log(_UNLIKELY)
            continue
        for character in text:
            if character.isascii():
                continue
            raw = character.encode(encoding)
            rest = 0.55 / size if raw[0] in common and len(raw) == 2 else _RARE
            score += count * math.log(weights.get(character, rest if len(raw) > 1 else _UNLIKELY))
    return score


def _double(run: bytes, encoding: str) -> str:
    """The run as double bytes: a letter before it is no part, one behind it may be."""
    is_whole = len(run) < _SAMPLE_BYTES
    run = run[1:] if run[0] < 0x80 else run
    decoder = codecs.getincrementaldecoder(encoding)
    try:
        return decoder().decode(run, is_whole)
    except UnicodeDecodeError:
        if run[-1] < 0x80:
            return decoder().decode(run[:-1], is_whole)
        raise


def _decoded(runs: Counter[bytes], encoding: str) -> list[str]:
    return [codecs.decode(run, encoding, "replace") for run in runs]
