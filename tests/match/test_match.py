"""The rules of matching, one by one."""

from __future__ import annotations

import time

import polars as pl
import pytest

from heal_cli.errors import UsageError
from heal_cli.match import Past, coverage, match_columns, notes
from heal_cli.model import ROW, Kind, MatchOptions, Tier
from heal_cli.patterns import Catalogue, Pattern, load_catalogue

ROWS = ["1", "2", "3"]


def found(matching):
    """Source -> target of all matches with a source."""
    return {match.winner.source: match.target for match in matching.matches if match.winner.source}


def by_target(matching, name):
    """The match of one target column."""
    return next(match for match in matching.matches if match.target == name)


def test_equal_names_are_certain(make_table, match) -> None:
    """An equal name is placed at 1, whatever its values."""
    winner = match({"a": ["x"]}, make_table("t", "a int4")).matches[0].winner
    assert (winner.tier, winner.confidence, winner.evidence) == (Tier.EXACT, 1.0, ("same name",))


@pytest.mark.parametrize("spelling", ["CREATED_AT", "createdAt", "Created-At", " created at ", "Créated.At"])
def test_names_equal_but_for_spelling_are_all_but_certain(spelling, make_table, match) -> None:
    """Case, separators, camel case and accents do not matter."""
    winner = match({spelling: ["x"]}, make_table("t", "created_at int4")).matches[0].winner
    assert (winner.tier, winner.confidence) == (Tier.EXACT, 0.98)


def test_an_equal_name_beats_all_others_without_a_margin(make_table, match) -> None:
    """`role` is the role although `sender` would be at 0.95."""
    table = make_table("messages", "role text")
    matching = match({"sender": ["Ann", "Bob"], "role": ["user", "assistant"]}, table)
    assert found(matching) == {"role": "role"}
    assert matching.unmatched_source == ("sender",)


def test_map_stands_above_equal_names(make_table, match) -> None:
    """What the user says holds, and the column of that name stays open."""
    table = make_table("t", "a text", "b text")
    matching = match({"a": ["x"], "b": ["y"]}, table, renames=(("a", "b"),))
    assert by_target(matching, "b").winner.evidence == ("named with --map",)
    assert found(matching)["a"] == "b"


@pytest.mark.parametrize(
    ("renames", "message"),
    [
        (
            (("sendr", "role"),),
            "--map sendr=role: the source has no column 'sendr'. Nearest are 'sender', 'id'",
        ),
        (
            (("sender", "rol"),),
            "--map sender=rol: public.messages has no column 'rol'. Nearest are 'role', 'total', 'id'",
        ),
        (
            (("id", "total"),),
            "--map id=total: column 'total' of public.messages is generated, PostgreSQL computes it",
        ),
        (
            (("id", "role"), ("sender", "role")),
            "--map names target column 'role' 2 times. Name each column once",
        ),
    ],
)
def test_a_map_that_cannot_be_is_refused_in_full(renames, message, make_table, match) -> None:
    """Unknown, computed and doubly used columns, each with the nearest names."""
    table = make_table("messages", "id int8", "role text", "total int4 generated")
    with pytest.raises(UsageError) as caught:
        match({"id": ["1"], "sender": ["user"]}, table, renames=renames)
    assert str(caught.value) == message


def test_columns_that_take_no_values_are_never_targets(make_table, match) -> None:
    """Generated, identity always and locked columns; a note says why their namesakes are left out."""
    table = make_table("t", "id int8 always", "total int4 generated", "secret text locked", "a text")
    matching = match(dict.fromkeys(("id", "total", "secret", "a"), ROWS), table)
    assert found(matching) == {"a": "a"}
    assert notes(matching, table, MatchOptions()) == (
        "Source column 'id' is left out: column 'id' of public.t is GENERATED ALWAYS AS IDENTITY, "
        "--override-identity takes the source's values",
        "Source column 'total' is left out: column 'total' of public.t is generated, PostgreSQL computes it",
        "Source column 'secret' is left out: column 'secret' of public.t may not be written by this role",
    )


