"""A plan as a TOML file that people review and edit, and back."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

import msgspec

from heal_cli.errors import PlanError, UsageError
from heal_cli.heal.flags_against import flags_against
from heal_cli.match.explicit import nearest
from heal_cli.model import (
    Candidate,
    ColumnFormat,
    ColumnMatch,
    ColumnPlan,
    Kind,
    Matching,
    Plan,
    TableSchema,
    Tier,
    ValueOptions,
)

VERSION: Final = 1

_HEAD: Final = """\
# What a load does with this shape, for review. Edit it, then: heal load SOURCE -t {table} --plan THIS-FILE
# A column without an entry takes the server's default; a source column without one has no target.
"""

_WRITTEN_BY: Final = "heal plan SOURCE -t TABLE --save FILE writes one"


class SavedColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one target column gets its values: from a source column or from a default."""

    target: str
    source: str | None = None
    default: str | None = None
    fallbacks: tuple[str, ...] = ()
    format: ColumnFormat = ColumnFormat()


class SavedPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan file."""

    heal_plan: Literal[1]
    table: str
    schema_version: str
    unknown_columns: Literal["rescue", "drop", "reject", "add"] = "rescue"
    values: ValueOptions = ValueOptions()
    column: tuple[SavedColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedPlan:
    """A plan file with its name, for messages."""

    name: str
    saved: SavedPlan

    def matching(self, columns: Sequence[str], table: TableSchema) -> Matching:
        """The mapping that the file asks for, nothing added.

        Raises:
            PlanError: The file is for another table or schema version, or names columns that are not there.
        """
        self._check(columns, table)
        matches = tuple(_match(column, self.name) for column in self.saved.column)
        used = {c.source for match in matches for c in (match.winner, *match.fallbacks)}
        placed = {match.target for match in matches}
        return Matching(
            matches=matches,
            unmatched_source=tuple(name for name in columns if name not in used),
            unmatched_target=tuple(c.name for c in table.columns if c.name not in placed),
        )

    def format_of(self, target: str) -> ColumnFormat:
        """How the values of a target column are read."""
        return next(column.format for column in self.saved.column if column.target == target)

    def unheeded(self, values: ValueOptions, renames: Sequence[tuple[str, str]]) -> list[str]:
        """Flags that say otherwise than the file, which counts."""
        pairs = {(column.source, column.target) for column in self.saved.column}
        return flags_against(self.saved.values, pairs, values, renames)

    def _check(self, columns: Sequence[str], table: TableSchema) -> None:
        saved = self.saved
        if saved.table != table.qualified:
            raise PlanError(f"Plan {self.name!r} is for {saved.table}, not for {table.qualified}")
        if saved.schema_version != table.version:
            raise PlanError(
                f"Plan {self.name!r} is for schema version {saved.schema_version} of {saved.table}; "
                f"the table is at {table.version} now",
                hint="Look at the difference and save it again: heal plan SOURCE -t TABLE --save FILE",
            )
        targets = [column.name for column in table.columns]
        for column in saved.column:
            if column.target not in targets:
                _missing(self.name, "table has no column", column.target, targets)
            for source in filter(None, (column.source, *column.fallbacks)):
                if source not in columns:
                    _missing(self.name, "source has no column", source, columns)


def plan_text(plan: Plan) -> str:
    """The plan as TOML, with tier, confidence and evidence as comments."""
    parts = [
        _HEAD.format(table=plan.table.qualified),
        f"heal_plan = {VERSION}\n"
        + _keys(
            {
                "table": plan.table.qualified,
                "schema_version": plan.table.version,
                "unknown_columns": plan.unknown_columns,
            }
        ),
    ]
    values = _changed(plan.values)
    if values:
        parts.append("[values]\n" + _keys(values))
    parts += [_column_text(column) for column in plan.columns]
    if plan.unmatched_source:
        parts.append(f"# no target: {', '.join(map(_value, plan.unmatched_source))}\n")
    return "\n".join(parts)


def parse_plan(text: str, name: str) -> NamedPlan:
    """A plan file's text as the plan that it asks for.

    Raises:
        UsageError: It is no TOML, or no plan; what is wrong is named.
    """
    try:
        document = tomllib.loads(text)
        saved = msgspec.convert(document, SavedPlan)
    except tomllib.TOMLDecodeError as exc:
        raise UsageError(f"Plan {name!r} is not TOML: {exc}", hint=_WRITTEN_BY) from exc
    except msgspec.ValidationError as exc:
        raise UsageError(f"Plan {name!r}: {exc}", hint=_WRITTEN_BY) from exc
    _refuse_unknown(name, "[values]", document.get("values", {}), ValueOptions)
    for entry in document.get("column", ()):
        _refuse_unknown(
            name, f"[column.format] of {entry['target']!r}", entry.get("format", {}), ColumnFormat
        )
    used: set[str] = set()
    for column in saved.column:
        if (column.source is None) == (column.default is None):
            raise UsageError(f"Plan {name!r}: column {column.target!r} needs either a source or a default")
        if column.target in used:
            raise UsageError(f"Plan {name!r}: column {column.target!r} stands there twice")
        used.add(column.target)
    return NamedPlan(name, saved)


def _refuse_unknown(name: str, where: str, keys: Iterable[str], kind: type) -> None:
    """Raise for a key that nothing reads: an answer with a slip of the pen would count as none."""
    known = [field.name for field in fields(kind)]
    for key in keys:
        if key not in known:
            raise UsageError(f"Plan {name!r}: {where} knows no key {key!r}", hint=nearest(key, known))


def _match(column: SavedColumn, name: str) -> ColumnMatch:
    evidence = (f"plan {name}",)
    kind = Kind.DEFAULT if column.source is None else Kind.RENAME
    winner = Candidate(
        kind, column.target, column.source, Tier.EXACT, 1.0, value=column.default, evidence=evidence
    )
    fallbacks = tuple(
        Candidate(Kind.RENAME, column.target, source, Tier.EXACT, 1.0, evidence=evidence)
        for source in column.fallbacks
    )
    return ColumnMatch(column.target, winner, votes=(winner,), fallbacks=fallbacks)


def _missing(plan: str, what: str, name: str, names: Sequence[str]) -> None:
    raise PlanError(f"Plan {plan!r}: the {what} {name!r}", hint=nearest(name, names))


def _column_text(column: ColumnPlan) -> str:
    winner = column.match.winner
    why = "; ".join(winner.evidence).replace("\n", " ")
    entry: dict[str, Any] = {"target": column.column.name}
    entry |= {"source": winner.source} if winner.source is not None else {"default": winner.value or ""}
    if column.match.fallbacks:
        entry["fallbacks"] = [fallback.source for fallback in column.match.fallbacks]
    comment = f"# {winner.tier} {winner.confidence:.2f}: {why} | {column.conversion}"
    comment = "".join(char if char.isprintable() else " " for char in comment)
    text = f"{comment}\n[[column]]\n{_keys(entry)}"
    changed = _changed(column.format)
    return text + (f"[column.format]\n{_keys(changed)}" if changed else "")


def _changed(options: ColumnFormat | ValueOptions) -> dict[str, Any]:
    """The fields that differ from their defaults, as plain data."""
    plain: dict[str, Any] = msgspec.to_builtins(options)
    default = msgspec.to_builtins(type(options)())
    names = (field.name for field in fields(options))
    return {name: plain[name] for name in names if plain[name] != default[name]}


def _keys(values: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items())


def _value(value: Any) -> str:
    """A TOML value; JSON's strings, numbers and lists are TOML's too, but for one control character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
