"""CSV files nobody wrote by hand: tables in random dialects, and the same files damaged.

Run for longer than CI would: python tests/read/fuzz.py --files 20000
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Final

import polars as pl

from heal_cli.errors import HealError
from heal_cli.model import ROW, ReadOptions
from heal_cli.read.bytes import ByteStream
from heal_cli.read.csv import CsvReader

WORDS: Final = (
    "ash",
    "birch",
    "cedar",
    "elm",
    "fir",
    "hazel",
    "larch",
    "maple",
    "oak",
    "pine",
    "it's",
    "Zoë",
)
DELIMITERS: Final = (",", ";", "\t", "|", "\x01", "\x1f", "||", "~|~", "::", " ", ":")


@dataclass(frozen=True)
class Written:
    """A file and what it says."""

    data: bytes
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class Style:
    """The dialect of a file."""

    delimiter: str
    quote: str
    escape: bool  # a backslash before quotes, which else are doubled
    always: bool  # every cell is quoted
    end: str


def write(rng: random.Random) -> Written:
    """A table of words, numbers and days in a dialect drawn by `rng`."""
    style = Style(
        delimiter=rng.choice(DELIMITERS),
        quote=rng.choice(('"', '"', '"', "'")),
        escape=rng.random() < 0.1,
        always=rng.random() < 0.3,
        end=rng.choice(("\n", "\r\n", "\n", "\r")),
    )
    columns = ("id", "name", "day", *(f"extra{i}" for i in range(rng.randint(0, 5))))
    rows = [_row(rng, i, len(columns), style) for i in range(1, rng.randint(8, 40))]
    lines = [_record(columns, style), *(_record(row, style) for row in rows)]
    if rng.random() < 0.2:
        lines.insert(rng.randint(2, len(lines)), _record(columns, style))
    if rng.random() < 0.2 and not style.delimiter.isspace():
        lines.insert(rng.randint(1, len(lines)), "# a remark")
    if rng.random() < 0.2:
        lines = ["Trees", "", *lines]
    if rng.random() < 0.2:
        lines = [*lines, "", f"({len(rows)} rows)"]
    last = "" if rng.random() < 0.2 else style.end
    return Written((style.end.join(lines) + last).encode(), columns, rows)


def _row(rng: random.Random, number: int, width: int, style: Style) -> tuple[str, ...]:
    day = f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return (str(number), _text(rng, style), day, *(_extra(rng, i, style) for i in range(width - 3)))


def _extra(rng: random.Random, column: int, style: Style) -> str:
    if column % 2:
        return "" if rng.random() < 0.3 else str(rng.randint(-99, 9999))
    return _text(rng, style)


def _text(rng: random.Random, style: Style) -> str:
    parts = [rng.choice(WORDS) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.15:
        line_end = "\n" if style.end != "\r" else ""
        parts.append(rng.choice((style.delimiter, f"{style.quote}so{style.quote}", line_end, "a, b; c")))
    rng.shuffle(parts)
    return " ".join(filter(None, parts)).strip(" ")


def _record(cells: tuple[str, ...], style: Style) -> str:
    return style.delimiter.join(_cell(cell, style) for cell in cells)


def _cell(cell: str, style: Style) -> str:
    signs = {*style.delimiter, style.quote, "\n", "\r", "'", '"'}
    if not style.always and not signs & set(cell):
        return cell
    quoted = cell.replace(style.quote, ("\\" if style.escape else style.quote) + style.quote)
    return f"{style.quote}{quoted}{style.quote}"


def damage(rng: random.Random, data: bytes) -> bytes:
    """The file with a few bytes flipped, cut, put in twice, or replaced by what hurts readers."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out) + 1)
        match rng.randint(0, 4):
            case 0:
                out[at:at] = rng.choice(
                    (b'"', b"'", b"\0", b"\n", b"\r", b"\xff", b"\\", b",", b";", b"# ", b"\n\n")
                )
            case 1:
                del out[at : at + rng.randint(1, 30)]
            case 2:
                out[at : at + 1] = bytes([rng.randrange(256)])
            case 3:
                out[at:at] = out[at : at + rng.randint(1, 80)]
            case 4:
                out[at:] = out[at : max(at, len(out) - rng.randint(0, 60))]
    return bytes(out)


