"""The screen: every violated constraint is found by a query, and named."""

from __future__ import annotations

import psycopg
import pytest

from heal_cli.model import ROW

N = 40


def column(default: object = None, **places: object) -> list[object]:
    """N values, all `default` (or 0..N-1 for 'n') but those at given 0-based places: r5=..."""
    values: list[object] = list(range(N)) if default == "n" else [default] * N
    for place, value in places.items():
        values[int(place[1:])] = value
    return values


CONSTRAINTS = {
    "not null": ("id int not null", "", {"id": column("n", r5=None)}, {6: "23502"}),
    "check": ("id int check (id <> 7)", "", {"id": column("n")}, {8: "23514"}),
    "check of null": ("id int, a int check (a > 0)", "", {"id": column("n"), "a": column(None, r3=-1)}, {4: "23514"}),
    "check with a function": (
        "id int, s text check (length(s) < 4)", "", {"id": column("n"), "s": column("ok", r9="long")}, {10: "23514"},
    ),
    "primary key in batch": ("id int primary key", "", {"id": column("n", r9=3)}, {10: "23505"}),
    "primary key in table": ("id int primary key", "insert into t values (20)", {"id": column("n")}, {21: "23505"}),
    "unique, nulls": ("id int, a int unique", "", {"id": column("n"), "a": column(None, r1=1, r2=1)}, {3: "23505"}),
    "composite key": (
        "id int, a int, b text, unique (a, b)", "insert into t values (0, 1, 'y')",
        {"id": column("n"), "a": column(1), "b": column(None, r1="x", r2="x", r3="y")}, {3: "23505", 4: "23505"},
    ),
    "partial index": (
        "id int, a int", "create unique index on t (a) where id > 10",
        {"id": column("n"), "a": column("n", r1=2, r3=2, r11=2, r12=2, r13=2)}, {13: "23505", 14: "23505"},
    ),
    "expression index": (
        "id int, s text", "create unique index on t (lower(s)); insert into t values (0, 'TAKEN')",
        {"id": column("n"), "s": column(None, r1="a", r2="A", r3="Taken")}, {3: "23505", 4: "23505"},
    ),
    "include": (
        "id int, a int", "create unique index on t (a) include (id)", {"id": column("n"), "a": column("n", r2=0)},
        {3: "23505"},
    ),
    "nulls not distinct": (
        "id int, a int, b int, unique nulls not distinct (a, b)", "insert into t values (0, null, 9)",
        {"id": column("n"), "a": column("n", r4=None, r5=None, r6=None), "b": column(1, r6=9)},
        {6: "23505", 7: "23505"},
    ),
    "citext": (
        "id int, s public.citext unique",
        "insert into t values (0, 'Taken')",
        {"id": column("n"), "s": column(None, r4="a", r5="A", r6="taken")},
        {6: "23505", 7: "23505"},
    ),
    "numeric scale": (
        "id int, p numeric unique", "insert into t values (0, 1.50)", {"id": column("n"), "p": column(None, r3="1.5")},
        {4: "23505"},
    ),
    "char(n)": ("id int, c char(3) unique", "", {"id": column("n"), "c": column(None, r1="a", r2="a ")}, {3: "23505"}),
    "generated column": (
        "id int, g int generated always as (id / 2) stored check (g <> 7)", "", {"id": column("n")},
        {15: "23514", 16: "23514"},
    ),
    "unique generated": (
        "id int, g int generated always as (nullif(id, 3) % 39) stored unique", "", {"id": column("n")}, {40: "23505"},
    ),
    "foreign key": ("id int references p", "", {"id": column("n")}, {1: "23503", 40: "23503"}),
    "composite foreign key": (
        "id int, a int, b int, foreign key (a, b) references pp", "",
        {"id": column("n"), "a": column(1), "b": column(1, r4=2, r5=None)}, {5: "23503"},
    ),
    "match full": (
        "id int, a int, b int, foreign key (a, b) references pp match full", "",
        {"id": column("n"), "a": column(1, r6=None), "b": column(1, r4=2, r5=None, r6=None)},
        {5: "23503", 6: "23503"},
    ),
    "domain": (
        "id int, d positive", "", {"id": column("n"), "d": column(1, r5=-5, r6=None)}, {6: "23514", 7: "23502"},
    ),
    "domain of a domain": (
        "id int, d small", "", {"id": column("n"), "d": column(1, r5=-5, r6=50)}, {6: "23514", 7: "23514"},
    ),
    "too long": ("id int, s varchar(3)", "", {"id": column("n"), "s": column("abc  ", r5="abcd")}, {6: "22001"}),
    "partition": ("id int", "partitioned", {"id": column("n")}, {36 + place: "23514" for place in range(5)}),
    "deferred": (
        "id int unique deferrable initially deferred", "", {"id": column("n", r9=3)}, {10: "23505"},
    ),
    "default": (
        "id int, k text default 'x', unique (id, k)", "insert into t values (7)", {"id": column("n")}, {8: "23505"},
    ),
}  # fmt: skip

