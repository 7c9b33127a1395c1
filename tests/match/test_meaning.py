"""The semantic tier: weight beside what speaks for a pair already, and never a word of its own."""

from __future__ import annotations

import random

import pytest
from corpus import DRILL, read_pairs
from measure import matching

from heal_cli.match.meaning import NEAR
from heal_cli.model import Tier
from heal_cli.patterns import load_catalogue

CATALOGUE = load_catalogue()
NUMBERS = ["12", "7", "31"]
WORDS = ["ann b", "carl d", "eve f"]
DAYS = ["2026-01-02", "2026-02-03", "2026-03-04"]


def near(*pairs: str, nearness: float = 0.9):
    """A model that finds these pairs of words near, alone or among others, and no others."""
    said = {frozenset(pair.split("~")) for pair in pairs}

    def nearness_of(one: str, other: str) -> float:
        differ = frozenset(set(one.split()) ^ set(other.split()))
        return 1.0 if one == other else nearness if differ in said else 0.0

    return nearness_of


def sure(one: str, other: str) -> float:
    """A model that finds any two phrases near."""
    return 0.95


@pytest.fixture
def meant(make_table, match):
    """What comes of one source column and one target column: the match, the question, or neither."""

    def run(source: str, target: str, values: list[str | None], nearness, **options):
        made = match({source: values}, make_table("t", target), nearness=nearness, **options)
        return made.matches, made.refused

    return run


def test_a_shared_word_and_the_models_word_place_a_column(meant) -> None:
    """`vicar_name` is `curate_name`; the vote is the tier's own, with the names that it compared."""
    ((found,), _) = meant("vicar_name", "curate_name text", WORDS, near("vicar~curate"))
    assert [(vote.tier, vote.confidence) for vote in found.votes] == [(Tier.SEMANTIC, 0.83)]
    assert found.winner.evidence == ("meaning 0.90: vicar name ~ curate name", "3 of 3 values are text")


def test_the_nearer_the_surer(meant) -> None:
    """So that a higher --min-confidence asks more of it."""
    least, most = (
        meant("vicar_name", "curate_name text", WORDS, near("vicar~curate", nearness=n))[0][
            0
        ].winner.confidence
        for n in (NEAR, 0.96)
    )
    assert 0.7 <= least < 0.8 < most < 0.9


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("yarn_budget", "saga_budget text", WORDS),  # a word in common that says what the column is
        ("yarn_name", "saga_name text", WORDS),  # one that many columns have
        ("yarn", "saga numeric", NUMBERS),  # values that not any column would take
        ("yarn", "saga text in Alien|Jaws", ["Jaws", "Alien"]),  # values that the column lists
        ("yarn_category", "category text", WORDS),  # a word more, in front of what it is
    ],
)
def test_beside_other_evidence_the_nearest_is_placed(meant, source, target, values) -> None:
    """From the tier's threshold on; under it all is as it was without a model."""
    assert meant(source, target, values, lambda one, other: NEAR)[0]
    assert meant(source, target, values, lambda one, other: NEAR - 0.01) == meant(
        source, target, values, None
    )


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("yarn_email", "saga_email text required", ["a@b.example", "c@d.example"]),
        ("yarn_phone", "phone text required", ["+44 20 7946 0018", "+44 20 7946 0019"]),
    ],
)
def test_whose_address_it_is_a_model_is_not_believed(meant, source, target, values) -> None:
    """The e-mail of a manager is near to the e-mail of an employee: a question at most."""
    matches, (asked,) = meant(source, target, values, sure)
    assert not matches
    assert asked.winner.confidence < 0.7


@pytest.mark.parametrize(("rival", "is_placed"), [(0.84, True), (0.86, False)])
def test_an_open_column_that_is_about_as_near_is_a_rival(make_table, match, rival, is_placed) -> None:
    """Two open columns may be meant: neither is taken."""
    table = make_table("t", "saga numeric", "opus numeric")
    said = {"saga": 0.9, "opus": rival}
    made = match({"yarn": NUMBERS}, table, nearness=lambda one, other: said.get(other, said.get(one, 0.0)))
    assert bool(made.matches) == is_placed


