"""What is said of a CSV dialect: findings about its signs, and about the lines that are no records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from heal_cli.model import Finding, ReadOptions
from heal_cli.read.delimiter import Sample, Trial
from heal_cli.read.endings import is_sum
from heal_cli.read.fields import Grammar
from heal_cli.read.heading import Heading

_MOST_LINES: Final = 3
"""Lines of a preamble shown one by one."""

_SHOWN: Final = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "pipe",
    " ": "space",
    ":": "colon",
    '"': "double",
    "'": "single",
    "\\": "backslash",
}


def show(sign: str) -> str:
    """A delimiter or quote by its name, or in quotes where it has none."""
    return _SHOWN.get(sign, repr(sign))


def quote_findings(grammar: Grammar, options: ReadOptions) -> Iterator[Finding]:
    """What stands around cells, and before quotes in them."""
    why = "as told" if options.quote is not None else ""
    quotes = " and ".join(show(quote) for quote in (grammar.quote, grammar.second_quote) if quote)
    yield Finding("quote", quotes or "none", "--quote", why)
    if grammar.escape:
        why = (
            "as COPY and MySQL write it" if grammar.is_backslashed else "quotes in cells have it before them"
        )
        why = "as told" if options.escape is not None else f"{why}; --escape '' takes it as text"
        yield Finding("escape", show(grammar.escape), "--escape", why)


def name_line_end(head: bytes, terminator: bytes) -> str:
    """What lines end with, in words."""
    if terminator == b"\r":
        return "CR and LF mixed" if b"\n" in head else "CR"
    pairs, feeds = head.count(b"\r\n"), head.count(b"\n")
    return "LF" if not pairs else "CRLF" if pairs == feeds else "LF and CRLF mixed"


def preamble(sample: Sample, trial: Trial, heading: Heading, skipped: int) -> Iterator[Finding]:
    """The lines above the header, by number and text."""
    lines = sample.text.split("\n", trial.records[heading.begin].line)[:-1]
    yield from passed_lines(
        [(number, line) for number, line in enumerate(lines, skipped + 1) if line.strip()]
    )


def passed_lines(told: list[tuple[int, str]]) -> Iterator[Finding]:
    """A preamble of these lines, each with its number."""
    if not told:
        return
    shown = "; ".join(line.strip() for _, line in told[:_MOST_LINES])
    more = f" and {len(told) - _MOST_LINES} more" if len(told) > _MOST_LINES else ""
    numbers = name_lines([number for number, _ in told])
    yield Finding("preamble", numbers, "--skip-rows", f"passed over: {shown}{more}", lines=len(told))


def sums(trial: Trial, heading: Heading, skipped: int) -> Iterator[Finding]:
    """Sums with records below them are loaded, since nothing proves that they are none."""
    found = [
        record for record in trial.records[heading.first : trial.region.last - 1] if is_sum(record.cells)
    ]
    if found:
        lines = name_lines([skipped + record.line + 1 for record in found])
        first = next(cell for cell in found[0].cells if cell.strip())
        why = f"loaded as records; --comment {first!r} passes over lines that begin so"
        yield Finding("sums", lines, "--comment", why)


def name_lines(numbers: list[int]) -> str:
    """'line 3', 'lines 1-3', 'lines 4, 9 and 12 more'."""
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"lines {numbers[0]}-{numbers[-1]}"
    shown = ", ".join(map(str, numbers[:_MOST_LINES]))
    more = f" and {len(numbers) - _MOST_LINES} more" if len(numbers) > _MOST_LINES else ""
    return f"lines {shown}{more}"
