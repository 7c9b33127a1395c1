"""The delimiter, quote and escape that explain the first lines of a CSV file best."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from heal_cli.model import ReadOptions
from heal_cli.read.backslash import ESCAPE, is_backslashed
from heal_cli.read.fields import Grammar
from heal_cli.read.header_lines import is_rule
from heal_cli.read.records import lay_out
from heal_cli.read.region import Record, Region, find_region

# Delimiters that need no proof beyond regularity, in order of preference, and those that text is full of.
_PLAIN: Final = (",", ";", "\t", "|", "\x01", "\x1f", "\x1e", "\x02", "\x1c", "\x1d")
DOUBTFUL: Final = (":", "^", "~", " ")

# `||`, `~|~`, ` | `, `, `: what may delimit with several characters; of one sign and spaces only these.
_SEVERAL: Final = re.compile(r"[ \t]*[^\w\s\"'.()+$€£@/\\\x00-\x1f-]{1,4}[ \t]*|\t\t+")
_SPACED: Final = frozenset(",;|\t")
_MOST_SEVERAL: Final = 6

_TIME: Final = re.compile(r"(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9:])")

# So many regular records outweigh one that is not, where a share would not yet.
_ENOUGH: Final = 3

# So often a quote may stand at the edge of a cell without being one.
_ACCIDENTS: Final = 2

_SAMPLE_BYTES: Final = 2**16
_SAMPLE_ROWS: Final = 500
_WIDTH_LINES: Final = 200


class Sample(NamedTuple):
    """The first lines of a file."""

    text: str  # whole lines, LF between them
    is_whole: bool  # the file has no more


class Trial(NamedTuple):
    """The sample as one dialect reads it."""

    grammar: Grammar
    records: list[Record]  # comments left out
    region: Region
    misses: int  # records of the region that have another width, and faulty ones
    total: int  # records, lines of dashes left out

    @property
    def share(self) -> float:
        """Of the region's records, those that have the common width."""
        return self.region.hits / max(self.region.hits + self.misses, 1)

    @property
    def coverage(self) -> float:
        """Of all records, those that have the common width."""
        return self.region.hits / max(self.total, 1)

    @property
    def width(self) -> int:
        """Number of fields."""
        return self.region.width

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the table's records."""
        return [record.cells for record in self.records[self.region.first : self.region.last]]


def take_sample(head: bytes, terminator: bytes, *, whole: bool) -> Sample:
    """The first lines of `head`."""
    window = head
    if not whole or len(head) > _SAMPLE_BYTES:
        cut = head.rfind(terminator, 0, _SAMPLE_BYTES) + 1
        window = head[: cut or head.rfind(terminator) + 1 or None]
    text = window.decode(errors="replace").replace("\0", "\ufffd")
    text = text.replace("\r", "\n") if terminator == b"\r" else text.replace("\r\n", "\n")
    text = f"\n{text}".replace("\n\ufeff", "\n")[1:]  # marks of files that were joined
    return Sample(text, len(window) == len(head) and whole)


def choose_delimiter(sample: Sample, options: ReadOptions) -> tuple[Trial, str]:
    """The sample in its best dialect, and why."""
    if options.delimiter is not None:
        return try_delimiter(sample, options.delimiter, options), "as told"
    several = [try_delimiter(sample, delimiter, options) for delimiter in _several(sample.text)]
    sound = [trial for trial in several if _is_several(trial)]
    for delimiters, needed, columns in ((_PLAIN, 0.8, 2), (DOUBTFUL, 0.95, 3)):
        trials = [try_delimiter(sample, d, options) for d in delimiters if d in sample.text]
        plain = [t for t in trials if _is_sound(t, needed, columns)]
        if sound and _best(sound).coverage >= max((trial.coverage for trial in plain), default=0):
            return _explain(_best(sound))
        if plain:
            return _explain(_best(plain))
    if any(delimiter in sample.text for delimiter in _PLAIN) and (guess := _ask_clevercsv(sample.text)):
        trial = try_delimiter(sample, guess, options)
        if trial.width > 1 and trial.region.first == 0 and trial.region.hits > 1:
            return trial, "a guess by clevercsv"
    alone = next(d for d in (",", "\x1f", "\x1e", "\x01", "\x02") if d not in sample.text or d == "\x02")
    return try_delimiter(sample, alone, options), "one column: no delimiter is regular"


def _best(trials: Sequence[Trial]) -> Trial:
    return max(trials, key=lambda trial: (round(trial.coverage, 1), round(trial.share, 1), trial.width))


def _explain(trial: Trial) -> tuple[Trial, str]:
    count = trial.region.last - trial.region.first
    return trial, f"{trial.width} fields in {trial.share:.0%} of the first {count} records"


