"""What the trades call their things."""

from __future__ import annotations

from fnmatch import fnmatchcase

from heal_cli.match.names import parse
from heal_cli.patterns.trades import CONFIDENCE, read_trades

TRADES = tuple(read_trades())


def test_each_name_of_a_group_stands_for_each() -> None:
    """In tables of issues the subject is the title and the title the subject."""
    subject = next(pattern for pattern in TRADES if pattern.id == "trade_issues_subject")
    assert {"subject", "title"} <= set(subject.sources)
    assert subject.sources == subject.targets
    assert subject.confidence == CONFIDENCE


def test_what_a_format_says_stands_for_what_tables_do() -> None:
    """`spt` is a source port; a source port, or two words that tables have for it, say nothing of `spt`."""
    port = next(pattern for pattern in TRADES if pattern.id == "trade_arcsight_from_port")
    assert "spt" in port.sources
    assert "source_port" in port.targets
    assert not set(port.sources) & set(port.targets)


def test_no_trade_speaks_of_every_table() -> None:
    """A group without tables would merge everywhere what is one thing in one trade only."""
    globs = {glob for pattern in TRADES for glob in pattern.scope.tables}
    assert all(pattern.scope.tables for pattern in TRADES)
    assert not [glob for glob in globs if fnmatchcase("nowhere", glob) or len(glob.strip("*_")) < 2]


def test_no_group_has_a_name_twice() -> None:
    """Names of one meaning in one group are one name too many."""
    for pattern in TRADES:
        is_group = pattern.sources == pattern.targets
        names = pattern.sources if is_group else (*pattern.sources, *pattern.targets)
        keys = [parse(name).key for name in names]
        assert len(keys) == len(set(keys)) >= 2, pattern.id
