"""Text and typed source values in the dtype their target type travels in; pure, column by column."""

from heal_cli.convert.dispatch import convert, decide_format, fit, wire_dtype

__all__ = ["convert", "decide_format", "fit", "wire_dtype"]