def _is_sound(trial: Trial, needed: float, columns: int) -> bool:
    """Enough records have enough columns; what stands before them must not be a header of prose."""
    region = trial.region
    is_regular = trial.share >= needed or (region.hits >= _ENOUGH and trial.misses == 1)
    if region.width < columns or not is_regular or (trial.grammar.delimiter == ":" and _is_inside(trial)):
        return False
    if region.first == 0:
        return True
    above = trial.records[region.first - 1].cells
    is_apart = trial.records[region.first].follows_blank
    return region.hits > 1 and (region.width > 2 or is_apart or len(above) == region.width + 1)


def _is_inside(trial: Trial) -> bool:
    """The colons are those of times, or of values in lines that all have a better delimiter too."""
    texts = [record.text for record in trial.records[trial.region.first : trial.region.last]]
    better = any(all(delimiter in text for text in texts) for delimiter in _PLAIN)
    return better or not any(":" in _TIME.sub("", text) for text in texts[1:])


def _several(text: str) -> Iterator[str]:
    """Strings of several characters that might delimit: those of the first line, then the most frequent."""
    lines = text.lstrip("\n").split("\n", 20)[:20]
    found = Counter(run for line in lines for run in _SEVERAL.findall(line) if len(run) > 1)
    top = _SEVERAL.findall(lines[0])
    for run in sorted(found, key=lambda run: (run in top, found[run]), reverse=True)[:_MOST_SEVERAL]:
        core = run.strip(" \t")
        if len(core) != 1 or core in _SPACED:
            yield run


def _is_several(trial: Trial) -> bool:
    """Regular without exception, every column named, and no sign of the delimiter alone in the names.

    `||` needs no better proof than `|`, which would leave every second column without a name.
    """
    delimiter = trial.grammar.delimiter
    needed = 0.8 if delimiter[0] in _PLAIN and len(set(delimiter)) == 1 else 0.95
    # Empty cells stand side by side in the lines above a table.
    covered = 0.9 if set(delimiter) <= _SPACED - {"|"} else 0.5
    if trial.region.hits < 2 or trial.coverage < covered or not _is_sound(trial, needed, 2):
        return False
    signs = set(delimiter) - {" "} or {" "}
    return all(cell.strip() and not signs & set(cell) for cell in trial.rows[0])


def try_delimiter(sample: Sample, delimiter: str, options: ReadOptions) -> Trial:
    """The sample read with this delimiter, by the quote and escape that suit it."""
    if _is_backslashed(sample, delimiter, options):
        return _try(sample, Grammar(delimiter, "", ESCAPE, b"\n", 2), options)
    trials = [
        _try(sample, Grammar(delimiter, quote, escape, b"\n", 2, second_quote=second), options)
        for quote, second in _quotes(sample.text, delimiter, options)
        for escape in _escapes(sample.text, quote, options)
    ]
    return max(trials, key=lambda trial: (trial.coverage, trial.share))  # the first of equals


def _is_backslashed(sample: Sample, delimiter: str, options: ReadOptions) -> bool:
    """It is told to be, or looks so and nothing else is told."""
    if options.escape is None and not options.quote:
        return is_backslashed(sample.text, delimiter)
    return options.escape == ESCAPE and options.quote == ""


def _quotes(text: str, delimiter: str, options: ReadOptions) -> list[tuple[str, str]]:
    """Quotes that may be meant, likeliest first, each with a second one where some columns have another."""
    if options.quote is not None:
        return [(options.quote, "")]
    d = re.escape(delimiter)
    cell = re.compile(rf"(?:^|{d})'((?:[^'\n\\]|''|\\.|\\(?='(?:{d}|$)))*)'(?={d}|$)", re.MULTILINE)
    single = cell.findall(text) if "'" in text else []
    # Words in single quotes happen; a cell that needs them, or several, is no accident.
    is_single = len(single) > _ACCIDENTS or any(
        sign in inside for inside in single for sign in ("''", "\\'", delimiter)
    )
    opened = len(re.findall(rf'(?:^|{d})"', text, re.MULTILINE))
    if not opened:
        ways = [("'", ""), ('"', "")] if is_single else [('"', ""), ("'", "")]
        spanning = re.search(rf"(?m)(?:^|{d})'[^'\\]*\n[^'\\]*'(?={d}|$)", text) if "'" in text else None
        return ways if single or spanning else [('"', "")]
    if is_single:
        return [('"', "'"), ("'", "")]  # the double ones may stand so inside of single ones
    if opened <= _ACCIDENTS or re.search(rf'(?:^|{d})"[^\n]*?" *(?={d}|$)', text, re.MULTILINE):
        return [('"', "")]
    # A cell or two that nothing closes may be damage; so many are inches, in a file without quotes.
    return [('"', ""), ("", "")]


