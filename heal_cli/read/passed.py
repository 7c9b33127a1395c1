"""Lines of a source that are no records, counted while it is cut: nothing is passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from heal_cli.model import Finding
from heal_cli.read.declared import COPY

_MOST_SHOWN: Final = 3
_LONGEST: Final = 60

Kind = Literal["comment", "repeated header", "blank row", "footer"]

_FLAGS: Final[dict[Kind, str | None]] = {
    "comment": "--comment",
    "repeated header": None,
    "blank row": None,
    "footer": "--footer",
}


class _Line(NamedTuple):
    number: int  # 1-based
    text: str


class _Table(NamedTuple):
    line: int  # 1-based, of its header or of a title above it
    header: int  # 1-based, of its header
    names: str


@dataclass
class Passed:
    """What was passed over so far; one thread adds to it."""

    counts: dict[Kind, int] = field(default_factory=dict)
    shown: dict[Kind, list[_Line]] = field(default_factory=dict)
    tables: list[_Table] = field(default_factory=list)
    last_line: int = 0  # of the source, once the table has ended
    is_over: bool = False  # the table has ended

    def add(self, kind: Kind, number: int, text: str) -> None:
        """Note one line; the first few of each kind are kept to be shown."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        shown = self.shown.setdefault(kind, [])
        if len(shown) < _MOST_SHOWN:
            shown.append(_Line(number, text.strip()[:_LONGEST]))

    def add_table(self, line: int, header: int, names: str) -> None:
        """Note that another table begins at this line, and its header."""
        self.tables.append(_Table(line, header, names.strip()[:_LONGEST]))
        self.is_over = True

    def add_rest(self, data: bytes, first: int, count: int) -> None:
        """Note what stands below the table: `count` lines of which the first has this number."""
        self.is_over, self.last_line = True, first + count - 1
        lines = [] if self.tables else data.decode(errors="replace").split("\n")
        for number, text in enumerate(lines, first):
            if COPY.fullmatch(text):
                return self.add_table(number, number, text)
            if text.strip():
                self.add("footer", number, text)
        return None

    def findings(self) -> Iterator[Finding]:
        """A finding for each kind of line and for each further table."""
        for kind, count in self.counts.items():
            shown = self.shown[kind]
            where = ", ".join(f"{line.number:,}" for line in shown)
            more = f" and {count - len(shown):,} more" if count > len(shown) else ""
            value = f"{'lines' if count > 1 else 'line'} {where}{more}"
            texts = "; ".join(dict.fromkeys(line.text for line in shown))
            yield Finding(kind, value, _FLAGS[kind], f"passed over: {texts}", lines=count)
        for table in self.tables:
            last = max(self.last_line, table.line)
            value = f"lines {table.line:,}-{last:,}"
            why = f"not loaded, it has other columns: {table.names}; --skip-rows {table.header - 1} reads it"
            yield Finding("another table", value, "--skip-rows", why, lines=last - table.line + 1)
