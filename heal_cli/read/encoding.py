"""Which encoding a text has, by evidence, and the way from it to UTF-8 and back."""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Callable
from typing import Final, NamedTuple

from heal_cli.errors import SourceError, UsageError
from heal_cli.read.encoding_guess import guess_encoding
from heal_cli.read.encoding_shifts import find_shifted, is_exact

UTF8: Final = "utf-8"

# Longest first: the UTF-32 mark begins with the UTF-16 one.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Encodings that charset-normalizer may choose from when our own check is undecided; more and it guesses wildly.
_CANDIDATES: Final = [
    "cp1252",
    "cp1251",
    "koi8_r",
    "cp1250",
    "cp1253",
    "shift_jis",
    "gb18030",
    "euc_kr",
    "big5",
]

_ICONV: Final = {"utf-7": "UTF-7", "iso2022_kr": "ISO-2022-KR", "iso2022_jp": "ISO-2022-JP"}
"""What iconv calls them."""

_WEIGHED_BYTES: Final = 2**16  # from the first byte beyond ASCII on: enough to tell, and told in 40 ms

_ENOUGH_TO_ASK: Final = 8  # bytes beyond ASCII; charset-normalizer makes wild guesses from fewer

_SURE: Final = 0.5  # confidence under which a second opinion is asked

# Encodings of one byte a character, whose lengths are counted without encoding (five times sooner).
_SINGLE_BYTE: Final = re.compile(r"cp125[0-9]|iso8859-[0-9]+|koi8-[rut]")

_HIGH: Final = re.compile(rb"[\x80-\xff]")
_MULTIBYTE: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


# How Arrow streams, Arrow files and Parquet begin; NULs in them are no wide characters.
_BINARY: Final = (b"\xff\xff\xff\xff", b"ARROW1", b"PAR1")


class Encoding(NamedTuple):
    """How the decompressed bytes are written."""

    name: str
    mark: int = 0  # bytes of the byte-order mark, which is no text
    evidence: str = ""


def tell_encoding(head: bytes, given: str | None = None, *, name: str = "") -> Encoding:
    """Encoding of the text that begins with `head`.

    Args:
        given: What the user said; only a byte-order mark is looked for then.
        name: Of the source, for errors.

    Raises:
        SourceError: It is in an encoding whose text cannot be turned back into these bytes.
        UsageError: `given` names no encoding.
    """
    if head.startswith(_BINARY):
        return Encoding(UTF8, 0, "no text")
    for mark, marked in _MARKS:
        if head.startswith(mark) and (given is None or _same_family(given, marked)):
            return Encoding(marked, len(mark), "byte-order mark")
    if given is not None:
        return Encoding(_known(given), 0, "as told")
    if wide := _wide(head):
        return Encoding(wide, 0, "NULs at the same places of each character only")
    if head.isascii() and (shifted := find_shifted(head)):
        return _shifted(head, shifted, name)
    return _eight_bit(head)


def _shifted(head: bytes, encoding: str, name: str) -> Encoding:
    if is_exact(head, encoding):
        return Encoding(encoding, 0, "its escape sequences, in bytes that are all ASCII")
    raise SourceError(
        f"{name!r} looks like {encoding}, in a spelling that rejects could not be given back in",
        hint=f"Turn it into UTF-8: iconv -f {_ICONV[encoding]} -t UTF-8 {shlex.quote(name)} | heal load - --table TABLE;"
        " --encoding utf-8 takes it as it is",
    )


def _known(name: str) -> str:
    try:
        canonical = codecs.lookup(name).name
        # Those of host names refuse every error handler: no byte that they lack would come through.
        decoder = codecs.getincrementaldecoder(canonical)(error_handler(canonical))
        decoder.decode("a".encode(canonical), True)
    except (LookupError, UnicodeError) as exc:
        raise UsageError(
            f"--encoding {name!r} is no encoding that is known", hint="Try utf-8, cp1252, latin-1 or utf-16"
        ) from exc
    return {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": UTF8, "ascii": UTF8}.get(
        canonical, canonical
    )


