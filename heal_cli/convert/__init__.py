"""Text and typed source values in the dtype their target type travels in; pure, column by column."""

from heal_cli.convert.dispatch import best_fit, convert, decide_format, fit, wire_dtype
from heal_cli.convert.evidence import can_be_open, decide_from_all
from heal_cli.convert.nulls import DATABASE_NULL
from heal_cli.convert.number_decide import ask_points
from heal_cli.convert.number_units import units_named
from heal_cli.convert.rules import ALLOWED, RULES, Rule

__all__ = [
    "ALLOWED",
    "DATABASE_NULL",
    "RULES",
    "Rule",
    "ask_points",
    "best_fit",
    "can_be_open",
    "convert",
    "decide_format",
    "decide_from_all",
    "fit",
    "units_named",
    "wire_dtype",
]
