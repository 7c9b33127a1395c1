"""Lists rewritten by columns come out as if each had been taken apart."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert import array, convert, decide_format
from heal_cli.convert.array_plain import read_plain, tell_nothing
from heal_cli.convert.families import family_of
from heal_cli.convert.residue import nothing
from heal_cli.model import ColumnFormat, Converted, PgType, ValueOptions

TEXT = PgType(0, "text", "text", "b")
WHOLE = PgType(0, "integer", "int4", "b")
TEXTS = PgType(0, "text[]", "_text", "b", element=TEXT)
WHOLES = PgType(0, "integer[]", "_int4", "b", element=WHOLE)

ELEMENTS = st.sampled_from(
    [
        *(
            "1",
            "-20",
            "0",
            "-0",
            "007",
            "999999999",
            "9999999999",
            "red",
            "dark grey",
            "",
            " a",
            "null",
            "NULL",
        ),
        *(
            '"q"',
            '"a, b"',
            "'p'",
            "''",
            "'it''s'",
            "'x\"y'",
            '""',
            "a\\",
            "{x",
            "[y",
            "a;b",
            "x}",
            "é",
            "\t",
            "a\u00a0",
            "n/a",
            "1.0",
        ),
    ]
)
CELLS = st.builds(
    lambda items, join, ends: ends[0] + join.join(items) + ends[1],
    st.lists(ELEMENTS, min_size=1, max_size=4),
    st.sampled_from([",", ", ", ";", "; ", "|", " , "]),
    st.sampled_from(["[]", "{}", "  "]).map(lambda ends: (ends[0].strip(), ends[1].strip())),
)


@given(cells=st.lists(CELLS, min_size=1, max_size=8), type=st.sampled_from([TEXTS, WHOLES]))
def test_by_columns_is_as_taken_apart(cells: list[str], type: PgType) -> None:
    """The same values, heals and faults, whichever way reads a cell."""
    values = pl.Series(cells)
    format = decide_format(values, type, ValueOptions())
    made = convert(values, type, format, allow=frozenset())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(array, "read_plain", lambda texts, *_: nothing(texts, pl.String()))
        slow = convert(values, type, format, allow=frozenset())
    assert _told(made) == _told(slow)


def _told(made: Converted) -> tuple[object, ...]:
    heals = sorted((heal.rule, heal.mask.to_list()) for heal in made.heals)
    faults = sorted((fault.reason, fault.attempts, fault.mask.to_list()) for fault in made.faults)
    return made.values.to_list(), heals, faults


@pytest.mark.parametrize(
    ("text", "element", "literal"),
    [
        ("[1, -2,3]", WHOLE, '{"1","-2","3"}'),
        ("{1,2}", WHOLE, '{"1","2"}'),
        ("4; 5;6", WHOLE, '{"4","5","6"}'),
        ('["a", "b c"]', TEXT, '{"a","b c"}'),
        ("['a', 'b c','']", TEXT, '{"a","b c",""}'),
        ("['a, b']", TEXT, None),
        ("red; dark grey;x,y", TEXT, '{"red","dark grey","x,y"}'),
        ('[", ", "b"]', TEXT, None),
        ("a;;b", TEXT, None),
        ("a\\;b", TEXT, None),
        ("[007]", WHOLE, None),
    ],
)
def test_what_stays_to_the_letter_is_rewritten(text: str, element: PgType, literal: str | None) -> None:
    """Plain whole numbers and texts; whatever needs a thought is left."""
    made = read_plain(pl.Series([text]), element, ColumnFormat(list_mark=";"))
    assert made.values.to_list() == [literal]


@pytest.mark.parametrize(
    ("cells", "element", "tells"),
    [
        (["[1, 2]", "{3,4}"], WHOLE, False),
        (["[1, 2]", "{3.5,4}"], WHOLE, True),
        (["red;green", "blue"], TEXT, False),
        (["red;green", "'5;'7"], TEXT, True),
        (['["red", "green"]'], TEXT, False),
        (['="5";="7"'], TEXT, True),
    ],
)
def test_columns_whose_elements_tell_nothing_are_seen_at_a_glance(
    cells: list[str], element: PgType, tells: bool
) -> None:
    """Elements are laid out to decide how they are read only where one of them may say so."""
    texts = pl.Series(cells)
    format = ColumnFormat(list_mark=";" if element is TEXT and "[" not in cells[0] else None)
    assert tell_nothing(texts, element, format) is not tells


@given(st.lists(st.lists(ELEMENTS, min_size=1, max_size=3).map(";".join), min_size=1, max_size=4))
def test_elements_that_tell_nothing_leave_the_format_as_it_is(cells: list[str]) -> None:
    """What is skipped would not have changed a thing."""
    texts = pl.Series(cells)
    for type, element in ((TEXTS, TEXT), (WHOLES, WHOLE)):
        mark = decide_format(texts, type, ValueOptions()).list_mark
        base = ColumnFormat(list_mark=mark)
        if tell_nothing(texts, element, base):
            laid = array._lay_texts(array.as_lists(texts, mark)[0], element).elements["value"].drop_nulls()
            assert family_of(element).decide(laid, element, ValueOptions(), base) == base