@pytest.mark.parametrize(
    ("target", "values", "is_placed"),
    [
        ("saga numeric", NUMBERS, True),  # numbers fit, and not any text would
        ("saga date", DAYS, True),
        ("saga text in Alien|Jaws", ["Jaws", "Alien"], True),
        ("saga text", WORDS, False),
        ("saga numeric", [None, None], False),
        ("saga jsonb", WORDS, False),
    ],
)
def test_without_a_shared_word_the_values_decide(meant, target, values, is_placed) -> None:
    """Values that fit a telling type back the model; any text, and none, do not."""
    matches, _ = meant("yarn", target, values, near("yarn~saga"))
    assert bool(matches) == is_placed


@pytest.mark.parametrize("strategy", ["weighted", "majority", "unanimous"])
def test_the_model_alone_never_decides(meant, strategy) -> None:
    """However sure it is: without a shared word or telling values it is a question under the threshold."""
    matches, (asked,) = meant("yarn", "saga text required", WORDS, sure, strategy=strategy)
    assert not matches
    assert asked.winner.confidence == 0.65
    assert "nothing else speaks for it" in asked.winner.evidence


def test_a_model_is_not_opened_for_idle_questions(meant) -> None:
    """Where a column may stay empty and nothing could be placed, nobody waits a second for a question."""

    def unasked(one: str, other: str) -> float:
        raise AssertionError((one, other))

    assert meant("yarn", "saga text", WORDS, unasked) == ((), ())
    assert meant("yarn", "saga timestamptz", WORDS, unasked) == ((), ())


def test_a_model_is_not_asked_about_two_tables_of_strangers(make_table, match) -> None:
    """More than ten thousand open pairs would take minutes, and no two of them are what somebody meant."""

    def unasked(one: str, other: str) -> float:
        raise AssertionError((one, other))

    sample = {f"yarn{chr(97 + i % 26)}{chr(97 + i // 26)}": NUMBERS for i in range(101)}
    table = make_table("t", *(f"saga{chr(97 + i % 26)}{chr(97 + i // 26)} numeric" for i in range(101)))
    assert not match(sample, table, nearness=unasked).matches


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("hire_date", "birth_date date"),
        ("product_price", "product_cost numeric"),
        ("saga_supplier", "saga_manufacturer text"),
    ],
)
def test_words_that_the_vocabulary_lists_apart_are_a_question_at_most(meant, source, target) -> None:
    """It has the first word on what is a synonym; a model that is not sure may ask."""
    values = DAYS if target.endswith("date") else NUMBERS
    matches, refused = meant(source, target, values, lambda one, other: 0.74)
    assert not [match for match in matches if match.winner.tier is Tier.SEMANTIC]
    assert all(match.winner.confidence <= 0.65 for match in refused if match.winner.tier is Tier.SEMANTIC)


@pytest.mark.parametrize("nearness", [0.0, NEAR - 0.01])
def test_what_is_not_near_is_no_question(meant, nearness) -> None:
    """Under the tier's threshold it says nothing at all."""
    assert meant("yarn_name", "saga_name text", WORDS, near("yarn~saga", nearness=nearness)) == ((), ())


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("start_time", "end_time timestamptz"),
        ("debit", "credit numeric"),
        ("min_temp", "max_temp numeric"),
        ("shipping_address", "billing_address text"),
        ("from_station", "to_station text"),
        ("station_from", "station_to text"),
        ("created_by", "updated_by text"),
        ("sunrise", "sunset time"),
        ("latitude", "longitude numeric"),
        ("landlord_name", "tenant_name text"),
        ("husband_email", "wife_email text"),
        ("groom_birth_date", "bride_birth_date date"),
        ("payer_iban", "payee_iban text"),
        ("employer_name", "employee_name text"),
        ("upload_kb", "download_kb int4"),
        ("girth_cm", "height_cm numeric"),
        ("systolic", "diastolic int4"),
        ("matchday", "match text"),
        ("subscribed", "unsubscribed bool"),
        ("captain_name", "vessel_name text"),
        ("protein_g", "fat_g numeric"),
        ("yarn_2", "saga_1 numeric"),
        ("yarn_km", "saga_miles numeric"),
        ("is_yarn", "saga bool"),
        ("yarn_date", "saga numeric"),
        ("x", "saga numeric"),
        ("Vermieter", "Mieter text"),
        ("fecha_inicio", "fecha_fin date"),
        ("prix_min", "prix_max numeric"),
        ("Expedido por", "recebido_por text"),
        ("Data semina", "data_raccolta date"),
        ("Qtd. saída", "qtd_entrada int4"),
        ("geht_um", "kommt_um timestamptz"),
        ("overtime_hours", "heures_normales numeric"),
        ("Verkäufer", "acheteur text"),
    ],
)
def test_opposites_and_siblings_never_gain(meant, source, target) -> None:
    """Where names differ by what is known to be another thing, the model is not believed, whatever it says."""
    values = DAYS if target.endswith(("date", "timestamptz")) else NUMBERS
    with_it, without = meant(source, target, values, sure), meant(source, target, values, None)
    assert with_it == without
    assert not with_it[0]


