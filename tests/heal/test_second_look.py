"""A column that is still open is asked as a whole, before any of its rows is loaded."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from heal_cli.heal import heal_batch
from heal_cli.heal.second_look import newly_open, open_columns, revoked_readings, settle_columns
from heal_cli.model import ROW


def _chunks(*values: list[str]):
    def read(name: str) -> Iterator[pl.Series]:
        return (pl.Series(name, chunk, dtype=pl.String) for chunk in values)

    return read


def test_the_rest_of_the_file_settles_the_order(make_batch, make_plan, column) -> None:
    """Dates that fit both orders in the sample are read by a proof that stands far behind it."""
    batch = make_batch({"d": ["03/04/2024"]})
    plan = make_plan(batch, (column("d", "date"), ["d"]))
    assert open_columns(plan) == ("d",)
    settled = settle_columns(plan, ["d"], _chunks(["03/04/2024"], ["13/04/2024"]), has_commas=False)
    (part,) = heal_batch(batch, settled).parts
    assert part["d"].dt.to_string("%F").to_list() == ["2024-04-03"]
    assert open_columns(settled) == ()


def test_a_shape_first_met_later_is_noticed(make_batch, make_plan, column) -> None:
    """Slashed dates that the sample did not show ask for a look; a row that is plainly broken does not."""
    plan = make_plan(make_batch({"d": ["2024-01-31"]}), (column("d", "date"), ["d"]))
    assert open_columns(plan) == ()
    assert newly_open(plan, heal_batch(make_batch({"d": ["soon"]}), plan).rejects) == ()
    assert newly_open(plan, heal_batch(make_batch({"d": ["03/04/2024"]}), plan).rejects) == ("d",)


def test_a_date_against_the_order_asks_for_a_look(make_batch, make_plan, column) -> None:
    """The order of the sample is doubted once, at the first date that only another order fits."""
    plan = make_plan(make_batch({"d": ["13/02/2024", "03/04/2024"]}), (column("d", "date"), ["d"]))
    later = make_batch({"d": ["01/25/2024"]})
    assert newly_open(plan, heal_batch(make_batch({"d": ["31/02/2024"]}), plan).rejects) == ()
    assert newly_open(plan, heal_batch(later, plan).rejects) == ("d",)
    days = [f"{day}/02/{year}" for day in range(13, 28) for year in (2023, 2024)]
    kept = settle_columns(plan, ["d"], _chunks([*days, "01/25/2024"]), has_commas=False)
    assert heal_batch(later, kept).rejects["reason"].to_list() == ["not_convertible"]
    assert (newly_open(kept, heal_batch(later, kept).rejects), list(revoked_readings(plan, kept))) == ((), [])
    doubted = settle_columns(plan, ["d"], _chunks(["13/02/2024", "01/25/2024"]), has_commas=False)
    assert list(revoked_readings(plan, doubted)) == [("d", "dates in DMY order")]


def test_a_decimal_mark_first_met_later_is_noticed(make_batch, make_plan, column) -> None:
    """Where the sample has whole numbers alone, neither '1.234' nor '1,5' is read without a look."""
    plan = make_plan(make_batch({"n": ["5", "7"]}), (column("n", "numeric"), ["n"]))
    for text in ("1.234", "1,234", "1,5"):
        rejects = heal_batch(make_batch({"n": [text]}), plan).rejects
        assert newly_open(plan, rejects) == ("n",), text
    settled = settle_columns(plan, ["n"], _chunks(["5"], ["1.234", "1,5"]), has_commas=False)
    (part,) = heal_batch(make_batch({"n": ["1.234", "1,5"]}), settled).parts
    assert part["n"].to_list() == ["1234", "1.5"]


def test_a_second_currency_asks_for_a_look(make_batch, make_plan, column) -> None:
    """No sign is dropped but that of the sample's currency; with two in the file none is."""
    plan = make_plan(make_batch({"n": ["$5", "7"]}), (column("n", "numeric"), ["n"]))
    assert newly_open(plan, heal_batch(make_batch({"n": ["$9", "8 USD", "3"]}), plan).rejects) == ()
    later = make_batch({"n": ["€5"] * 200 + ["$5", "6"]})
    assert newly_open(plan, heal_batch(later, plan).rejects) == ("n",)
    doubted = settle_columns(plan, ["n"], _chunks(["$5", "7"], ["€5", "$5"]), has_commas=False)
    rejects = heal_batch(later, doubted).rejects
    assert rejects["reason"].to_list() == ["ambiguous"] * 201
    assert rejects["attempts"][0].to_list()[-1] == (
        "Which currency is meant? The column holds EUR, USD; drop the signs with --allow mixed_currencies"
    )
    assert list(revoked_readings(plan, doubted)) == [("n", "amounts in USD")]


