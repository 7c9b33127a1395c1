"""The words that ship with heal."""

from __future__ import annotations

from itertools import product

import pytest

from heal_cli.match.concepts import related
from heal_cli.match.names import parse
from heal_cli.match.vocabulary import NEAR_TRUST, SYNONYM_TRUST, vocabulary


def test_phrases_are_words_with_one_blank_between_them() -> None:
    """A name's words are put together so to be looked up: any other spelling would never be found."""
    table = vocabulary()
    assert all(phrase == " ".join(phrase.split()) for phrase in (*table.phrases, *table.groups))


def test_a_concept_is_trusted_more_than_its_synonyms() -> None:
    """`quantity` means itself; `menge` means it as surely as a synonym does."""
    table = vocabulary()
    assert (table.phrases["quantity"].concept, table.phrases["quantity"].trust) == ("quantity", 1.0)
    assert (table.phrases["menge"].concept, table.phrases["menge"].trust) == ("quantity", SYNONYM_TRUST)
    assert {meaning.trust for meaning in table.phrases.values()} <= {1.0, SYNONYM_TRUST, NEAR_TRUST}


def test_phrases_are_known_run_together() -> None:
    """`zip code` and `zipcode` mean the same."""
    table = vocabulary()
    assert table.joined["zipcode"] == table.phrases["zip code"]
    assert table.longest >= max(len(phrase.split()) for phrase in table.phrases)


def test_composed_phrases_mean_the_words_they_stand_for() -> None:
    """A phrase and its English words are read as the same things, in the singular and with short words written out."""
    for phrase, words in (
        ("gefahrgut", "dangerous goods"),
        ("zimmeranzahl", "number of rooms"),
        ("ablieferbeleg", "proof of delivery"),
        ("laborwert", "lab result"),
        ("annee de construction", "construction year"),
    ):
        assert parse(phrase).concepts == parse(words).concepts, phrase


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("volume", "weight"),
        ("log", "message"),
        ("sicherheitsbestand", "meldebestand"),
        ("breedte", "length"),
        ("aussentemperatur", "temperatura"),
        ("don", "cotisation"),
        ("sent", "delivered"),
        ("sale closed", "sale opened"),
        ("carpeta", "carpet"),
        ("librería", "library"),
        ("depth", "height"),
    ],
)
def test_two_things_of_one_topic_are_no_synonyms(one: str, other: str) -> None:
    """They stand in the same tables and never mean the same, in whatever language."""
    words = product(parse(one).words, parse(other).words)
    assert parse(one).meaning_key != parse(other).meaning_key
    assert all(x.concept == y.concept or not related(x) & related(y) for x, y in words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Postfach", "po_box"),
        ("Fin de contrat", "contract_end"),
        ("Kadastraal nummer", "cadastral_ref"),
        ("Niet gekomen", "no_show"),
        ("Behandelgroep", "assignment_group"),
        ("Número de documento", "document_number"),
        ("Weight (lbs)", "weight_lb"),
        ("E-mail do gestor", "manager_email"),
    ],
)
def test_one_thing_in_two_languages_is_one(one: str, other: str) -> None:
    """What exports call it and what tables do is read as the same words."""
    assert parse(one).meaning_key == parse(other).meaning_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Postfach", "mailbox"),
        ("Fin de contrat", "left_date"),
        ("Kadastraal nummer", "created_number"),
        ("Niet gekomen", "number_event"),
        ("Behandelgroep", "supplier_city_group"),
        ("Número de documento", "coupon_number"),
        ("Saldo disponible", "balance"),
        ("Anzahl Teile", "segment"),
        ("Affectation", "usage"),
        ("Inkoopwaarde", "purchase_price"),
        ("Active users", "total_users"),
        ("Tipo de correspondencia", "match_type"),
        ("N 1", "manager"),
    ],
)
def test_what_commonly_means_another_thing_is_no_synonym(one: str, other: str) -> None:
    """A box at the post office is no folder of mails, and what is available no balance."""
    assert parse(one).meaning_key != parse(other).meaning_key
