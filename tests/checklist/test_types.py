"""Every type of the checklist: what its column takes from a file, and what stays outside."""

from __future__ import annotations

from typing import Any, Final

import pytest

NO: Final = None
"""The value is rejected."""

Values = dict[str, str | None]  # text of the file -> text of the server

NUMBERS: Final[dict[str, Values]] = {
    "smallint": {"40000": NO, "-32768": "-32768", "1.0": "1", "1e3": "1000", "+7": "7", " 5 ": "5", "0012": "12", "1.5": NO},
    "integer": {"2147483648": NO, "1,234": "1234", "x": NO},
    "bigint": {"9223372036854775808": NO, "-9223372036854775808": "-9223372036854775808"},
    "numeric(6,2)": {"1.5": "1.50", "1.555": NO, "99999.00": NO, "(12.00)": "-12.00"},
    "numeric": {"NaN": "NaN", "1234567890123456789.0123456789012345678901": "1234567890123456789.0123456789012345678901"},
    "real": {"NaN": "NaN", "Infinity": "Infinity", "0.5": "0.5", "1e60": NO},
    "double precision": {"-Infinity": "-Infinity", "0.1": "0.1", "1e400": NO},
    "money": {"12.34": "$12.34", "$1,234.50": "$1,234.50", "abc": NO},
    "boolean": {"t": "true", "yes": "true", "off": "false", "0": "false", "maybe": NO},
    "oid": {"4294967295": "4294967295", "0": "0", " +7 ": "7", "\u00a042\u2007": "42", "-1x": NO, "-1": NO, "4294967296": NO, "0012": NO},
    "xid": {"4294967295": "4294967295", "0x10": "16", "\u00a042": "42", "-1": NO, "x": NO, "4294967296": NO, "010": NO},
    "cid": {"3": "3", "4\u00a0": "4", "-2147483648": NO, "99999999999": NO},
}  # fmt: skip

TEXTS: Final[dict[str, Values]] = {
    "text": {"plain": "plain", "  blanks  ": "  blanks  ", "Ü€": "Ü€", r"\.": r"\."},
    "varchar(3)": {"abc": "abc", "abcd": NO, "äöü": "äöü"},
    "char(3)": {"a": "a", "abcd": NO},
    "public.citext": {"Abc": "Abc"},
    '"char"': {"a": "a"},
    "name": {"a name": "a name"},
    "uuid": {
        "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "urn:uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0eebc99": NO,
    },
    "bytea": {r"\xDEADbeef": r"\xdeadbeef", r"\xzz": NO},
    "bit(4)": {"1010": "1010", "101": NO, "0x5": "0101"},
    "varbit(4)": {"10": "10", "10101": NO, "12": NO},
}  # fmt: skip

TIMES: Final[dict[str, Values]] = {
    "date": {"2026-03-04": "2026-03-04", "0000-00-00": NO, "2026-02-30": NO},
    "time": {"07:05:06.5": "07:05:06.5", "25:00": NO},
    "timestamp": {"2026-03-04T05:06:07": "2026-03-04 05:06:07"},
    "timestamptz": {"2026-03-04 05:06:07+02": "2026-03-04 03:06:07+00", "2026-03-04 25:00:00Z": NO},
    "timetz": {"05:06:07+02": "05:06:07+02"},
    "interval": {"1 day 02:00": "1 day 02:00:00", "P1DT2H": "1 day 02:00:00", "-3 days": "-3 days", "soon": NO},
}  # fmt: skip

STRUCTURES: Final[dict[str, Values]] = {
    "json": {'{"b": 1, "a": 2, "b": 3}': '{"b": 1, "a": 2, "b": 3}', "{'a': 1}": '{"a": 1}', "{": NO},
    "jsonb": {'{"n": 12345678901234567890.5}': '{"n": 12345678901234567890.5}', r'"\u0000"': NO, "null": "null", '{"x": NaN}': NO},
    "integer[]": {"{1,NULL,3}": "{1,NULL,3}", "[1, 2]": "{1,2}", "[[1],[2,3]]": NO, "{1,x}": NO},
    "text[]": {'{"NULL",NULL}': '{"NULL",NULL}', '["a b", "c"]': '{"a b",c}', "{{a},{b}}": "{{a},{b}}"},
    "numeric(4,1)[]": {"{1.5}": "{1.5}"},
    "date[]": {"{2026-01-02}": "{2026-01-02}"},
    "uuid[]": {"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}": "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"},
    "mood": {"happy": "happy", "HAPPY": "happy", "joyful": NO},
    "mood[]": {"{happy,sad}": "{happy,sad}", "{glum}": NO},
    "small": {"4": "4", "11": NO},
    "small[]": {"{1,2}": "{1,2}", "{1,99}": NO},
    "smaller": {"4": "4", "8": NO, "11": NO},
    "list": {"{1,2}": "{1,2}", "{1,2,3,4}": NO},
    "pair": {"(1,a)": "(1,a)", "(1)": NO, '{"N": 1, "s": "a"}': "(1,a)", '{"s": "a"}': "(,a)"},
    "pair[]": {'{"(1,a)","(2,b)"}': '{"(1,a)","(2,b)"}'},
    "int4range": {"[1,5)": "[1,5)", "[1,5]": "[1,6)", "empty": "empty", "[5,1)": NO},
    "daterange": {"[2026-01-01,2026-02-01)": "[2026-01-01,2026-02-01)"},
    "int4multirange": {"{[1,2),[5,6)}": "{[1,2),[5,6)}", "{[2,1)}": NO},
    "int4range[]": {'{"[1,2)","[3,4)"}': '{"[1,2)","[3,4)"}'},
}  # fmt: skip