def test_identity_always_is_a_target_when_overridden(make_table, match) -> None:
    """--override-identity takes the source's values."""
    table = make_table("t", "id int8 always")
    assert found(match({"id": ROWS}, table, override_identity=True)) == {"id": "id"}


def test_the_row_number_is_no_column(make_table) -> None:
    """The frame's own ROW column is neither matched nor unmatched."""
    frame = pl.DataFrame({ROW: [1], "a": ["x"]})
    table = make_table("t", f"{ROW} int8", "a text")
    matching = match_columns(frame, table, patterns=(), options=MatchOptions(), fit=lambda values, type: 1.0)
    assert (found(matching), matching.unmatched_source) == ({"a": "a"}, ())


def test_the_name_of_the_row_number_takes_no_values(make_table, match) -> None:
    """A table's own column of that name would get row numbers in the place of values, or none: it is no target."""
    table = make_table("t", "a text", f"{ROW} int8")
    with pytest.raises(UsageError, match="has the name that heal numbers rows by"):
        match({"a": ROWS, "b": ROWS}, table, renames=(("b", ROW),))
    required = make_table("t", "a text", f"{ROW} int8 required")
    assert "is NOT NULL and has the name that heal numbers rows by" in str(
        coverage(match({"a": ROWS}, required), required)
    )


def test_a_column_of_nulls_matches_by_name_and_pattern_only(make_table, match) -> None:
    """Without values, likeness is not enough."""
    table = make_table("messages", "Id int8", "role text", "quantity int4")
    empty = [None, None, None]
    matching = match({"ID": empty, "sender": empty, "qty": empty}, table)
    assert found(matching) == {"ID": "Id", "sender": "role"}
    assert matching.refused[0].winner.evidence[-2:] == (
        "no values to compare",
        "confidence 0.00 is under 0.70",
    ) or (matching.refused[0].winner.source == "qty")


def test_a_pattern_names_itself_and_its_evidence(make_table, match) -> None:
    """Id, prior and values stand in the evidence."""
    winner = match({"sender": ["user", "assistant"]}, make_table("messages", "role text")).matches[0].winner
    assert (winner.tier, winner.kind, winner.pattern) == (
        Tier.PATTERN,
        Kind.RENAME,
        "messages_sender_to_role",
    )
    assert (winner.confidence, winner.evidence) == (
        0.95,
        ("pattern messages_sender_to_role 0.95", "2 of 2 values are text"),
    )


def test_equal_names_look_into_no_catalogue(make_table) -> None:
    """Reading it costs more than all the rest of a small load's plan."""

    def read() -> tuple[Pattern, ...]:
        raise AssertionError

    found = match_columns(
        pl.DataFrame({"Sender": ["user"], "id": ["1"]}),
        make_table("messages", "id int8 key", "sender text", "note text"),
        patterns=Catalogue(read),
        options=MatchOptions(),
        fit=lambda values, type: 1.0,
    )
    assert [match.target for match in found.matches] == ["id", "sender"]


def test_learned_confidence_takes_the_place_of_the_prior(make_table) -> None:
    """A pattern that failed often is not taken any more."""
    frame = pl.DataFrame({"sender": ["user"]})
    matching = match_columns(
        frame,
        make_table("messages", "role text"),
        patterns=load_catalogue().patterns,
        options=MatchOptions(),
        fit=lambda values, type: 1.0,
        past=Past(lambda pattern, prior: 0.6 if pattern == "messages_sender_to_role" else prior),
    )
    assert not matching.matches
    assert matching.refused[0].winner.confidence == 0.6


@pytest.mark.parametrize("spec", ["role text in user|assistant", "role enum(user|assistant)"])
def test_values_that_the_column_forbids_speak_against_a_pattern(spec, make_table, match) -> None:
    """Names of people are no roles, by CHECK list and by enum."""
    assert not match({"sender": ["Ann", "Bob"]}, make_table("messages", spec)).matches


