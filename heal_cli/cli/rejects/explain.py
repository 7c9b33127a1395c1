"""`heal rejects explain`: each kind of reject in plain words, with what would mend it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from heal_cli.cli.options import Config, Json, StateDir
from heal_cli.cli.rejects.find import Named, as_argument, find_rejects, name_parts, state_dir_of
from heal_cli.cli.terminal import clean, note, quoted, say, say_json, styled

if TYPE_CHECKING:
    from heal_cli.record import Fix, RejectRecord

_FLAG: Final = re.compile(r"--(?:(?:allow|date-order|timezone|percent) [A-Za-z][\w/+-]*|decimal [.,])")
_PLAIN_NAME: Final = re.compile(r"[a-z_][a-z0-9_$]*")
_NAMED: Final = re.compile(r"\{(\w+)\}")
_LONGEST_LITERAL: Final = 60


class Kind(NamedTuple):
    """What makes rejects alike."""

    reason: str
    column: str | None
    constraint: str | None


@dataclass(slots=True)
class Group:
    """Rejects of one kind."""

    kind: Kind
    example: RejectRecord
    rows: int = 0
    flags: dict[str, None] = field(default_factory=dict)  # that the attempts name


@dataclass(frozen=True, slots=True)
class Step:
    """One way out: when it is right, and what to type, in this order."""

    when: str
    sql: str | None
    command: str | None


def explain(
    rejects: Named = None, state_dir: StateDir = None, config: Config = None, json: Json = None
) -> None:
    """Say what happened and what would mend it.

    For each kind of reject in plain words, with the commands to type.
    """
    from heal_cli.record import EXPLANATIONS, UNKNOWN, iter_rejects

    folder = state_dir_of(state_dir, config)
    path = find_rejects(rejects, folder)
    groups = group_rejects(record for record in iter_rejects(path) if record.settled is None)
    retry = f"heal rejects retry {as_argument(path, folder)}"
    table = name_parts(path).table
    explained = [(group, EXPLANATIONS.get(group.kind.reason, UNKNOWN)) for group in groups]
    if json:
        kinds = [
            {
                **group.kind._asdict(),
                "rows": group.rows,
                "example": {"row": group.example.row, "value": group.example.value},
                "what": said.what,
                "fixes": [asdict(step) for step in steps(group, said.fixes, table, retry)],
            }
            for group, said in explained
        ]
        say_json({"path": str(path), "kinds": kinds})
        return
    if not groups:
        note(f"there are no rejects left in {str(path)!r}")
        return
    for group, said in explained:
        say("\n".join(_lines(group, said.what, steps(group, said.fixes, table, retry))))


def group_rejects(records: Iterable[RejectRecord]) -> list[Group]:
    """The kinds of rejects, most frequent first."""
    groups: dict[Kind, Group] = {}
    for record in records:
        kind = Kind(record.reason, record.column, record.constraint)
        group = groups.setdefault(kind, Group(kind, record))
        group.rows += 1
        for attempt in record.attempts or ():
            group.flags |= dict.fromkeys(_FLAG.findall(attempt))
    return sorted(groups.values(), key=lambda group: -group.rows)


def steps(group: Group, fixes: Iterable[Fix], table: str, retry: str) -> list[Step]:
    """The ways out for these rejects: what their own attempts name, then what helps with the reason in general."""
    retry = f"{retry} --reason {group.kind.reason}"
    found = [Step("as the attempts above say", None, f"{retry} {flag}") for flag in group.flags]
    given = {flag.split()[0] for flag in group.flags}
    names = _names(group, table)
    for fix in fixes:
        if fix.flags and fix.flags.split()[0] in given:
            continue
        if not any(fix.if_tried in attempt for attempt in group.example.attempts or ("",)):
            continue
        texts = [text and _filled(text, names) for text in (fix.when, fix.sql, fix.flags)]
        if any(
            text is None and asked for text, asked in zip(texts, (fix.when, fix.sql, fix.flags), strict=True)
        ):
            continue
        when, sql, flags = texts
        command = f"{retry} {flags}" if flags else retry
        found.append(Step(when or "", sql, command if fix.is_retried else None))
    return found


def _names(group: Group, table: str) -> dict[str, str]:
    """What the placeholders of a fix stand for; without those that these rejects do not have."""
    record = group.example
    names = {"table": _table(table)}
    if record.column and ", " not in record.column:
        names["column"] = _identifier(record.column)
    if record.constraint:
        names["constraint"] = _identifier(record.constraint)
    if record.value and record.value == clean(record.value) and len(record.value) <= _LONGEST_LITERAL:
        names["value"] = shlex.quote(record.value)
        names["literal"] = "'" + record.value.replace("'", "''") + "'"
    return {name: text for name, text in names.items() if text}


def _filled(text: str, names: dict[str, str]) -> str | None:
    """The text with its placeholders filled in; None if one has nothing to stand for."""
    if not set(_NAMED.findall(text)) <= set(names):
        return None
    return _NAMED.sub(lambda found: names[found[1]], text)


def _identifier(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _table(typed: str) -> str:
    """The table as it was typed at the load, which is as SQL takes it unless it has other characters."""
    from heal_cli.schema import parse_name

    if not typed:
        return ""
    parsed = parse_name(typed)
    return ".".join(_identifier(part) for part in (parsed.schema, parsed.name) if part)


def _lines(group: Group, what: str, ways: list[Step]) -> Iterator[str]:
    kind, example = group.kind, group.example
    named = [f"column {clean(kind.column)}" if kind.column else "", clean(kind.constraint or "")]
    rows = f"{group.rows:,} {'row' if group.rows == 1 else 'rows'}"
    value = f": {quoted(example.value)}" if kind.column else ""
    place = f", such as row {example.row:,}{value}" if example.row is not None else ""
    heading = ", ".join(filter(None, [styled(clean(kind.reason), bold=True), *named]))
    yield f"{heading}  {rows}{place}"
    yield f"  {what}"
    for attempt in example.attempts or ():
        yield f"  {styled('tried', dim=True)} {clean(attempt)}"
    for way in ways:
        yield f"  - {clean(way.when)}"
        yield from (f"      {clean(text)}" for text in (way.sql, way.command) if text)
