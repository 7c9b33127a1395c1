"""How people write numbers: digits, marks, signs, currencies, as regular expressions over one cell.

A number has two readings, by decimal point and by decimal comma. Most spellings fit only one of them;
those that fit both ('1,234') are what `number_decide` fixes per column.
"""

from __future__ import annotations

from typing import Final, Literal

Mark = Literal[".", ","]

WHITE: Final = "".join(
    map(chr, (0xA0, 0x2007, 0x2009, 0x202F, *range(0x2000, 0x2007), 0x2008, 0x200A, 0x3000))
)
_INVISIBLE: Final = "".join(
    map(chr, (0xFEFF, 0x061C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)))
)
_MINUS: Final = "".join(map(chr, (0x2212, 0xFE63, 0xFF0D, *range(0x2010, 0x2014))))
_APOSTROPHES: Final = "".join(map(chr, (0x2018, 0x2019, 0x02BC, 0xB4, 0xFF07)))
_ZEROS: Final = (
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0xF20,
    0x1040, 0x17E0, 0x1810, 0xFF10,
)  # fmt: skip

ASCII_OF: Final[dict[str, str]] = {
    **{chr(zero + digit): str(digit) for zero in _ZEROS for digit in range(10)},
    **dict.fromkeys(_MINUS, "-"),
    **{
        "\uff0b": "+",
        "\uff0e": ".",
        "\uff0c": ",",
        "\u066b": ".",
        "\u066c": ",",
        "\uff05": "%",
        "\u066a": "%",
    },
    **{"\uff04": "$", "\uffe5": "¥", "\uffe1": "£"},
}
"""Digits, signs and marks of other scripts; U+066B and U+066C are Arabic's decimal and thousands marks."""

BLANK_OF: Final[dict[str, str]] = {
    **dict.fromkeys(WHITE + "\t", " "),
    **dict.fromkeys(_INVISIBLE, ""),
    **dict.fromkeys(_APOSTROPHES, "'"),
}
"""Spellings of blanks and of the apostrophe that change nothing in the number."""

SYMBOLS: Final = "$€£¥₹₽₩₺₴₪₫₱₦₡₲₵₸₿฿"

_CODES: Final = (
    "USD|EUR|GBP|JPY|CHF|CNY|RMB|INR|AUD|CAD|NZD|HKD|SGD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|TRY|UAH|RUB|BRL|"
    "MXN|ARS|CLP|COP|PEN|UYU|ZAR|NGN|KES|GHS|EGP|MAD|ILS|AED|SAR|QAR|KWD|KRW|TWD|THB|IDR|MYR|PHP|VND|PKR|BDT|LKR"
)

CURRENCY: Final = (
    rf"(?:(?:US|CA|AU|NZ|HK|MX|NT|R|C|A|S)?\$|[{SYMBOLS[1:]}]|(?i:{_CODES})|Rs\.?|kr\.?|zł|Kč|Fr\.)"
)


def whole_number(group: str, *, indian: bool) -> str:
    """Digits, plain or well grouped by one mark: `group` (a regular expression), a blank, an apostrophe or '_'."""
    threes = "|".join(rf"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+" for mark in (group, " ", "'", "_"))
    lakhs = rf"|[1-9][0-9]?(?:{group}[0-9]{{2}})+{group}[0-9]{{3}}" if indian else ""
    return rf"(?:[0-9]+|{threes}{lakhs})"


_DOT_WHOLE: Final = whole_number(",", indian=True)
_COMMA_WHOLE: Final = whole_number(r"\.", indian=False)

DECIMAL_POINT: Final = rf"^(?:{_DOT_WHOLE}(?:\.[0-9]*)?|\.[0-9]+)$"
DECIMAL_COMMA: Final = rf"^(?:{_COMMA_WHOLE}(?:,[0-9]*)?|,[0-9]+)$"
"""The two readings of an unsigned number; the first also knows Indian grouping (12,34,567)."""