def test_record_23_of_100_is_healed_alone(make_table, match) -> None:
    """The direct column stays direct, the renamed one stands in."""
    table = make_table("messages", "role text required", "content text required")
    role = ["user", "assistant"] * 50
    sender: list[str | None] = [None] * 100
    role[22], sender[22] = None, "user"  # type: ignore[call-overload]
    matching = match({"role": role, "sender": sender, "content": ["Hi"] * 100}, table)
    (fallback,) = by_target(matching, "role").fallbacks
    assert (fallback.source, fallback.confidence) == ("sender", 0.95)
    assert by_target(matching, "role").winner.source == "role"
    assert matching.unmatched_source == ()


def test_a_stand_in_may_differ_in_a_few_rows(make_table, match) -> None:
    """One row with both and differing values does not undo one row that needs the other."""
    table = make_table("messages", "content text")
    matching = match({"content": ["a", None, "c"], "message": ["x", "b", None]}, table)
    assert [fallback.source for fallback in by_target(matching, "content").fallbacks] == ["message"]


def test_fuzzy_evidence_is_short_and_factual(make_table, match) -> None:
    """Likeness, the words explained, and how many values fit."""
    values = [f"{number}.5" for number in range(97)] + ["x", "y", "z"]
    winner = match({"qty": values}, make_table("t", "quantity numeric(10,4)")).matches[0].winner
    assert winner.evidence == ("name 0.95", "qty = quantity", "97 of 100 values are numeric(10,4)")


def test_likeness_without_fitting_values_is_a_question(make_table, match) -> None:
    """Nine of ten values have to convert."""
    matching = match({"qty": ["1"] * 8 + ["x"] * 2}, make_table("t", "quantity int4"))
    assert not matching.matches
    assert matching.refused[0].winner.evidence[2:] == (
        "8 of 10 values are int4",
        "confidence 0.65 is under 0.70",
    )


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ("created_at timestamptz required", "now"),
        ("updated_at date required", "now"),
        ("id uuid required", "uuid"),
        ("metadata jsonb required", "{}"),
    ],
)
def test_a_required_column_without_source_takes_its_default(spec, value, make_table, match) -> None:
    """The default says which pattern made it and what its value is."""
    matching = match({"a": ["x"]}, make_table("t", "a text", spec))
    winner = matching.matches[1].winner
    assert (winner.kind, winner.source, winner.value) == (Kind.DEFAULT, None, value)
    assert winner.evidence[1] == "the column is NOT NULL and has no source"


def test_an_invented_status_has_to_be_asked_for(make_table, match) -> None:
    """It is a question at the usual threshold, and taken when the user lowers it."""
    table = make_table("t", "a text", "status text required")
    assert match({"a": ["x"]}, table).refused[0].winner.value == "active"
    assert match({"a": ["x"]}, table, min_confidence=0.6).matches[1].winner.value == "active"


@pytest.mark.parametrize("spec", ["status text required in open|closed", "status enum(open|closed) required"])
def test_a_default_that_the_column_forbids_is_not_even_asked(spec, make_table, match) -> None:
    """'active' is none of the allowed values."""
    matching = match({"a": ["x"]}, make_table("t", "a text", spec), min_confidence=0.6)
    assert (len(matching.matches), matching.refused) == (1, ())


def test_a_default_never_covers_up_a_question(make_table, match) -> None:
    """Two likely sources for `created_at` are asked about, not replaced by the time of loading."""
    table = make_table("t", "created_at timestamptz required")
    times = ["2026-01-05 10:00", "2026-01-06 10:00"]
    matching = match({"created": times, "creation_date": list(reversed(times))}, table)
    assert (matching.matches, len(matching.refused)) == ((), 1)


def test_opposite_claims_are_settled_by_the_whole(make_table, match) -> None:
    """A rival that clearly belongs to another column is no rival."""
    table = make_table("t", "created_at timestamptz", "updated_at timestamptz", "amount numeric(10,2)")
    times = ["2026-01-05 10:00", "2026-01-06 10:00"]
    matching = match({"creation_time": times, "modified": times, "amt": ["1", "2"]}, table)
    assert found(matching) == {"creation_time": "created_at", "modified": "updated_at", "amt": "amount"}


