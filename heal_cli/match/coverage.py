"""Whether a matching covers its table, and what to tell people about the columns left over."""

from __future__ import annotations

from shlex import quote
from typing import Final

from rapidfuzz import fuzz, process

from heal_cli.match.explicit import why_not_writable
from heal_cli.match.names import parse
from heal_cli.model import Candidate, ColumnMatch, Kind, Matching, MatchOptions, TableSchema, Tier

_MOST_LEFT_OVER: Final = 5
_NEAR: Final = 50.0  # rapidfuzz ratio, 0-100, from which a name is worth showing


def coverage(matching: Matching, table: TableSchema) -> str | None:
    """Why nothing may be loaded by this matching, for people; None when it covers the table.

    It does not when a required column has no value and no trigger could fill it, when no source column
    found a place, or when fewer than half did and neither a key nor an equal name is among them.
    """
    missing = _missing_columns(matching, table)
    if missing and not table.mending_triggers:
        return missing
    placed = _placed(matching)
    total = len(placed) + len(matching.unmatched_source)
    if not placed:
        return f"No source column matches a column of {table.qualified}{_questions(matching)}"
    sure = {match.target for match in matching.matches if match.winner.tier is Tier.EXACT}
    keys = {
        name for constraint in table.constraints if constraint.kind in "pu" for name in constraint.columns
    }
    keyed = keys & {match.target for match in matching.matches if match.winner.source is not None}
    if len(placed) * 2 < total and not sure and not keyed:
        return (
            f"Only {len(placed)} of {total} source columns match a column of {table.qualified}, "
            f"none by its name and none of them a key{_questions(matching)}"
        )
    return None


def left_to_triggers(matching: Matching, table: TableSchema) -> str | None:
    """What is missing unless a trigger fills it, for people; only rows can tell whether one does."""
    return (_missing_columns(matching, table) or None) if table.mending_triggers else None


def notes(matching: Matching, table: TableSchema, options: MatchOptions) -> tuple[str, ...]:
    """A sentence for each source column whose namesake in the table takes no values from a load."""
    closed = {parse(c.name).key: c for c in table.columns if why_not_writable(c, options)}
    found = ((source, closed.get(parse(source).key)) for source in matching.unmatched_source)
    return tuple(
        f"Source column {source!r} is left out: column {column.name!r} of {table.qualified} {why_not_writable(column, options)}"
        for source, column in found
        if column is not None
    )


def _missing_columns(matching: Matching, table: TableSchema) -> str:
    missing = (column.name for column in table.columns if _is_missing(column.name, matching, table))
    return "; ".join(_missing(name, matching, table) for name in missing)


def _is_missing(name: str, matching: Matching, table: TableSchema) -> bool:
    return table.column(name).is_required and name in matching.unmatched_target


def _missing(name: str, matching: Matching, table: TableSchema) -> str:
    """One required column without a value, with its nearest candidate and the flag that takes it."""
    if reason := why_not_writable(table.column(name), MatchOptions()):
        return f"Column {name!r} of {table.qualified} is NOT NULL and {reason}"
    text = f"Column {name!r} of {table.qualified} is NOT NULL and nothing in the source matches it"
    question = next((match for match in matching.refused if match.target == name), None)
    if question is not None:
        return f"{text}; nearest is {_candidate(question.winner)}"
    near = process.extractOne(
        name, sorted(matching.unmatched_source), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=_NEAR
    )
    if near is None:
        return f"{text}{_left_over(matching)}"
    return f"{text}; nearest by name is {near[0]!r}; accept it with {_flag(near[0], name)}"


def _left_over(matching: Matching) -> str:
    """The source columns without a place, a few of them, as the tail of a sentence."""
    names = matching.unmatched_source
    shown = ", ".join(map(repr, names[:_MOST_LEFT_OVER]))
    more = f" and {len(names) - _MOST_LEFT_OVER} more" if len(names) > _MOST_LEFT_OVER else ""
    return f"; without a place are {shown}{more}" if names else ""


def _candidate(candidate: Candidate) -> str:
    """A candidate that was refused: what, how sure, why not, and the flag that takes it."""
    why = f", but {candidate.evidence[-1]}" if candidate.evidence else ""
    if candidate.kind is Kind.DEFAULT:
        what = f"the default {candidate.value!r} ({candidate.confidence:.2f}){why}"
        return f"{what}; accept it with --min-confidence {candidate.confidence:.2f}"
    what = f"{candidate.source!r} ({candidate.confidence:.2f}){why}"
    return f"{what}; accept it with {_flag(candidate.source or '', candidate.target)}"


def _flag(source: str, target: str) -> str:
    """The flag to type, quoted for the shell where the names need it."""
    return f"--map {quote(f'{source}={target}')}"


def _questions(matching: Matching) -> str:
    """The nearest candidates, surest first, as the tail of a sentence."""
    surest: list[ColumnMatch] = sorted(matching.refused, key=lambda match: -match.winner.confidence)
    asked = "; ".join(f"{match.target!r} might be {_candidate(match.winner)}" for match in surest[:3])
    return f"; {asked}" if asked else ""


def _placed(matching: Matching) -> set[str]:
    candidates = (c for match in matching.matches for c in (match.winner, *match.fallbacks))
    return {candidate.source for candidate in candidates if candidate.source is not None}