def _escapes(text: str, quote: str, options: ReadOptions) -> list[str | None]:
    if not quote or options.escape == "":
        return [None]
    if options.escape is not None or ESCAPE + quote not in text:
        return [options.escape]
    return [None, ESCAPE]


def _try(sample: Sample, grammar: Grammar, options: ReadOptions) -> Trial:
    records, faulty = _records(sample, grammar)
    records, comment = _without_comments(records, options)
    if not records:
        return Trial(grammar, [Record(0, 0, [""], False, "")], Region(0, 1, 1, 0), 0, faulty)
    region = find_region(records)
    rules = [is_rule(record.cells) and len(record.cells) == 1 < region.width for record in records]
    count = region.last - region.first - sum(rules[region.first : region.last])
    told = bool(options.comment)
    comment = comment if region.width > 1 or told else ""
    grammar = replace(grammar, width=region.width, comment=comment, is_comment_told=told)
    return Trial(grammar, records, region, count + faulty - region.hits, len(records) + faulty - sum(rules))


def _records(sample: Sample, grammar: Grammar) -> tuple[list[Record], int]:
    """The first records of the sample with sound quotes, and how many have none."""
    grammar = replace(grammar, width=_likely_width(sample.text, grammar))
    data = sample.text.encode()
    spans = lay_out(data, grammar, final=sample.is_whole, details=True).records
    if spans is None or spans.is_empty():  # one record is longer than the sample
        spans = lay_out(data, grammar, final=True, details=True).records
    assert spans is not None
    records: list[Record] = []
    after, faulty = 0, 0
    for line, start, stop in spans.head(_SAMPLE_ROWS).select("line", "start", "stop").iter_rows():
        text = data[start:stop].decode()
        split = grammar.split(text)
        blank = line > after or (not records and line > 0)
        after = line + text.count("\n") + 1
        if split.fault is None:
            records.append(Record(line, after, [cell or "" for cell in split.cells], blank, text))
        else:
            faulty += 1
    return records, faulty


def _likely_width(text: str, grammar: Grammar) -> int:
    """The usual number of fields: enough to tell text in quotes from records.

    That of the records if quotes are taken at their word and nearly all records agree, else that of the lines.
    """
    lines = text.split("\n", _WIDTH_LINES)[:_WIDTH_LINES]
    for records, needed in ((_records_by_quotes(lines, grammar), 0.8), (lines, 0.0)):
        counts = Counter(filter(None, (record.count(grammar.delimiter) for record in records)))
        count, hits = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        if hits and hits >= needed * counts.total():
            return count + 1
    return 1


def _records_by_quotes(lines: Sequence[str], grammar: Grammar) -> Iterator[str]:
    """The lines joined where a quote is open, without what stands in quotes."""
    quote, record = grammar.quote, ""
    if not quote:
        return
    quoted = re.compile(f"{re.escape(quote)}[^{re.escape(quote)}]*{re.escape(quote)}")
    for line in lines:
        record += re.sub(f"{re.escape(grammar.escape)}.", "_", line) if grammar.escape else line
        if record.count(quote) % 2 == 0:
            yield quoted.sub("", record)
            record = ""


def _without_comments(records: list[Record], options: ReadOptions) -> tuple[list[Record], str]:
    """The records that are none, and the sign that comments have; '' where records begin with it too."""
    comment = "#" if options.comment is None else options.comment
    marked = [record for record in records if comment and record.text.startswith(comment)]
    others = [record for record in records if not comment or not record.text.startswith(comment)]
    if not marked or not others:
        return records, comment if others else ""
    width = find_region(others).width
    fits = [record for record in marked if len(record.cells) == width]
    # `#id,name` above the records is a header; further down, marked records mean the sign means nothing.
    fits_below = [record for record in fits if record.line > others[0].line]
    if fits_below and not options.comment:
        return records, ""
    fits = fits[: len(fits) - len(fits_below)]
    fits = fits if len(fits) == 1 else []  # of several, as InfluxDB writes them, none is the header
    kept = [record for record in records if record in fits or not record.text.startswith(comment)]
    return kept, comment


def _ask_clevercsv(sample: str) -> str | None:
    # Imported here: 190 ms that regular files need not pay.
    from clevercsv import Sniffer
    from clevercsv.exceptions import NoDetectionResult

    try:
        dialect = Sniffer().sniff(sample[:8192])
    except NoDetectionResult:
        return None
    found = dialect.delimiter if dialect else ""
    return found if found and found.isascii() and not found.isalnum() else None