PLAIN: Final = r"^\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"
"""A finite number in PostgreSQL's own syntax (manual, 4.1.2.6)."""

_EXPONENTIAL: Final = r"(?:[eE][+-]?[0-9]{1,4})?"
_CENTS: Final = r"[0-9][0-9.,' _]*[.,][0-9]{2}"
_SIGN: Final = "(?:[+-] *)"


def _number(exponential: str) -> str:
    return rf"(?:[0-9][0-9.,' _]*|[.,][0-9]+){exponential} *%? *"


def _money(currency: str) -> str:
    return rf"(?:{currency} *)?"


def _dressed(number: str, money: str) -> str:
    ways = (
        rf"{money}{_SIGN}?{number}",  # $-5
        rf"{_SIGN}{money}{number}",  # -$5
        rf"{_SIGN}?{number}{money}",  # -5 €
        rf"{money}{number}-",  # $5-
        rf"{number}- *{money}",  # 5- €
        rf"{number}{money}-",  # 5 €-
        rf"{_CENTS}\+ *{money}",  # 5,00+ of a bank; 18+ is no number
        rf"{money}\( *{number}\)",  # $(5)
        rf"\( *{money}{number}\)",  # ($5)
        rf"\( *{number}{money}\)",  # (5 €)
        rf"\( *{number}\) *{money}",  # (5) €
    )
    return f"^(?:{'|'.join(ways)})$"


_NUMBER: Final = _number(_EXPONENTIAL)
_MONEY: Final = _money(CURRENCY)

DRESSED: Final = _dressed(_NUMBER, _MONEY)
"""A number in all that may stand around it: one sign at most, one currency at most."""

LETTER: Final = "[A-Za-złč]"
"""What every spelling of a currency has that is no symbol alone, and every exponent."""

UNLETTERED: Final = _dressed(_number(""), _money(f"[{SYMBOLS}]"))
"""The same for cells without letters: codes of currencies make an expression that takes milliseconds to build."""

SIDED: Final = rf"^\s*(?:{_MONEY}{_NUMBER}{_MONEY}(?i:[CD]R)\.?|(?i:[CD]R)\.? *{_MONEY}{_NUMBER})\s*$"
"""A number with the side of the account that it stands on."""

AROUND: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzłč()+-% " + SYMBOLS
"""What to strip from both ends of a dressed number to be left with digits, marks and exponent."""

AROUND_UNLETTERED: Final = "()+-% " + SYMBOLS

NEGATIVE: Final = r"^[^0-9]*[-(]|-[^0-9]*$"
TRAILING_MINUS: Final = r"-[^0-9]*$"
TRAILING_PLUS: Final = r"[0-9][^0-9]*\+[^0-9]*$"
HAS_CURRENCY: Final = r"[^0-9eE.,'_ ()+%-]"
EXPONENT: Final = "[eE]([+-]?[0-9]+)$"

ABBREVIATED: Final = r"(?:Rs|kr|Fr)\."
"""Currencies whose full stop could pass for a decimal point."""


def quick(mark: Mark | None, fraction: str, symbols: str) -> str:
    """The commonest dress, in one expression: a symbol before or behind, groups by the other mark, digits that fit.

    Args:
        mark: The column's decimal mark; without one neither groups nor fractions are taken.
        fraction: What may stand behind the mark, as a regular expression; '' for nothing, not even the mark.
        symbols: The currency symbols to look for.
    """
    group, point = (r"\.", ",") if mark == "," else (",", r"\.")
    grouped = "" if mark is None else rf"|[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+"
    number = rf"-?(?:0|[1-9][0-9]*{grouped})" + (f"(?:{point}{fraction})?" if fraction and mark else "")
    return rf"^(?:(?:[{symbols}] ?)?{number}|{number} ?[{symbols}])$" if symbols else f"^{number}$"
