"""The table of rules is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heal_cli import convert
from heal_cli.convert import ALLOWED, RULES

SOURCES = "".join(
    path.read_text() for path in Path(convert.__file__).parent.glob("*.py") if path.name != "rules.py"
)


def test_every_rule_in_the_code_is_in_the_table() -> None:
    """A heal named in the code has its sentence."""
    rules = set(re.findall(r'(?:HealMask|\.heal)\(\s*"(\w+)"', SOURCES))
    rules |= set(re.findall(r'\bRULE: Final = "(\w+)"', SOURCES))
    assert rules - RULES.keys() == set()


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_in_the_table_is_in_the_code(rule: str) -> None:
    """No rule is described that nothing applies; those of dates by order are made from the order."""
    assert rule.removesuffix("_dmy").removesuffix("_mdy") in SOURCES


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_every_name_that_allow_knows_is_asked_for(name: str) -> None:
    """--allow NAME does something."""
    assert re.search(rf'"{name}" (?:in|not in) |rule not in allow|MIXED_CURRENCIES in allow', SOURCES)
    assert f'"{name}"' in SOURCES


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.lossy])
def test_lossy_rules_have_to_be_allowed(rule: convert.Rule) -> None:
    """A rule that loses something names its --allow, but for the one that PostgreSQL applies itself."""
    assert rule.allow is not None or rule == RULES["float_precision"]