SETUP = """
    create domain positive as int not null check (value > 0);
    create domain small as positive check (value < 10);
    create table p (id int primary key); insert into p select generate_series(1, 38);
    create table pp (a int, b int, primary key (a, b)); insert into pp values (1, 1);
    create extension if not exists citext schema public
"""


def make_table(lab, definition: str, then: str) -> None:
    """Table t, or a table of 35 partitioned ids."""
    lab.conn.execute(SETUP)
    if then == "partitioned":
        lab.conn.execute(
            f"create table t ({definition}) partition by range (id);"
            "create table t1 partition of t for values from (0) to (20);"
            "create table t2 partition of t for values from (20) to (35)"
        )
    else:
        lab.conn.execute(f"create table t ({definition}); {then}")


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_each_constraint_is_explained_by_a_query(lab, fallback, name) -> None:
    """Exactly the bad rows are rejects, with the server's SQLSTATE, and no row had to be isolated."""
    definition, then, columns, expected = CONSTRAINTS[name]
    make_table(lab, definition, then)
    before = len(lab.rows())
    loaded = lab.load(columns)
    assert {row: sqlstate for row, (_, sqlstate, _) in loaded.rejects.items()} == expected
    assert len(lab.rows()) == before + N - len(expected)
    assert fallback == []
    assert (loaded.totals.read, loaded.totals.loaded, loaded.totals.rejected) == (
        N,
        N - len(expected),
        len(expected),
    )


def test_three_faults_are_one_reject_that_names_all(lab) -> None:
    """The fault the server would have met first leads; the attempts hold the others."""
    lab.conn.execute("create table p (id int primary key)")
    lab.conn.execute("create table t (id int primary key, a int not null check (a > 0), b int references p)")
    loaded = lab.load({"id": column("n", r9=2), "a": column(1, r9=-1), "b": column(None, r9=5)})
    assert loaded.rejects == {10: ("check_violation", "23514", "t_a_check")}
    assert loaded.attempts(10) == [
        "Violates t_a_check: CHECK ((a > 0))",
        "Key (id) = (2) is in row 3",
        f"Key (b) = (5) is not in {lab.schema}.p",
    ]


def test_winner_is_named(lab) -> None:
    """A lost key says whether the winner is in the batch, from earlier in the run, or was there before."""
    lab.conn.execute("create table t (id int primary key); insert into t values (1000)")
    first = lab.load({"id": range(100)})
    second = lab.load({"id": [*range(200, 220), 1000, 50, 201]}, run=first.run)
    assert first.rejects == {}
    assert second.written.rejects.select(ROW, "value").rows() == [(21, "1000"), (22, "50"), (23, "201")]
    assert [second.attempts(row) for row in (21, 22, 23)] == [
        ["Key (id) = (1000) is in the table before"],
        ["Key (id) = (50) is in the table from earlier in this run"],
        ["Key (id) = (201) is in row 2"],
    ]


def test_without_ledger_nobody_says_when_the_winner_came(lab) -> None:
    """Without a ledger the winner is just in the table."""
    lab.conn.execute("create table t (id int primary key); insert into t values (5)")
    loaded = lab.load({"id": column("n")}, ledger=False)
    assert loaded.attempts(6) == ["Key (id) = (5) is in the table"]


def test_refused_row_wins_no_key(lab, fallback) -> None:
    """Of two rows with one key the second loads when the first is refused for another fault."""
    lab.conn.execute("create table t (id int primary key, a int check (a > 0), b int unique)")
    loaded = lab.load({"id": column("n", r4=3), "a": column(1, r3=-1), "b": column("n", r6=5, r7=6)})
    assert set(loaded.rejects) == {4, 7}
    assert loaded.rejects[7][2] == "t_b_key"
    assert fallback == []


def test_winner_refused_by_a_trigger_gives_its_key_back(lab) -> None:
    """A row that lost only to a row the server then refuses is tried again."""
    lab.conn.execute(
        """create table t (id int primary key, a int);
        create function refuse() returns trigger language plpgsql as
        'begin if new.a = 7 then raise exception ''no sevens''; end if; return null; end';
        create trigger refuse after insert on t for each row execute function refuse()"""
    )
    loaded = lab.load({"id": column("n", r8=7, r20=7), "a": column(1, r7=7)})
    assert loaded.rejects == {
        8: ("raised_by_trigger", "P0001", None),
        21: ("unique_violation", "23505", "t_pkey"),
    }
    assert len(lab.rows()) == N - 2


