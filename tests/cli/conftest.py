"""A command line whose engine is a stand-in, and reports such as the engine makes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import polars as pl
import pytest

from heal_cli.cli.app import run
from heal_cli.model import (
    REJECTS,
    ROW,
    Candidate,
    Column,
    ColumnFormat,
    ColumnMatch,
    ColumnPlan,
    Finding,
    Format,
    HealTally,
    Kind,
    LoadReport,
    PatternTrial,
    PgType,
    Plan,
    Rows,
    Source,
    TableSchema,
    Tier,
    ValueOptions,
)
from heal_cli.record import PlanReport


class Result(NamedTuple):
    """What a command printed and ended with."""

    code: int
    out: str
    err: str


class FakeEngine(ModuleType):
    """`heal_cli.engine` with reports made beforehand; what it was asked stands in `options`."""

    def __init__(self, load: LoadReport, plan: PlanReport) -> None:
        super().__init__("heal_cli.engine")
        self.load, self.plan = load, plan
        self.options: Any = None
        self.command = ""
        self.during: Callable[..., None] = lambda **_: None

    def run_load(
        self, options: Any, *, on_progress: Any, should_stop: Any, stdin: Any, command: str, version: str
    ) -> LoadReport:
        """The prepared report, after whatever the test does meanwhile."""
        self.options, self.command = options, command
        self.during(on_progress=on_progress, should_stop=should_stop)
        return self.load

    def run_plan(self, options: Any, *, stdin: Any) -> PlanReport:
        """The prepared plan."""
        self.options = options
        self.during()
        return self.plan


def column(
    name: str, type_name: str = "text", *, nullable: bool = True, default: str | None = None
) -> Column:
    """A column of the target."""
    return Column(name, 1, PgType(25, type_name, type_name, "b"), nullable, default)


def candidate(
    target: str, source: str, tier: Tier, confidence: float, *evidence: str, pattern: str | None = None
) -> Candidate:
    """A rename."""
    return Candidate(Kind.RENAME, target, source, tier, confidence, pattern, evidence=evidence)


@pytest.fixture
def table() -> TableSchema:
    """public.messages."""
    columns = (
        column("id", "bigint", nullable=False),
        column("role", nullable=False),
        column("amount", "numeric(10,4)"),
        column("note"),
    )
    return TableSchema(
        "1", "db", 1, "public", "messages", "r", columns, (), (), False, True, True, 180006, "abc123"
    )


@pytest.fixture
def plan(table: TableSchema) -> Plan:
    """A plan with an exact match, a pattern and a fuzzy match with a rival."""
    rename = candidate(
        "role", "sender", Tier.PATTERN, 0.95, "values are roles", pattern="messages_sender_to_role"
    )
    fuzzy = candidate("amount", "total_amt", Tier.FUZZY, 0.83, "98 % convert", "name 0.71")
    rival = candidate("amount", "tax", Tier.FUZZY, 0.41)
    matches = (
        ColumnMatch("id", candidate("id", "id", Tier.EXACT, 1.0, "same name")),
        ColumnMatch("role", rename),
        ColumnMatch("amount", fuzzy, rival),
    )
    conversions = ("integer", "text", "text -> numeric(10,4), currency")
    columns = tuple(
        ColumnPlan(table.column(match.target), match, ColumnFormat(), conversion)
        for match, conversion in zip(matches, conversions, strict=True)
    )
    return Plan(
        table=table,
        columns=columns,
        unmatched_source=("extra", "tax"),
        unmatched_target=("note",),
        refused=(),
        rescue=None,
        unknown_columns="rescue",
        values=ValueOptions(),
        gap=None,
        notes=(),
        now=datetime(2026, 1, 2, tzinfo=UTC),
    )


@pytest.fixture
def source() -> Source:
    """A CSV file as the reader found it."""
    findings = (Finding("delimiter", "';'", "--delimiter"), Finding("encoding", "cp1252", "--encoding"))
    return Source("chat.csv", Format.CSV, ("id", "sender", "total_amt", "tax", "extra"), 1200, findings)


@pytest.fixture
def load_report(plan: Plan, source: Source) -> LoadReport:
    """A run with heals, rejects and a pattern that gained."""
    return LoadReport(
        run="0192f0c1",
        table="public.messages",
        schema_version="abc123",
        sources=(source,),
        plan=plan,
        rows=Rows(read=100_000, loaded=99_870, healed=2_310, rejected=130),
        heals=(
            HealTally("amount", "currency_sign", 1200),
            HealTally("created_at", "naive_utc", 900, assumption=True),
        ),
        reject_reasons={"not_convertible": 100, "unique_violation": 30},
        rejects_path="/state/rejects/messages.0192f0c1.rejects.jsonl",
        leftovers_path="/state/leftovers/messages.0192f0c1.leftovers.jsonl",
        trials=(PatternTrial("messages_sender_to_role", 0.95, 0.96, success=True),),
        notes=("Made schema heal in the database",),
        seconds=1.25,
        exit_code=3,
    )


@pytest.fixture
def plan_report(plan: Plan, source: Source) -> PlanReport:
    """What `heal plan` found for the same file."""
    rejects = pl.DataFrame(
        [{ROW: 12, "reason": "not_convertible", "column": "amount", "value": "a\x1b[31mbc"}], schema=REJECTS
    )
    return PlanReport(
        plan=plan,
        sources=(source,),
        sampled=Rows(read=1000, loaded=990, healed=310, rejected=10),
        reject_reasons={"not_convertible": 10},
        rejects=rejects,
        samples={"amount": (("$1,234.50", "1234.5000"), ("7", "7")), "id": (("1", "1"),)},
    )


@pytest.fixture
def engine(load_report: LoadReport, plan_report: PlanReport, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The stand-in, in the place of the engine."""
    fake = FakeEngine(load_report, plan_report)
    monkeypatch.setitem(sys.modules, "heal_cli.engine", fake)
    return fake


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no variable of the machine that says where a server is."""
    for name in os.environ:
        if name.startswith(("HEAL_", "PG")) or name in ("DATABASE_URL", "CI", "NO_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HEAL_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HEAL_SEMANTIC", "false")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def heal(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run the command line in this process."""

    def call(*arguments: str) -> Result:
        code = run(arguments)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call


@pytest.fixture
def hangup_counts() -> Iterator[None]:
    """Programs started meanwhile hear SIGHUP, also where the tests themselves run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
