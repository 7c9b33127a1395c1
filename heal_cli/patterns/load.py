"""TOML files -> catalogue, each key checked: a misspelt one is an error, never ignored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, Final, NoReturn

import polars as pl
import rtoml

from heal_cli.errors import UsageError
from heal_cli.model import Kind
from heal_cli.patterns.catalogue import MAX_CONFIDENCE, MIN_CONFIDENCE, Catalogue, Example, Pattern, Scope
from heal_cli.patterns.trades import read_trades

_TEXT: Final = ("id", "kind", "description", "shape", "value")
_LISTS: Final = ("sources", "targets", "tables", "columns", "types", "comments")
_KEYS: Final = frozenset((*_TEXT, *_LISTS, "confidence", "positive", "negative"))
_EXAMPLE_TEXT: Final = ("table", "source", "target", "type", "comment")
_EXAMPLE_KEYS: Final = frozenset((*_EXAMPLE_TEXT, "values", "required"))
_ID: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NEEDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.RENAME: ("sources", "targets"),
    Kind.MAPPING: ("sources", "targets"),
    Kind.DEFAULT: ("targets", "value", "types"),
    Kind.CONVERSION: ("types", "shape"),
}
_NEVER: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.RENAME: ("value",),
    Kind.MAPPING: ("value",),
    Kind.DEFAULT: ("sources", "shape"),
    Kind.CONVERSION: ("sources", "targets", "value"),
}


def load_catalogue(extra: Sequence[str] = (), *, with_disabled: bool = False) -> Catalogue:
    """The catalogue that ships with heal, and then the patterns of other TOML files.

    Args:
        extra: Paths of the user's own files; each may list ids under `disabled`, its own or others'.
        with_disabled: Keep the patterns that such a list switches off.

    Raises:
        UsageError: A file cannot be read, or one of its patterns is wrong; file, pattern and key are named.
    """
    if not extra:  # those that ship with heal are never wrong, and may wait
        return Catalogue(lambda: _read((), with_disabled=with_disabled))
    patterns = _read(extra, with_disabled=with_disabled)
    return Catalogue(lambda: patterns)


def _read(extra: Sequence[str], *, with_disabled: bool) -> tuple[Pattern, ...]:
    patterns = {pattern.id: pattern for pattern in read_trades()}
    disabled: set[str] = set()
    files = [(origin, text, False) for origin, text in _shipped()]
    files += [(path, read_patterns_file(path), True) for path in extra]
    for origin, text, is_own in files:
        data = _parse(origin, text)
        disabled.update(_list(data, "disabled", origin))
        for pattern in _patterns(origin, data, is_own=is_own):
            known = patterns.get(pattern.id)
            if known is not None:
                raise UsageError(
                    f"{origin}: pattern {pattern.id!r} is already defined in {known.origin}",
                    hint="Give it another id",
                )
            patterns[pattern.id] = pattern
    left_out = frozenset() if with_disabled else disabled
    return tuple(pattern for pattern in patterns.values() if pattern.id not in left_out)


def _shipped() -> Iterator[tuple[str, str]]:
    files = (resources.files(__package__) / "catalogue").iterdir()
    for file in sorted(files, key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_text("utf-8")


def read_patterns_file(path: str) -> str:
    """The text of a file of patterns.

    Raises:
        UsageError: It cannot be read, or is not UTF-8.
    """
    try:
        return Path(path).read_text("utf-8")
    except OSError as exc:
        raise UsageError(f"Pattern file {path!r} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UsageError(f"Pattern file {path!r} is not UTF-8 (byte {exc.start})") from exc


def _parse(origin: str, text: str) -> dict[str, Any]:
    try:
        data = rtoml.loads(text)
    except rtoml.TomlParsingError as exc:
        raise UsageError(f"{origin}: not TOML: {exc}") from exc
    _refuse_unknown(data, frozenset({"pattern", "disabled"}), origin)
    return data


def _patterns(origin: str, data: Mapping[str, Any], *, is_own: bool) -> Iterator[Pattern]:
    """The patterns of a file; the regular expressions of those that ship with heal are checked by its tests."""
    entries = data.get("pattern", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        _wrong(origin, "pattern", "has to be a list of tables, each under [[pattern]]")
    for number, entry in enumerate(entries, start=1):
        yield _pattern(origin, number, entry, is_own=is_own)


def _pattern(origin: str, number: int, entry: Mapping[str, Any], *, is_own: bool) -> Pattern:
    name = entry.get("id")
    where = f"{origin}: pattern {name!r}" if isinstance(name, str) else f"{origin}: pattern number {number}"
    _refuse_unknown(entry, _KEYS, where)
    texts = {key: _text(entry, key, where) for key in _TEXT}
    lists = {key: _list(entry, key, where) for key in _LISTS}
    if not _ID.fullmatch(texts["id"] or ""):
        _wrong(where, "id", "has to be words of a-z and 0-9 joined by single underscores")
    kind = _kind(texts["kind"], where)
    _check_keys(kind, entry, where)
    if is_own:
        _check_shape(texts["shape"], where)
    return Pattern(
        id=texts["id"] or "",
        kind=kind,
        description=texts["description"] or _wrong(where, "description", "is missing"),
        confidence=_confidence(entry, where),
        sources=lists["sources"],
        targets=lists["targets"],
        scope=Scope(
            *(tuple(map(str.lower, lists[key])) for key in ("tables", "columns", "types", "comments"))
        ),
        shape=texts["shape"],
        value=texts["value"],
        positive=_examples(entry, "positive", where),
        negative=_examples(entry, "negative", where),
        origin=origin,
    )


def _kind(text: str | None, where: str) -> Kind:
    try:
        return Kind(text or "")
    except ValueError:
        _wrong(where, "kind", f"has to be one of {', '.join(Kind)}, not {text!r}")


def _check_keys(kind: Kind, entry: Mapping[str, Any], where: str) -> None:
    for key in _NEEDS[kind]:
        if not entry.get(key) and entry.get(key) != "":
            _wrong(where, key, f"is missing, a {kind} needs it")
    for key in _NEVER[kind]:
        if key in entry:
            _wrong(where, key, f"means nothing for a {kind}")


def _check_shape(shape: str | None, where: str) -> None:
    """The engine that will run the expression is the one to ask; it knows no look-around."""
    if shape is None:
        return
    try:
        pl.Series([""]).str.contains(shape)
    except pl.exceptions.ComputeError as exc:
        raise UsageError(f"{where}: key 'shape' is not a regular expression: {shape!r}") from exc


def _confidence(entry: Mapping[str, Any], where: str) -> float:
    value = entry.get("confidence")
    if isinstance(value, bool) or not isinstance(value, int | float):
        _wrong(where, "confidence", f"has to be a number, not {value!r}")
    if not MIN_CONFIDENCE <= value <= MAX_CONFIDENCE:
        _wrong(where, "confidence", f"has to lie in {MIN_CONFIDENCE:.2f}-{MAX_CONFIDENCE:.2f}, not {value!r}")
    return float(value)


def _examples(entry: Mapping[str, Any], key: str, where: str) -> tuple[Example, ...]:
    rows = entry.get(key, [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        _wrong(where, key, "has to list at least one example, as {source = 'a', target = 'b', ...}")
    return tuple(
        _example(row, f"{where}, {key} example {number}") for number, row in enumerate(rows, start=1)
    )


def _example(row: Mapping[str, Any], where: str) -> Example:
    _refuse_unknown(row, _EXAMPLE_KEYS, where)
    texts = {key: text for key in _EXAMPLE_TEXT if (text := _text(row, key, where)) is not None}
    required = row.get("required", True)
    if not isinstance(required, bool):
        _wrong(where, "required", f"has to be true or false, not {required!r}")
    return Example(**texts, values=_list(row, "values", where), required=required)


def _text(entry: Mapping[str, Any], key: str, where: str) -> str | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, str):
        _wrong(where, key, f"has to be a text, not {value!r}")
    return value


def _list(entry: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        _wrong(where, key, f"has to be a list of texts, not {value!r}")
    return tuple(value)


def _refuse_unknown(entry: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    for key in entry:
        if key not in known:
            near = get_close_matches(key, sorted(known), n=1)
            hint = f"Did you mean {near[0]!r}" if near else f"Known keys are {', '.join(sorted(known))}"
            raise UsageError(f"{where}: unknown key {key!r}", hint=hint)


def _wrong(where: str, key: str, what: str) -> NoReturn:
    raise UsageError(f"{where}: key {key!r} {what}")