def test_a_nearer_column_keeps_its_own(make_table, match) -> None:
    """A source that is nearer to a column with a place of its own takes no other one."""
    table = make_table("t", "saga_name text", "opus_name text")
    sample = {"yarn_name": WORDS, "opus_name": WORDS}
    both = ["saga_name", "opus_name"]
    assert [m.target for m in match(sample, table, nearness=near("yarn~saga")).matches] == both

    def nearer(one: str, other: str) -> float:
        return 0.9 if "opus" in one + other else 0.8

    assert [m.target for m in match(sample, table, nearness=nearer).matches] == ["opus_name"]


def test_a_part_of_a_number_is_not_the_whole(make_table, match) -> None:
    """Engaged sessions are some of the sessions: a word more makes another number of it."""
    sample, table = {"engaged_sessions": NUMBERS, "bot_sessions": NUMBERS}, make_table("t", "sessions int4")
    made = match(sample, table, nearness=near("engaged"))
    assert made == match(sample, table)
    assert not made.matches


def test_of_many_columns_the_first_rival_is_enough(make_table, match) -> None:
    """A wide file asks the model about pairs, not about each pair with all of its rivals again."""
    asked = []

    def equally_near(one: str, other: str) -> float:
        asked.append((one, other))
        return 0.9

    names = [f"{a}{b}" for a in ("vi", "po", "ru", "ta") for b in ("kam", "lod", "rin", "sep", "tuv")]
    made = match(
        {f"{name}_name": WORDS for name in names},
        make_table("t", *(f"{name[::-1]}_name text" for name in names)),
        nearness=equally_near,
    )
    assert not made.matches
    assert len(asked) <= 2 * 2 * len(names) ** 2  # two readings of a pair, and of its first rival


def test_values_that_speak_against_a_name_silence_it(meant) -> None:
    """`yarn_email` holds no addresses, and numbers are no name."""
    assert not meant("yarn_email", "saga_email text", WORDS, near("yarn~saga"))[0]
    assert meant("yarn", "saga_name text", NUMBERS, sure) == ((), ())


def test_a_comment_is_a_second_name(make_table, match) -> None:
    """An opaque column that its comment calls by a near word."""
    table = make_table("t", "k07 numeric", comment="Saga")
    (found,) = match({"yarn": NUMBERS}, table, nearness=near("yarn~saga")).matches
    assert (found.target, found.winner.tier) == ("k07", Tier.SEMANTIC)


@pytest.mark.parametrize("pair", read_pairs(DRILL), ids=lambda pair: pair.name)
def test_whatever_stands_without_the_model_stands_with_it(pair) -> None:
    """Not even a model that finds all phrases near takes a match from the other tiers; it adds to them."""
    words = random.Random(pair.name)

    def erratic(one: str, other: str) -> float:
        return words.choice((0.0, 0.6, 0.95))

    without = {match.target: match.winner for match in matching(pair, CATALOGUE).matches}
    for nearness in (sure, erratic):
        made = {match.target: match.winner for match in matching(pair, CATALOGUE, nearness).matches}
        assert without.items() <= made.items()
        assert all(made[target].tier is Tier.SEMANTIC for target in made.keys() - without.keys())
