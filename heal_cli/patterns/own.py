"""The user's own patterns: one TOML file in the state folder, kept by `heal patterns`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from heal_cli.errors import UsageError
from heal_cli.patterns.load import read_patterns_file

NAME: Final = "patterns.toml"

_START: Final = re.compile(r"^\[\[pattern\]\]", re.MULTILINE)
_ID: Final = re.compile(r"""^id\s*=\s*["'](?P<id>[a-z0-9_]+)["']""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class OwnPatterns:
    """What the user's file says: ids that are switched off, and the text of each pattern by its id."""

    disabled: frozenset[str] = frozenset()
    entries: tuple[tuple[str, str], ...] = ()

    def with_entries(self, text: str, origin: str) -> OwnPatterns:
        """With the patterns of a TOML text as well; those of the same id are replaced.

        Raises:
            UsageError: It is not TOML, has no pattern, or one of them cannot be told from the others.
        """
        added = _split(text)
        if len(_parse(text, origin).get("pattern", [])) != len(added) or not added:
            raise UsageError(
                f"{origin}: each pattern has to begin with a line [[pattern]] and to have a line with its id",
                hint="heal patterns show PATTERN prints what one says",
            )
        ids = {id for id, _ in added}
        return replace(self, entries=(*(e for e in self.entries if e[0] not in ids), *added))

    def without(self, pattern_id: str) -> OwnPatterns:
        """Without the pattern of that id.

        Raises:
            UsageError: It is not one of the user's own.
        """
        kept = tuple(entry for entry in self.entries if entry[0] != pattern_id)
        if len(kept) == len(self.entries):
            raise UsageError(
                f"Pattern {pattern_id!r} is none of your own",
                hint=f"heal patterns disable {pattern_id} switches it off",
            )
        return replace(self, entries=kept)

    def enabling(self, pattern_id: str, *, is_enabled: bool) -> OwnPatterns:
        """With a pattern switched on or off, wherever it comes from."""
        changed = self.disabled - {pattern_id} if is_enabled else self.disabled | {pattern_id}
        return replace(self, disabled=changed)

    def as_toml(self) -> str:
        """The file's text."""
        listed = ", ".join(f'"{id}"' for id in sorted(self.disabled))
        blocks = [f"# Kept by `heal patterns`.\ndisabled = [{listed}]", *(text for _, text in self.entries)]
        return "\n\n".join(blocks) + "\n"


def own_path(state_dir: str) -> Path:
    """Where the user's own patterns are kept."""
    return Path(state_dir) / NAME


def read_own(path: Path) -> OwnPatterns:
    """The user's own patterns; none while there is no file.

    Raises:
        UsageError: The file cannot be read, or is not TOML.
    """
    if not path.exists():
        return OwnPatterns()
    text = read_patterns_file(str(path))
    return OwnPatterns(frozenset(_parse(text, str(path)).get("disabled", [])), _split(text))


def write_own(path: Path, own: OwnPatterns) -> None:
    """Keep the user's own patterns; the file is whole at any instant.

    Raises:
        UsageError: The folder takes no writes.
    """
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(own.as_toml(), "utf-8")
        fresh.replace(path)
    except OSError as exc:
        raise UsageError(
            f"Pattern file {str(path)!r} cannot be written: {exc.strerror}",
            hint="Name another folder with --state-dir",
        ) from exc


def rename_entry(source: str, target: str, *, table: str | None, confidence: float) -> str:
    """The TOML of a rename, with the examples that it needs.

    Raises:
        UsageError: One of the names is empty.
    """
    if not source.strip() or not target.strip():
        raise UsageError(
            f"{source}={target} names no two columns", hint="Write SOURCE=TARGET, as in amt=amount"
        )
    words = [*((table,) if table else ()), source, "to", target]
    pattern_id = re.sub(r"[^a-z0-9]+", "_", "_".join(words).lower()).strip("_")
    lines = [
        "[[pattern]]",
        f'id = "own_{pattern_id}"',
        'kind = "rename"',
        f"description = {_quoted(f'{source} is {target}')}",
        f"confidence = {confidence:.2f}",
        f"sources = [{_quoted(source)}]",
        f"targets = [{_quoted(target)}]",
        *([f"tables = [{_quoted(table)}]"] if table else []),
        f"positive = [{{ table = {_quoted(table or 'any')}, source = {_quoted(source)}, target = {_quoted(target)} }}]",
        f"negative = [{{ table = {_quoted(table or 'any')}, source = {_quoted(source)}, target = {_quoted(target + '_of_another')} }}]",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'


def _parse(text: str, origin: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise UsageError(f"{origin}: not TOML: {exc}") from exc


def _split(text: str) -> tuple[tuple[str, str], ...]:
    """The text of each pattern by its id."""
    starts = [found.start() for found in _START.finditer(text)]
    blocks = [text[start:stop].strip() for start, stop in pairwise([*starts, len(text)])]
    return tuple((found["id"], block) for block in blocks if (found := _ID.search(block)))