def test_a_hundred_columns_against_a_hundred_are_quick(make_table, match) -> None:
    """About 60 ms of processor time; the limit leaves room for slow machines."""
    names = [f"customer_{a}_{b}" for a in ("billing", "order", "line", "net") for b in map(str, range(25))]
    short = {name.replace("customer", "cust").replace("order", "ord"): ROWS for name in names}
    table = make_table("t", *(f"{name} int4" for name in names))
    started = time.process_time()
    assert len(match(short, table).matches) == 100
    assert time.process_time() - started < 2


def test_names_as_made_by_create(make_table) -> None:
    """A table that `--create` made takes the columns that it was made for, also those with one name in SQL."""
    table = make_table("t", "b_b_2 text", "b_b text", "ctid_2 text")
    sample = pl.DataFrame({ROW: [1], "b b": ["x"], "B_B": ["y"], "ctid": ["z"]})
    made = {"b b": "b_b_2", "B_B": "b_b", "ctid": "ctid_2"}
    matching = match_columns(sample, table, patterns=(), options=MatchOptions(), fit=lambda values, type: 1.0)
    assert found(matching) == made
    assert by_target(matching, "ctid_2").winner.evidence == ("the name that --create gives it",)


def test_names_as_made_by_another_create(make_table) -> None:
    """Where the table lacks one of the names, it was made for something else."""
    sample = pl.DataFrame({ROW: [1], "b b": ["x"], "B_B": ["y"]})
    matching = match_columns(
        sample,
        make_table("t", "b_b text"),
        patterns=(),
        options=MatchOptions(),
        fit=lambda values, type: 1.0,
    )
    assert found(matching) == {}


def test_what_failed_before_becomes_a_question(make_table, match) -> None:
    """Experience holds a match back, with its reason; it never makes one, and equal names are above it."""
    table = make_table("orders", "quantity int4", "id int4")
    data = {"qty": ["1", "2"], "id": ["7", "8"]}
    found = match(data, table, expects=lambda candidate, margin: 0.4)
    assert [m.winner.source for m in found.matches] == ["id"]
    (asked,) = found.refused
    assert asked.winner.evidence[-1] == "of matches like it, 0.40 held here, under 0.70"
    assert len(match(data, table, expects=lambda candidate, margin: 0.9).matches) == 2


@pytest.mark.parametrize(
    ("source", "spec", "value"),
    [
        ("address", "street text", '{"street": "Str. 1", "city": "Lyon"}'),
        ("Betreff", "subject varchar", "{'de': 'Haus'}"),
    ],
)
def test_objects_are_no_text_of_another_name(source, spec, value, make_table, match) -> None:
    """A whole address is a question for `street`: one of its keys may be meant. Previously its JSON was loaded."""
    matching = match({source: [value, "{}"], "id": ["1", "2"]}, make_table("listing", "id int4", spec))
    assert found(matching) == {"id": "id"}
    assert "the values are JSON objects, the column is text" in matching.refused[0].winner.evidence


def test_objects_of_parquet_are_no_text_of_another_name(make_table) -> None:
    """A struct is an object."""
    frame = pl.DataFrame({"address": [{"street": "Str. 1", "city": "Lyon"}]})
    matching = match_columns(
        frame,
        make_table("listing", "street text"),
        patterns=load_catalogue().patterns,
        options=MatchOptions(),
        fit=lambda values, type: 1.0,
    )
    assert not matching.matches


@pytest.mark.parametrize("value", ['{"a","b"}', "{550e8400-e29b}", '{"only text"}'])
def test_braces_alone_make_no_object(value, make_table, match) -> None:
    """Lists of PostgreSQL and identifiers in braces are texts like others."""
    matching = match({"address": [value], "id": ["1"]}, make_table("listing", "id int4", "street text"))
    assert found(matching)["address"] == "street"
