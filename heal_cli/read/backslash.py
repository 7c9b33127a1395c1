"""Text as PostgreSQL's COPY and MySQL's SELECT INTO OUTFILE write it: no quotes, a backslash before what is special.

`\\N` is a null, an empty cell an empty text. Both manuals say what their program writes (sql-copy, "Text Format";
select-into); what only their readers know, octal and hexadecimal numbers, is taken for no escape.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import polars as pl

ESCAPE: Final = "\\"
NULL: Final = "\\N"
END: Final = "\\."
"""The line below the last record."""

_LETTERS: Final = {
    "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0", "Z": "\x1a",
}  # fmt: skip

# Stand for an escaped backslash, delimiter and line end until the cells are apart.
_ESCAPED, _DELIMITER, _END_OF_LINE = "\x0e", "\x0f", "\x1d"
_SIGNS: Final = f"[{_ESCAPED}{_DELIMITER}{_END_OF_LINE}]"

# A path of Windows is what else has backslashes, and `C:\new` none that would be no escape.
_PATH: Final = r"(?m)(?:^|{delimiter})[A-Za-z]:\\(?!\\)"


def is_backslashed(text: str, delimiter: str) -> bool:
    """Some cell is `\\N` or the last line `\\.`, and every backslash is one that those programs write."""
    if delimiter != "\t" or ESCAPE not in text:
        return False
    d = re.escape(delimiter)
    marks = re.search(rf"(?m)(?:^|{d})\\N(?={d}|$)", text) or re.search(r"(?:^|\n)\\\.\n*\Z", text)
    if not marks or re.search(_PATH.format(delimiter=d), text) or re.search(rf'(?m)(?:^|{d})"', text):
        return False
    records = re.sub(r"(?:^|\n)\\\.\n*\Z", "", text).removesuffix(
        ESCAPE
    )  # the sample may end inside of a record
    return re.fullmatch(_sound_pattern(delimiter, "\n"), records) is not None


@lru_cache
def _sound_pattern(delimiter: str, end: str) -> str:
    """Records in which every backslash is an escape, and `\\N` a whole cell."""
    d, letters = re.escape(delimiter), "".join(_LETTERS)
    cell = rf"(?:\\N|(?:[^\\{d}{end}]|\\[{letters}\\{d}{end}])*)"
    return rf"{cell}(?:(?:{d}|\r*{end}){cell})*"


def holds_escaped_end(data: bytes, end: bytes) -> bool:
    """Some line may go on in the next one."""
    return ESCAPE.encode() + end in data


def goes_on(lines: pl.Series) -> pl.Series:
    """Boolean: the line ends with a backslash that nothing escapes, so the next one belongs to it."""
    return lines.str.contains(r"(?:^|[^\\])(?:\\\\)*\\$")


def is_sound(texts: pl.Series, delimiter: str, end: str) -> pl.Series:
    """Boolean: what `bare` makes of the text can be made text again."""
    return texts.str.contains(rf"\A(?:{_sound_pattern(delimiter, end)})\z") & ~texts.str.contains(_SIGNS)


def bare(texts: pl.Series, delimiter: str, end: str) -> pl.Series:
    """Texts in which every delimiter and line end is one."""
    texts = texts.str.replace_all(ESCAPE * 2, _ESCAPED, literal=True)
    texts = texts.str.replace_all(ESCAPE + delimiter, _DELIMITER, literal=True)
    return texts.str.replace_all(ESCAPE + end, _END_OF_LINE, literal=True)


def decode(frame: pl.DataFrame, delimiter: str, end: str) -> pl.DataFrame:
    """The cells of `bare` texts as they are meant."""
    signs = {_ESCAPED: ESCAPE, _DELIMITER: delimiter, _END_OF_LINE: end}
    letters = {ESCAPE + letter: meant for letter, meant in _LETTERS.items()}
    return frame.with_columns(_decoded(column, signs | letters) for column in frame.select(pl.col(pl.String)))


def _decoded(cells: pl.Series, meanings: dict[str, str]) -> pl.Series:
    cells = cells.fill_null("")
    special = cells.str.contains(rf"[\\{_SIGNS[1:]}").arg_true()
    if special.is_empty():
        return cells
    found = cells.gather(special)
    texts = found.str.replace_many(list(meanings), list(meanings.values()))
    return cells.scatter(special, texts.set(found == NULL, None))


def null_texts(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Where a decoded cell is the text `\\N`, by column: the file told it from a null."""
    masks = {column.name: (column == NULL).fill_null(False) for column in frame.select(pl.col(pl.String))}
    return {name: mask for name, mask in masks.items() if mask.any()}


def split_cells(record: str, delimiter: str, end: str) -> list[str | None] | int:
    """The cells of one record, or the 1-based field with a backslash that is no escape."""
    cells: list[str | None] = []
    d = re.escape(delimiter)
    pattern = re.compile(_sound_pattern(delimiter, end))
    for cell in re.findall(rf"(?s)(?:\A|{d})((?:[^\\{d}]|\\.|\\\Z)*)", record):
        if pattern.fullmatch(cell) is None:
            return len(cells) + 1
        cells.append(None if cell == NULL else re.sub(r"(?s)\\(.)", _meant, cell))
    return cells


def _meant(escaped: re.Match[str]) -> str:
    return _LETTERS.get(escaped[1], escaped[1])
