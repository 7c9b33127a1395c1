"""Text and typed source values in the dtype their target type travels in; pure, column by column."""

from heal_cli.convert.dispatch import convert, decide_format, fit, wire_dtype
from heal_cli.convert.rules import ALLOWED, REASONS, RULES, Reason, Rule

__all__ = ["ALLOWED", "REASONS", "RULES", "Reason", "Rule", "convert", "decide_format", "fit", "wire_dtype"]