@pytest.mark.parametrize("parent", [3, 30])
def test_reference_to_the_own_table_within_the_batch(lab, fallback, parent) -> None:
    """A parent in the same batch will do; children of refused rows are refused with them."""
    lab.conn.execute("create table t (id int primary key, parent int references t, a int check (a > 0))")
    loaded = lab.load(
        {
            "id": column("n"),
            "parent": column(None, r10=parent, r11=10, r12=999, r13=12, r14=20),
            "a": column(1, r20=0),
        }
    )
    assert {row: code for row, (_, code, _) in loaded.rejects.items()} == {
        13: "23503",
        14: "23503",
        15: "23503",
        21: "23514",
    }
    assert fallback == []


def test_bad_text_costs_one_query(lab, fallback) -> None:
    """Texts that are no value of their type are found together, where the server has soft errors."""
    lab.conn.execute("create table t (id int, i inet, b bit(3), n numeric(40, 1), r int4range, a int[])")
    loaded = lab.load({
        "id": column("n"), "i": column("1.2.3.4", r3="nope"), "b": column("101", r4="10"),
        "n": column("1.5", r5="1e40"), "r": column("[1,2)", r6="[2,1)"), "a": column("{1}", r7="{1", r8="{x}"),
    })  # fmt: skip
    codes = {row: sqlstate for row, (_, sqlstate, _) in loaded.rejects.items()}
    assert codes == {4: "22P02", 5: "22026", 6: "22003", 7: "22000", 8: "22P02", 9: "22P02"}
    if lab.conn.info.server_version >= 160000:
        assert fallback == []
        assert loaded.written.rejects["value"].to_list() == ["nope", "10", "1e40", "[2,1)", "{1", "{x}"]


def test_check_that_fails_to_evaluate_is_left_to_the_server(lab, fallback) -> None:
    """A constraint whose expression is an error for some row is isolated by the server's word."""
    lab.conn.execute("create table t (id int check (100 / id > 4), u int unique)")
    loaded = lab.load({"id": column("n"), "u": column("n", r5=4)})
    codes = {row: sqlstate for row, (_, sqlstate, _) in loaded.rejects.items()}
    assert codes == {1: "22012", 6: "23505"} | dict.fromkeys(range(22, N + 1), "23514")
    assert fallback


def test_hostile_names_and_operators(lab, fallback) -> None:
    """Names with quotes, percent signs and braces, and look-alikes on the search_path, change nothing."""
    lab.conn.execute('create table t ("a""%s{}" int primary key, "value" int, "heal_row" int check ("heal_row" > 0), '
                     '"t" text, "k0" int unique, check ("value" is distinct from 3))')  # fmt: skip
    lab.conn.execute("create function lower(text) returns text language sql immutable as 'select null::text'")
    lab.conn.execute('create unique index on t (pg_catalog.lower("t"))')
    loaded = lab.load({
        'a"%s{}': column("n", r9=1), "value": column(None, r3=3), "heal_row": column(1, r4=0),
        "t": column(None, r5="q", r6="Q"), "k0": column("n", r7=2),
    })  # fmt: skip
    assert set(loaded.rejects) == {4, 5, 7, 8, 10}
    assert fallback == []


def test_role_without_rights_to_read_is_left_to_the_server(lab, conn) -> None:
    """A role that may insert but not select still loads all good rows."""
    role = f"r_{lab.schema}"
    conn.execute(
        f"create role {role} login password 'secret'; grant usage on schema {lab.schema} to {role};"
        f"create table t (id int primary key); insert into t values (5); grant insert on t to {role}"
    )
    lab.log_in(role)
    loaded = lab.load({"id": column("n", r9=1)}, ledger=False)
    conn.execute(f"drop owned by {role}; drop role {role}")
    assert set(loaded.rejects) == {6, 10}
    assert len(lab.rows()) == N - 1


def test_an_index_that_was_never_finished_decides_nothing(lab, fallback) -> None:
    """What a failed CREATE INDEX CONCURRENTLY leaves behind is kept up by no insert: equal keys are no fault."""
    lab.conn.execute("create table t (id int primary key, a int); insert into t values (-1, 0), (-2, 0)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        lab.conn.execute("create unique index concurrently unfinished on t (a)")
    loaded = lab.load({"id": column("n", r5=1), "a": column(7)})
    assert {row: code for row, (_, code, _) in loaded.rejects.items()} == {6: "23505"}
    assert fallback == []
