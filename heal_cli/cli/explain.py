"""`heal explain`: what a name in a report stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from heal_cli.cli.options import Config, Json, StateDir
from heal_cli.cli.terminal import clean, say, say_json, styled
from heal_cli.errors import UsageError

_RUN: Final = re.compile(r"[0-9a-f]{8}[0-9a-f-]*")
_NAMED: Final = re.compile(r"\{(\w+)\}")


def explain(
    id: Annotated[
        str, typer.Argument(metavar="ID", help="Of a heal, a reason of rejects, a pattern or a run.")
    ],
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Say what a name in a report means.

    Of a run, what kept its rejects out, as heal rejects explain does.

    \b
    heal explain decimal_comma
    heal explain not_convertible
    heal explain messages_sender_to_role
    """
    if _RUN.fullmatch(id):
        from heal_cli.cli.rejects.explain import explain as explain_rejects

        explain_rejects(id, state_dir, config, json)
        return
    found = [*_as_heal(id), *_as_reason(id), *_as_pattern(id, state_dir, config)]
    if not found:
        raise _unknown(id, state_dir, config)
    if json:
        say_json({"id": id, "meanings": found})
        return
    for meaning in found:
        say("\n".join(_lines(id, meaning)))


def _as_heal(id: str) -> Iterator[dict[str, Any]]:
    from heal_cli.convert import RULES

    if (rule := RULES.get(id)) is not None:
        facts = {"lossy": rule.lossy, "assumption": rule.assumption, "allow": rule.allow}
        yield {"kind": "heal", "what": rule.sentence, **facts}
    if (evidence := _placed_by().get(id)) is not None:
        what = f"The column has another name in the table, and was placed by {evidence}; heal plan shows it."
        yield {"kind": "heal", "what": what, "lossy": False, "assumption": False, "allow": None}


def _placed_by() -> dict[str, str]:
    """What the report calls a column that no pattern placed, and what did."""
    from heal_cli.model import Kind, Tier

    evidence = {
        Tier.FUZZY: "the likeness of names and values",
        Tier.LEARNED: "what earlier loads and people taught",
        Tier.SEMANTIC: "what a language model finds alike",
    }
    return {f"{tier}_{Kind.RENAME}": by for tier, by in evidence.items()}


def _as_reason(id: str) -> Iterator[dict[str, Any]]:
    from heal_cli.record import EXPLANATIONS

    if (reason := EXPLANATIONS.get(id)) is not None:
        ways = [
            {"when": fix.when, "sql": _spelled(fix.sql), "flags": _spelled(fix.flags)} for fix in reason.fixes
        ]
        yield {"kind": "reason", "what": reason.what, "fixes": ways}


def _as_pattern(id: str, state_dir: str | None, config: str | None) -> Iterator[dict[str, Any]]:
    from heal_cli.cli.patterns.shared import whole_catalogue

    catalogue, disabled = whole_catalogue(state_dir, config)
    for pattern in catalogue:
        if pattern.id == id:
            facts = {"confidence": pattern.confidence, "enabled": id not in disabled}
            yield {"kind": "pattern", "what": pattern.description, **facts}


def _spelled(text: str | None) -> str | None:
    """The text with a sign for each name that only rejects of one's own can fill in."""
    return text and _NAMED.sub(r"<\1>", text)


def _lines(id: str, meaning: dict[str, Any]) -> Iterator[str]:
    yield f"{styled(clean(id), bold=True)}  {meaning['kind']}"
    yield f"  {clean(meaning['what'])}"
    if meaning.get("assumption"):
        yield "  It is an assumption: plan and report say so."
    if meaning.get("allow"):
        yield f"  It happens only with --allow {meaning['allow']}{', since it loses something' if meaning['lossy'] else ''}."
    if meaning["kind"] == "pattern":
        yield f"  It starts at {meaning['confidence']:.2f}; all of it: heal patterns show {clean(id)}"
    for fix in meaning.get("fixes", ()):
        yield f"  - {fix['when']}"
        yield from (f"      {text}" for text in (fix["sql"], fix["flags"]) if text)


def _unknown(id: str, state_dir: str | None, config: str | None) -> UsageError:
    from difflib import get_close_matches

    from heal_cli.cli.patterns.shared import whole_catalogue
    from heal_cli.convert import RULES
    from heal_cli.record import EXPLANATIONS

    known = [
        *RULES,
        *_placed_by(),
        *EXPLANATIONS,
        *(pattern.id for pattern in whole_catalogue(state_dir, config)[0]),
    ]
    near = get_close_matches(id, known, n=1)
    hint = (
        f"Did you mean {near[0]!r}?"
        if near
        else "Names stand in the report of a load and in heal patterns list"
    )
    return UsageError(f"There is no heal, reason of rejects or pattern {id!r}", hint=hint)
