"""What values look like: e-mail addresses, URLs, IBANs, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "email": (r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "e-mail addresses"),
    "url": (r"^(?i)([a-z][a-z0-9+.-]*://|www\.)\S+$", "URLs"),
    "ip": (r"^(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]+)(/\d+)?$", "IP addresses"),
    "phone": (r"^(?i)[+(]?[\d\s()./-]{6,}(\s*(x|ext\.?)\s*\d+)?$", "telephone numbers"),
    "mobile": (r"^(?i)[+(]?[\d\s()./-]{6,}(\s*(x|ext\.?)\s*\d+)?$", "telephone numbers"),
    "iban": (r"^(?i)[A-Z]{2}\d{2}[\sA-Z0-9]{11,36}$", "IBANs"),
    "zip": (r"^(?i)[A-Z0-9][A-Z0-9 -]{2,9}$", "postal codes"),
}
"""Concept in a target's name -> what its values look like (regular expression), and how people call them."""

LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    **SHAPES,
    "website": (r"^(?i)((https?://)?(www\.)?[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(/\S*)?)$", "web addresses"),
    "barcode": (r"^\d{8}(\d{4,6})?$", "barcodes"),
    "isin": (r"^[A-Z]{2}[A-Z0-9]{9}\d$", "ISINs"),
    "mac": (r"^(?i)([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$", "MAC addresses"),
    "currency": (
        r"^(?i)(AED|ARS|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KES|KRW|MAD|MXN|MYR|NGN|NOK|NZD|PEN|PHP|PKR|PLN|QAR|RON|RSD|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|UYU|VND|ZAR)$",
        "currency codes",
    ),
    "country code": (
        r"^(?i)(A[DEFGILMORTUWZ]|B[ABDEFGHIJNORSTWYZ]|C[ADFGHIKLMNORUVYZ]|D[EJKMOZ]|E[CEGHRST]|F[IJKMOR]|G[ABDEFHILMNPQRTUWY]|H[KNRTU]|I[DELMNQRST]|J[EMOP]|K[EGHIMNPRWYZ]|L[ABCIKRSTUVY]|M[ACDEGHKLMNORTUVWXYZ]|N[AEGILOPRUZ]|OM|P[AEGHKLRSTWY]|QA|R[OSUW]|S[ABCDEGIKLMNORSTVYZ]|T[DGHJLMNORTVWZ]|U[AGKSYZ]|V[ACENU]|W[S]|XK|YE|Z[AMW])$",
        "country codes",
    ),
}
"""The same for more concepts, whose columns also hold other spellings: evidence for, never against."""

OBJECT: Final = r"""^\{\s*(\}|(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*:)"""
"""How a JSON object begins, with its first key, and no UUID in braces or list of PostgreSQL."""

NUMERIC: Final = r"^[-+]?\d[\d.,]*$"

NAMELESS: Final = r"^(?:[-+]?\d[\d.,]*|/\S*|[a-z][a-z0-9+.-]*://\S+)$"
"""What is no name of anything: numbers, paths, addresses of pages."""

TIME: Final = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d{1,2}:\d{2}.*)?$"
"""How most dates and times are written."""

SHAPE_OF_TYPE: Final[Mapping[str, str]] = {"inet": "ip", "cidr": "ip", "macaddr": "mac", "macaddr8": "mac"}
"""Types whose values are known by their looks."""
