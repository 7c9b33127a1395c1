"""One setting's value: from what a flag, a variable or a TOML file said to the type that it has."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec

from heal_cli.conninfo import normalize
from heal_cli.errors import UsageError

_SIZE: Final = re.compile(r"(?P<number>\d+)\s*(?:(?P<unit>[kmg])(?:i?b)?|b)?", re.IGNORECASE)
_DURATION: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|min|h)?")
_SECONDS: Final = {None: 1.0, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)\}")
_DELIMITERS: Final = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_ESCAPED: Final = re.compile(r"\\(?:(?P<tab>t)|x(?P<code>[0-9A-Fa-f]{2}))")
_SEVERAL_SIGNS: Final = re.compile(r"[^\w\\]+")  # of letters and digits it is a slip: 'ab', 'coma'
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})

_EXPECTED: Final = {
    "batch_bytes": "a size from 1024 bytes to 1024GiB, such as 16777216 or '16MiB'",
    "timeout": "seconds, or a time such as '90s' or '5min', up to 480h",
    "lock_timeout": "seconds, or a time such as '90s' or '5min', up to 480h",
    "retry": "seconds, or a time such as '90s' or '5min', up to 480h",
    "spool_bytes": "a size, such as 10737418240 or '10GiB'",
    "max_rejects": "a number of rows, or a share up to 100% such as '5%'",
    "max_change": "a number of rows, or a share up to 100% such as '5%'",
    "map": "SOURCE=TARGET pairs",
    "delimiter": "one character, several signs such as '||', or '\\x01' for what has none",
    "quote": "one character, or '' for none",
    "escape": "one character, or '' for none",
    "dsn": "a connection string",
}


def convert_setting(
    key: str, kind: Any, value: Any, origin: str, environment: Mapping[str, str], *, is_typed: bool = False
) -> Any:
    """`value` in the type that `key` has.

    Args:
        kind: The declared type, `Annotated` with its limits.
        environment: Where `${NAME}` in a connection string is looked up.
        is_typed: The value comes from TOML, which has numbers and booleans of its own: a text is none.

    Raises:
        UsageError: Names the origin, the key, what was expected and the value, never a secret.
    """
    try:
        if is_typed and isinstance(value, str) and _bare(kind) in (bool, int, float) and key not in _PREPARE:
            raise TypeError(value)
        prepared = _PREPARE.get(key, _plain)(value, kind)
        converted = msgspec.convert(prepared, kind)
    except (ValueError, TypeError) as exc:  # msgspec.ValidationError is a ValueError
        shown = "" if key == "dsn" else f", not {value!r}"
        name = origin if origin.startswith(("--", "HEAL_")) else f"{origin}: {key}"
        raise UsageError(f"{name} must be {_expected(key, kind)}{shown}") from exc
    return _connection(converted, origin, environment) if key == "dsn" else converted


def did_you_mean(name: str, names: Collection[str], form: str = "{!r}") -> str | None:
    """'Did you mean ...' with the nearest of `names`, None when none is near."""
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"Did you mean {form.format(nearest[0])}?" if nearest else None


def _plain(value: Any, kind: Any) -> Any:
    """Text as flags and variables give it, turned towards `kind`; TOML's own types pass."""
    bare = _bare(kind)
    if not isinstance(value, str):
        return value
    if bare is bool:
        return _boolean(value)
    if bare in (int, float):
        return bare(value)
    if get_origin(bare) is tuple:
        return _split(value)
    if get_origin(bare) is Literal:
        return next((choice for choice in get_args(bare) if choice.lower() == value.lower()), value)
    return value


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(word)
    return word in _TRUE


def _split(text: str) -> list[Any]:
    """A JSON list, or names between commas."""
    if text.lstrip().startswith("["):
        return msgspec.json.decode(text, type=list[str])
    return [part.strip() for part in text.split(",") if part.strip()]


def _names(value: Any, kind: Any) -> Any:
    """A list whose texts may hold several names between commas: `--key a,b --key c`."""
    texts = [value] if isinstance(value, str) else value
    return [name for text in texts for name in (_split(text) if isinstance(text, str) else [text])]


def _pairs(value: Any, kind: Any) -> Any:
    if isinstance(value, Mapping):
        return list(value.items())
    texts = _split(value) if isinstance(value, str) else value
    pairs = [text if isinstance(text, tuple) else tuple(text.rsplit("=", 1)) for text in texts]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise ValueError(value)
    return pairs


def _delimiter(value: str, kind: Any) -> str:
    text = _DELIMITERS.get(value) or _ESCAPED.sub(
        lambda found: "\t" if found["tab"] else chr(int(found["code"], 16)), value
    )
    if len(text) != 1 and not _SEVERAL_SIGNS.fullmatch(text):
        raise ValueError(value)
    return text


def _character_or_none(value: str, kind: Any) -> str:
    text = "" if value == "none" else value
    if len(text) > 1:
        raise ValueError(value)
    return text


def _size(value: Any, kind: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _SIZE.fullmatch(value.strip())
    if not found:
        raise ValueError(value)
    power = " kmg".index((found["unit"] or " ").lower())
    return int(found["number"]) * 1024**power


def _seconds(value: Any, kind: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip())
    if not found:
        raise ValueError(value)
    return float(found["number"]) * _SECONDS[found["unit"]]


def _budget(value: Any, kind: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_PREPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "batch_bytes": _size,
    "timeout": _seconds,
    "lock_timeout": _seconds,
    "retry": _seconds,
    "spool_bytes": _size,
    "max_rejects": _budget,
    "max_change": _budget,
    "map": _pairs,
    "delimiter": _delimiter,
    "escape": _character_or_none,
    "quote": _character_or_none,
    "columns": _names,
    "key": _names,
    "allow": _names,
}


def _connection(conninfo: str, origin: str, environment: Mapping[str, str]) -> str:
    """The string for libpq; `${NAME}` is replaced, so that a file in git needs no password."""

    def look_up(found: re.Match[str]) -> str:
        if found["name"] in environment:
            return environment[found["name"]]
        raise UsageError(f"dsn needs the variable {found['name']}, which is not set")

    try:
        return normalize(_VARIABLE.sub(look_up, conninfo))
    except UsageError as exc:
        raise UsageError(f"{origin}: {exc.message}", hint=exc.hint) from exc


def _bare(kind: Any) -> Any:
    """The type under `Annotated` and `| None`."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) is types.UnionType or type(None) in get_args(kind):
        return _bare(next(member for member in get_args(kind) if member is not type(None)))
    return kind


def _expected(key: str, kind: Any) -> str:
    bare = _bare(kind)
    if key in _EXPECTED:
        return _EXPECTED[key]
    if get_origin(bare) is Literal:
        return "one of " + ", ".join(map(repr, get_args(bare)))
    if get_origin(bare) is tuple:
        return "a list of texts"
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[bare] + _limits(
        kind
    )


def _limits(kind: Any) -> str:
    """What `Meta` asks of a number, in words."""
    metas = [note for note in getattr(kind, "__metadata__", ()) if isinstance(note, msgspec.Meta)]
    for member in get_args(kind):
        metas += [note for note in getattr(member, "__metadata__", ()) if isinstance(note, msgspec.Meta)]
    for meta in metas:
        if meta.le is not None:
            return f" from {meta.ge} to {meta.le}"
        return f" of at least {meta.ge}"
    return ""
