"""Names without the way into an object, the tag of a system and what stands in brackets."""

from __future__ import annotations

import pytest

from heal_cli.match.abridged import abridged, plainer
from heal_cli.match.names import parse


def short(*names: str, table: str = "") -> list[str]:
    """What is left of the names beside a table with these words."""
    found = abridged(map(parse, names), [parse(table)])
    return [" ".join(found[name].plain) for name in names]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("fields.priority.name", "priority name"),
        ("payload.temperature", "temperature"),
        ("name.0.given.0", "name given"),
        ("emails.0.value", "emails"),
        ("rate.value", "rate value"),
        ("context.page.title", "page title"),
        ("customer.email", "customer email"),
        ("billing.address.city", "billing city"),
        ("Fields of study", "fields of study"),
    ],
)
def test_steps_that_name_no_thing_are_left_out(name: str, left: str) -> None:
    """A wrapper says nothing, a thing does."""
    assert short(name, "other") == [left, "other"]


def test_two_names_never_become_one() -> None:
    """What only a wrapper tells apart keeps it."""
    assert short("data.id", "meta.id") == ["data id", "meta id"]
    assert short("context.created", "created") == ["context created", "created"]


def test_a_step_of_most_names_is_left_out() -> None:
    """Unless the table says it, too, or it makes another thing of the rest."""
    names = ("lineItem/UsageType", "lineItem/Operation", "bill/InvoiceId")
    assert short(*names) == ["usage type", "operation", "bill invoice id"]
    assert short("shipping/city", "shipping/zip") == ["shipping city", "shipping zip"]


def test_a_tag_in_front_of_several_names_is_left_out() -> None:
    """A few letters that are no word, and tell no two names apart."""
    assert short("sg_event_id", "sg_message_id", "reason") == ["event id", "message id", "reason"]
    assert short("sg_event_id", "sg_message_id", table="sg_id") == ["sg event id", "sg message id"]
    assert short("NM_PARTIDO", "SG_PARTIDO", "SG_UF") == ["nm partido", "sg partido", "sg uf"]
    assert short("xy_id", "reason") == ["xy id", "reason"]


def test_brackets_are_left_out_where_they_tell_nothing_apart() -> None:
    """`Amount (EUR)` beside `Amount (USD)` keeps them, and so does `Weight (gross)`."""
    names = [parse(name) for name in ("Blocked By (Dependencies)", "Weight (gross)", "Rate (a)", "Rate (b)")]
    assert {raw: name.plain for raw, name in plainer(names).items()} == {
        "Blocked By (Dependencies)": ("blocked", "by")
    }


def test_the_short_word_for_a_code_is_left_out_where_it_tells_nothing_apart() -> None:
    """`SEDOL_CD` is the SEDOL; `EXCH_CD` is a code where the name is there, too, and so is one that is written out."""
    names = [parse(name) for name in ("SEDOL_CD", "EXCH_CD", "EXCH_NM", "CD", "Country Code")]
    assert {raw: name.plain for raw, name in plainer(names).items()} == {"SEDOL_CD": ("sedol",)}


def test_brackets_that_say_whose_it_is_stay() -> None:
    """The boss of a customer is no cook."""
    assert not plainer([parse("Chef (Kunde)")])


def test_the_last_step_may_stand_for_the_whole_way() -> None:
    """`log.logger` is a logger; what everybody has, two things have, or opposites have, keeps its way."""
    names = ["log.logger", "process.thread.name", "agent.email", "web.port", "db.port", "source.pod"]
    short = {raw: name.plain for raw, name in plainer([parse(name) for name in names]).items()}
    assert short == {"log.logger": ("logger",), "process.thread.name": ("thread", "name")}


def test_the_first_slot_of_an_address_book_is_the_thing() -> None:
    """`Phone 1 - Value` is the phone; the second is another one."""
    names = ["Phone 1 - Value", "Phone 2 - Value", "Address 1 - City", "E-mail 1 - Type"]
    assert short(*names) == ["phone", "phone 2", "address city", "email type"]


def test_types_in_front_of_most_names_are_left_out() -> None:
    """An old database says of each column what it holds: `strName`, `dtmOrdered`; two of one name keep it."""
    assert short("strName", "dtmOrdered", "blnPaid", "Zone") == ["name", "ordered", "paid", "zone"]
    assert short("strName", "txtName", "dtmOrdered") == ["str name", "txt name", "ordered"]


def test_a_type_in_front_of_few_names_stays() -> None:
    """`num_items` counts items, and `cur` may be a currency."""
    assert short("num_items", "name", "price", "colour") == ["num items", "name", "price", "colour"]