def test_a_currency_first_met_later_is_noticed(make_batch, make_plan, column) -> None:
    """Signs behind a sample of bare numbers are dropped once the whole file holds one currency alone."""
    plan = make_plan(make_batch({"n": ["5", "7"]}), (column("n", "numeric"), ["n"]))
    later = make_batch({"n": ["€5", "7"]})
    assert newly_open(plan, heal_batch(later, plan).rejects) == ("n",)
    settled = settle_columns(plan, ["n"], _chunks(["5"], ["€5", "7"]), has_commas=False)
    (part,) = heal_batch(later, settled).parts
    assert part["n"].to_list() == ["5", "7"]
    assert list(revoked_readings(plan, settled)) == []


def test_what_stays_open_is_asked_once(make_batch, make_plan, column) -> None:
    """A whole file without a proof leaves the question, and asks for no further look."""
    batch = make_batch({"d": ["03/04/2024"]})
    plan = make_plan(batch, (column("d", "date"), ["d"]))
    settled = settle_columns(plan, ["d"], _chunks(["03/04/2024"]), has_commas=False)
    rejects = heal_batch(batch, settled).rejects
    assert rejects["reason"].to_list() == ["ambiguous"]
    assert newly_open(settled, rejects) == ()


def test_a_stream_is_not_read_twice(make_batch, make_plan, column) -> None:
    """Without a second reading the sample's answer stands, question and all."""
    plan = make_plan(make_batch({"d": ["03/04/2024"]}), (column("d", "date"), ["d"]))
    settled = settle_columns(plan, ["d"], None, has_commas=False)
    assert settled.columns[0].format.question == plan.columns[0].format.question


def test_points_of_a_file_with_commas_are_a_question(make_batch, make_plan, column) -> None:
    """1.234 and 5.678 are thousands or thousandths: PostgreSQL's reading, unless the file has decimal commas."""
    batch = make_batch({"n": ["1.234", "5.678", "7"], "p": ["1,5", "2", "3"]})
    alone = make_plan(batch, (column("n", "numeric"), ["n"]))
    whole = _chunks(["1.234", "5.678", "7"])
    (part,) = heal_batch(batch, settle_columns(alone, open_columns(alone), whole, has_commas=False)).parts
    assert part["n"].to_list() == ["1.234", "5.678", "7"]
    beside = make_plan(batch, (column("n", "numeric"), ["n"]), (column("p", "numeric"), ["p"]))
    for plan, has_commas in ((alone, True), (beside, False)):
        healed = heal_batch(batch, settle_columns(plan, ["n"], whole, has_commas=has_commas))
        assert healed.rejects.select(ROW, "reason").rows() == [(1, "ambiguous"), (2, "ambiguous")]


def test_grouped_whole_numbers_of_a_file_with_commas_are_a_question(make_batch, make_plan, column) -> None:
    """1,000 pieces are 1000, unless the file has decimal commas; another column's decimal point says that it has none."""
    batch = make_batch({"n": ["1,000", "2,500", "7"], "p": ["1,5", "2", "3"], "q": ["0.5", "2", "3"]})
    n, p, q = (column("n", "int4"), ["n"]), (column("p", "numeric"), ["p"]), (column("q", "numeric"), ["q"])
    for others, has_commas, loads in (((), False, 3), ((), True, 1), ((p,), False, 1), ((q,), True, 3)):
        plan = make_plan(batch, n, *others)
        assert open_columns(plan) == ("n",)
        chunks = _chunks(["1,000", "2,500", "7"])
        healed = heal_batch(batch, settle_columns(plan, ["n"], chunks, has_commas=has_commas))
        assert healed.parts[0].height == loads, (others, has_commas)
