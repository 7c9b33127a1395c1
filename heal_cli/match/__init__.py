"""Source columns x target columns -> candidates -> one decision for each column."""

from heal_cli.match.board import Expects
from heal_cli.match.by_pattern import Pattern, Scope
from heal_cli.match.coverage import coverage, left_to_triggers, notes
from heal_cli.match.ensemble import Decision, decide, ensemble_decision
from heal_cli.match.match import match_columns
from heal_cli.match.meaning import Nearness, add_meaning
from heal_cli.match.overruled import overruled

__all__ = [
    "Decision",
    "Expects",
    "Nearness",
    "Pattern",
    "Scope",
    "add_meaning",
    "coverage",
    "decide",
    "ensemble_decision",
    "left_to_triggers",
    "match_columns",
    "notes",
    "overruled",
]
