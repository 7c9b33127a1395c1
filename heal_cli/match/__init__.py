"""Source columns x target columns -> candidates -> one decision for each column."""

from heal_cli.match.by_pattern import Pattern, Scope
from heal_cli.match.coverage import coverage, left_to_triggers, notes
from heal_cli.match.ensemble import Decision, decide, ensemble_decision
from heal_cli.match.match import match_columns
from heal_cli.match.meaning import Nearness
from heal_cli.match.overruled import find_overruled
from heal_cli.match.past import NO_PAST, Past

__all__ = [
    "NO_PAST",
    "Decision",
    "Nearness",
    "Past",
    "Pattern",
    "Scope",
    "coverage",
    "decide",
    "ensemble_decision",
    "find_overruled",
    "left_to_triggers",
    "match_columns",
    "notes",
]