def _same_family(given: str, found: str) -> bool:
    return _known(given)[:6] == found[:6]


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without its mark: NULs stand at the same places of their units only, and all decodes."""
    sample = head[: 2**14]
    zeros = [sample[place::4].count(0) for place in range(4)]
    units = len(sample) // 4
    if not any(zeros) or units < 2:
        return None
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    # ASCII text with a few NULs in it is no text of other letters, which have bytes beyond ASCII.
    few = 1.4 * units if sample.isascii() else units / 16
    for name, is_likely in (
        ("utf-32-le", zeros[3] >= units and zeros[2] > 0.7 * units),
        ("utf-32-be", zeros[0] >= units and zeros[1] > 0.7 * units),
        ("utf-16-le", odd > 20 * even and odd > few),
        ("utf-16-be", even > 20 * odd and even > few),
    ):
        if is_likely and _decodes(sample, name) and _has_line_ends(sample, name):
            return name
    return None


def _has_line_ends(sample: bytes, name: str) -> bool:
    """What would be line ends of plain text are some in this encoding too: a small file may have a NUL by chance."""
    return sample.decode(name, errors="ignore").count("\n") * 2 >= sample.count(b"\n")


def _decodes(sample: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _eight_bit(head: bytes) -> Encoding:
    if head.isascii():
        return Encoding(UTF8, 0, "ASCII as far as looked")
    try:
        codecs.getincrementaldecoder(UTF8)().decode(head)
    except UnicodeDecodeError:
        return _legacy(head)
    return Encoding(UTF8, 0, "valid UTF-8 as far as looked")


def _legacy(head: bytes) -> Encoding:
    """A few invalid bytes in UTF-8 stay UTF-8; else the eight-bit encoding that explains the bytes."""
    first = _HIGH.search(head)
    assert first is not None
    head = head[max(0, first.start() - 1) :][:_WEIGHED_BYTES]
    rest, valid = _MULTIBYTE.subn(b"", head)
    invalid = len(_HIGH.findall(rest))
    if valid > invalid:
        return Encoding(UTF8, 0, f"{valid} UTF-8 sequences against {invalid} invalid bytes")
    guess = guess_encoding(head)
    # Of as many, sequences are no chance in text of one byte a character; read so, each would be two wrong letters.
    if valid == invalid and (guess is None or _SINGLE_BYTE.fullmatch(_known(guess.name))):
        return Encoding(UTF8, 0, f"{valid} UTF-8 sequences and as many invalid bytes")
    if guess and guess.confidence >= _SURE:
        return Encoding(
            _known(guess.name), 0, f"a guess by its letters, confidence {min(guess.confidence, 0.99):.2f}"
        )
    if guess and invalid >= _ENOUGH_TO_ASK and (second := _second_opinion(head)):
        return second
    return Encoding(UTF8, 0, f"{invalid} invalid bytes that no other encoding explains")


def _second_opinion(head: bytes) -> Encoding | None:
    # Imported here: 60 ms that plain files need not pay.
    from charset_normalizer import from_bytes

    best = from_bytes(head[: 2**16], cp_isolation=_CANDIDATES).best()
    if best is None:
        return None
    return Encoding(_known(best.encoding), 0, f"a guess by charset-normalizer, chaos {best.chaos:.2f}")


_CUT_OFF: Final = ("truncated", "unexpected end", "incomplete")
"""What decoders say of a text that ends too soon."""


class Transcoded:
    """A text in another encoding as UTF-8 bytes.

    Bytes that the encoding has no character for come through as invalid UTF-8, so that they cost their
    row and nothing else, and the way back is exact.
    """

    def __init__(self, read: Callable[[int], bytes], encoding: str, name: str) -> None:
        self._read = read
        self._name = name
        self._encoding = encoding
        self._errors = error_handler(encoding)
        self._decoder = codecs.getincrementaldecoder(encoding)(self._errors)
        self._ended = False

    def read(self, n: int) -> bytes:
        """UTF-8 bytes of at most `n` source bytes; b'' at the end."""
        while not self._ended:
            block = self._read(n)
            self._ended = not block
            try:
                text = self._decoder.decode(block, self._ended)
            except UnicodeDecodeError as exc:
                raise self._defect(exc) from exc
            if text:
                return text.encode(UTF8, self._errors)
        return b""

    def _defect(self, exc: UnicodeDecodeError) -> SourceError:
        if any(said in exc.reason for said in _CUT_OFF):
            return SourceError(
                f"{self._name!r} is not whole: it ends in the middle of a character of {self._encoding}",
                hint="Get the file again; if it is in another encoding, say which with --encoding",
            )
        return SourceError(
            f"{self._name!r} holds bytes that are no {self._encoding}: {exc.reason}",
            hint="Say which encoding it is in with --encoding",
        )


def error_handler(encoding: str) -> str:
    """Error handler that keeps undecodable units: lone surrogates stand for themselves in UTF-16 and UTF-32."""
    return "surrogatepass" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"


def encode_back(data: bytes, encoding: str) -> bytes:
    """The source bytes that `Transcoded` made these UTF-8 bytes from."""
    errors = error_handler(encoding)
    return data.decode(UTF8, errors).encode(encoding, errors)


def recode(data: bytes, encoding: str) -> bytes:
    """The UTF-8 bytes that `Transcoded` makes of these source bytes, whole characters."""
    if encoding == UTF8:
        return data
    errors = error_handler(encoding)
    return data.decode(encoding, errors).encode(UTF8, errors)


def stored_length(data: bytes, encoding: str) -> int:
    """How many source bytes `Transcoded` made these UTF-8 bytes from."""
    if _SINGLE_BYTE.fullmatch(encoding):
        return len(data.decode(UTF8, "surrogateescape"))
    return len(encode_back(data, encoding))