OTHERS: Final[dict[str, Values]] = {
    "inet": {"10.0.0.1": "10.0.0.1/32", "10.0.0.1/8": "10.0.0.1/8", "300.0.0.1": NO},
    "cidr": {"10.0.0.0/8": "10.0.0.0/8", "10.0.0.1/8": NO},
    "macaddr": {"08-00-2b-01-02-03": "08:00:2b:01:02:03", "08": NO},
    "macaddr8": {"08002b:0102030405": "08:00:2b:01:02:03:04:05"},
    "tsvector": {"a fat cat": "'a' 'cat' 'fat'"},
    "tsquery": {"fat & cat": "'fat' & 'cat'", "& &": NO},
    "pg_lsn": {"16/B374D848": "16/B374D848", "16": NO},
    "point": {"(1,2)": "(1,2)", "1;2": NO},
    "box": {"(3,4),(1,2)": "(3,4),(1,2)"},
    "path": {"[(0,0),(1,1)]": "[(0,0),(1,1)]"},
    "circle": {"<(0,0),2>": "<(0,0),2>"},
    "regclass": {"pg_class": "pg_class", "nowhere": NO},
    "xid8": {"18446744073709551615": "18446744073709551615", "18446744073709551616": NO, "-1": NO},
    "oid[]": {"{1,4294967295}": "{1,4294967295}", "{-1}": NO},
    "jsonpath": {"$.a": '$."a"', "$[": NO},
    "public.hstore": {"a=>1, b=>NULL": '"a"=>"1", "b"=>NULL', "a=>": NO},
    "public.ltree": {"Top.Science": "Top.Science", "..": NO},
    "public.cube": {"(1,2)": "(1, 2)"},
    "inet[]": {"{10.0.0.1,::1}": "{10.0.0.1,::1}", "{x}": NO},
}  # fmt: skip

MADE: Final = """
    create type mood as enum ('happy', 'sad');
    create domain small as int check (value < 10);
    create domain smaller as small check (value < 5);
    create domain list as int[] check (array_length(value, 1) < 4);
    create type pair as (n int, s text);
"""

EXTENSIONS: Final = ("citext", "hstore", "ltree", "cube")


@pytest.mark.parametrize(
    "types",
    [NUMBERS, TEXTS, TIMES, STRUCTURES, OTHERS],
    ids=["numbers", "texts", "times", "structures", "others"],
)
def test_values(lab: Any, types: dict[str, Values]) -> None:
    """Each value is in the table as the server writes it, or rejected for its column, and none harms another."""
    for extension in EXTENSIONS:
        lab.extension(extension)
    assert outcome(lab, types) == types


def test_values_by_insert(lab: Any) -> None:
    """A view, which takes no COPY, takes and refuses the same values."""
    for extension in EXTENSIONS:
        lab.extension(extension)
    types = STRUCTURES | OTHERS
    assert outcome(lab, types, view=True) == types


@pytest.mark.parametrize(
    ("extension", "types"),
    [
        ("vector", {"public.vector(3)": {"[1,2,3]": "[1,2,3]", "[1,2]": NO, "[1,2,NaN]": NO}}),
        ("vector", {"public.halfvec(2)": {"[1,2]": "[1,2]", "[1]": NO}}),
        ("vector", {"public.sparsevec(5)": {"{1:1,3:2}/5": "{1:1,3:2}/5", "{1:1}/4": NO}}),
        ("postgis", {"public.geometry(Point,4326)": {"SRID=4326;POINT(1 2)": "0101000020E6100000000000000000F03F0000000000000040"}}),
    ],
)  # fmt: skip
def test_types_without_soft_errors(lab: Any, extension: str, types: dict[str, Values]) -> None:
    """Where the server cannot say softly whether a text is a value, the bad ones are found all the same."""
    lab.extension(extension)
    assert outcome(lab, types) == types


def test_xml(lab: Any) -> None:
    """The server says what is well-formed; the embedded one cannot, for it is built without libxml."""
    if lab.conn.execute("select from pg_config where setting like '%with-libxml%'").fetchone() is None:
        pytest.skip("this server is built without libxml")
    types: dict[str, Values] = {"xml": {"<a>1</a>": "<a>1</a>", "<a>": NO}}
    assert outcome(lab, types) == types


def outcome(lab: Any, types: dict[str, Values], *, view: bool = False) -> dict[str, Values]:
    """What became of each value, each in a row of its own with one column for every type."""
    columns = {type_: f"c{at}" for at, type_ in enumerate(types)}
    made = ", ".join(f"{column} {type_}" for type_, column in columns.items())
    table = "base" if view else "t"
    lab.conn.execute(MADE + f"create table {table} (id int primary key, {made})")
    if view:
        lab.conn.execute("create view t as select * from base")
    cells = [(type_, text) for type_, values in types.items() for text in values]
    source: dict[str, Any] = {"id": range(1, len(cells) + 1)}
    for type_, column in columns.items():
        source[column] = [text if own == type_ else None for own, text in cells]
    loaded = lab.load(source)
    found: dict[str, Values] = {type_: {} for type_ in types}
    for row, (type_, text) in enumerate(cells, 1):
        kept = lab.rows(f"select {columns[type_]}::text from t where id = {row}")
        assert (row in loaded.reasons) is (not kept)
        found[type_][text] = kept[0][0] if kept else NO
    return found