def read(data: bytes, batch_bytes: int = 2**20) -> tuple[CsvReader, list[pl.DataFrame], list[bytes]]:
    """The reader at the end of its source, the frames of sound records, and the raw bytes of all records.

    Raises:
        AssertionError: A row number is missing or double, or a chunk has not the rows it says.
        HealError: It cannot be read, which is an answer.
    """
    stream = ByteStream("-", stdin=io.BytesIO(data), encoding="utf-8")
    reader = CsvReader(stream, "-", ReadOptions(batch_bytes=batch_bytes), None)
    frames, raws, row = [], [], 1
    for chunk in reader.chunks():
        batch = reader.parse(chunk)
        numbers = pl.concat([batch.frame[ROW], batch.broken[ROW]]).sort()
        assert numbers.to_list() == list(range(row, row + chunk.rows)), "row numbers"
        raws += batch.locate(numbers)["raw"].to_list()
        frames.append(batch.frame)
        row += chunk.rows
    return reader, frames, raws


def check_conserved(data: bytes, batch_bytes: int = 2**20) -> str:
    """What became of the file; every line below the header is in a record or in a finding.

    Raises:
        AssertionError: Some line is not.
    """
    try:
        reader, _, raws = read(data, batch_bytes)
    except HealError as error:
        return type(error).__name__
    dialect = reader._dialect
    end = dialect.grammar.terminator
    lines = data.removeprefix(b"\xef\xbb\xbf").split(end)
    below = _filled(lines[dialect.body_line - 1 :])
    in_records = sum(_filled(raw.split(end)) for raw in raws)
    elsewhere = 0
    for finding in reader.source.findings:
        if finding.what in ("comment", "repeated header", "blank row", "footer"):
            elsewhere += finding.lines
        elif finding.what == "another table":
            first, last = (int(part.replace(",", "")) for part in finding.value.split(" ")[1].split("-"))
            elsewhere += _filled(lines[first - 1 : last])
    assert below == in_records + elsewhere, f"{below} lines, {in_records} in records, {elsewhere} in findings"
    return "read"


def _filled(lines: list[bytes]) -> int:
    return sum(1 for line in lines if line.strip(b"\r\n"))


def check_same(written: Written, batch_bytes: int = 2**20) -> str:
    """'right': the file comes back cell for cell.

    Raises:
        AssertionError: It does not.
    """
    reader, frames, _ = read(written.data, batch_bytes)
    assert reader.source.columns == written.columns, f"columns {reader.source.columns}"
    rows = [tuple(cell or "" for cell in row) for frame in frames for row in frame.drop(ROW).rows()]
    assert rows == written.rows, "cells"
    return "right"


def main() -> int:
    """Read so many files, each as it was written and damaged; print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    for seed in range(asked.seed, asked.seed + asked.files):
        rng = random.Random(seed)
        written = write(rng)
        damaged = damage(rng, written.data)
        size = rng.choice((300, 2**20))
        for what in ("same", "damaged"):
            try:
                result = check_same(written, size) if what == "same" else check_conserved(damaged, size)
                counts[f"{what}: {result}"] += 1
            except Exception as error:  # whatever it is, it is a finding
                counts[f"{what}: WRONG"] += 1
                sys.stdout.write(f"seed {seed} {what}: {type(error).__name__} {error}\n")
    sys.stdout.write(
        f"{asked.files} files: " + ", ".join(f"{k} {v}" for k, v in sorted(counts.items())) + "\n"
    )
    return int(any("WRONG" in key for key in counts))


if __name__ == "__main__":
    sys.exit(main())
