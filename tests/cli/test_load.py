"""Promises of `heal load` and `heal plan` as commands; the engine is a stand-in."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from typing import Any

import pytest

from heal_cli.errors import DatabaseUnavailable, Interrupted, PlanError
from heal_cli.model import Constraint, Format, Rows

DSN = "postgresql://u:hunter2@h/db"
REPORT = """\
● 99,870 of 100,000 rows loaded into public.messages; 2,310 healed, 130 rejected  1.2 s  80,000 rows/s
  columns    sender → role (pattern 0.95), total_amt → amount (fuzzy 0.83)
  healed     amount: currency_sign 1,200
             created_at: naive_utc 900 (assumed)
  patterns   messages_sender_to_role  0.95 → 0.96
  rejected   not_convertible 100 · unique_violation 30
             /state/rejects/messages.0192f0c1.rejects.jsonl
  no target  extra, tax  (kept in the leftovers file)
  leftovers  /state/leftovers/messages.0192f0c1.leftovers.jsonl
  note       Made schema heal in the database
  next       heal rejects show 0192f0c1
"""
PLAN = """\
chat.csv → public.messages  csv · delimiter ';' · encoding cp1252
source     target  by                               sure  evidence               runner-up
id         id      exact                            1.00  same name
sender     role    pattern messages_sender_to_role  0.95  values are roles
total_amt  amount  fuzzy                            0.83  98 % convert; name 0.71  tax 0.41
column  conversion                       before → after
amount  text -> numeric(10,4), currency  '$1,234.50' → '1234.5000'
no target  extra, tax  (kept in the leftovers file)
no source  note  (default or NULL)
outcome    of 1,000 rows looked at, 990 would load (310 healed) and 10 be rejected: not_convertible 10
reject     row 12: amount 'a\\x1b[31mbc'  not_convertible
next       heal load a.csv -t messages -d 'postgresql://u:***@h/db'
"""


def _words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_the_report_is_printed_and_the_exit_code_is_the_reports(heal: Any, engine: Any) -> None:
    """A load with rejects ends with 3 and says all of it in ten lines."""
    assert heal("load", "a.csv", "-t", "messages", "-d", DSN) == (3, REPORT, "")


def test_a_plan_says_what_it_has_not_tried(heal: Any, engine: Any, load_report: Any) -> None:
    """Keys and checks may reject rows that would load by their values. Previously nothing was said of them."""
    plan = engine.plan.plan
    constraints = (
        Constraint("messages_pkey", "p", ("id",), "PRIMARY KEY (id)"),
        Constraint("messages_id_not_null", "n", ("id",), "NOT NULL id"),
        Constraint("role\x9bcheck", "c", ("role",), "CHECK (...)"),
    )
    engine.plan = replace(engine.plan, plan=replace(plan, table=replace(plan.table, constraints=constraints)))
    out = heal("plan", "a.csv", "-t", "messages", "-d", DSN).out
    assert "untried    messages_pkey, role\\x9bcheck  (heal load --dry-run tries them)\n" in out


def test_the_plan_is_printed(heal: Any, engine: Any) -> None:
    """Mapping, tier, confidence, evidence, runner-up, samples and outcome are there, controls escaped."""
    result = heal("plan", "a.csv", "-t", "messages", "-d", DSN)
    assert (result.code, _words(result.out), result.err) == (0, _words(PLAN), "")


def test_flags_become_options(heal: Any, engine: Any) -> None:
    """Every flag reaches the engine in its own type."""
    heal(
        *("load", "a.csv", "b.csv", "-t", "s.t", "-d", DSN, "-f", "csv", "--delimiter", "\\t", "--no-header"),
        *("--map", "a=b", "--map", "c=d", "--null", "-", "--null", "?,", "--key", "x,y", "--jobs", "3"),
        *(
            "--batch-bytes",
            "8MiB",
            "--timeout",
            "2min",
            "--max-rejects",
            "5%",
            "--allow",
            "round",
            "--atomic",
        ),
        *("--limit", "7", "--on-conflict", "update", "--decimal", ",", "--date-order", "dmy", "--again"),
    )
    options = engine.options
    assert (options.sources, options.table, options.conninfo) == (("a.csv", "b.csv"), "s.t", DSN)
    assert (options.read.format, options.read.delimiter, options.read.header) == (Format.CSV, "\t", False)
    assert options.read.batch_bytes == 8 * 2**20
    assert options.match.renames == (("a", "b"), ("c", "d"))
    assert (options.values.nulls, options.values.decimal) == (("-", "?,"), ",")
    assert (options.values.date_order, options.values.allow) == ("DMY", frozenset({"round"}))
    assert (options.write.key, options.write.jobs, options.write.timeout_s) == (("x", "y"), 3, 120.0)
    assert (options.write.atomic, options.write.on_conflict) == (True, "update")
    assert (options.max_rejects, options.limit, options.again) == ("5%", 7, True)


def test_json_is_one_document(heal: Any, engine: Any) -> None:
    """`--json` prints the versioned document of the design and nothing else."""
    result = heal("load", "a.csv", "-t", "m", "-d", DSN, "--json")
    document = json.loads(result.out)
    assert (result.code, result.err, document["heal"], document["exit"]) == (3, "", 1, 3)
    assert document["rows"]["read"] == 100_000
    assert document["columns"][1] == {
        "source": "sender",
        "target": "role",
        "tier": "pattern",
        "pattern": "messages_sender_to_role",
        "confidence": 0.95,
        "conversion": "text",
        "evidence": ["values are roles"],
        "votes": [],
        "fallbacks": [],
        "runner_up": None,
    }


def test_plan_json_has_samples(heal: Any, engine: Any) -> None:
    """The plan's document carries before and after."""
    document = json.loads(heal("plan", "a.csv", "-t", "m", "-d", DSN, "--json").out)
    assert document["columns"][2]["samples"] == [["$1,234.50", "1234.5000"], ["7", "7"]]


def test_an_error_is_a_message_and_an_exit_code(heal: Any, engine: Any) -> None:
    """What, where and the next step on stderr; nothing on stdout."""

    def refuse(**_: object) -> None:
        raise PlanError(
            "Column 'role' of messages is NOT NULL and nothing fills it", hint="Use --map sender=role"
        )

    engine.during = refuse
    message = (
        "heal: Column 'role' of messages is NOT NULL and nothing fills it.\n      Use --map sender=role\n"
    )
    assert heal("load", "a.csv", "-t", "messages", "-d", DSN) == (6, "", message)


def test_an_error_is_a_document_under_json(heal: Any, engine: Any) -> None:
    """`--json` prints a document also when nothing was written."""

    def fail(**_: object) -> None:
        raise DatabaseUnavailable("No server answers")

    engine.during = fail
    result = heal("load", "a.csv", "-t", "m", "-d", DSN, "--json")
    expected = {"kind": "DatabaseUnavailable", "message": "No server answers", "hint": None}
    assert (result.code, json.loads(result.out)) == (5, {"heal": 1, "error": expected, "exit": 5})


def test_quiet_prints_nothing(heal: Any, engine: Any) -> None:
    """`--quiet` leaves the exit code alone."""
    assert heal("load", "a.csv", "-t", "m", "-d", DSN, "--quiet") == (3, "", "")


def test_a_clean_load_is_zero(heal: Any, engine: Any, load_report: Any) -> None:
    """No rejects, no exit code."""
    rows = replace(load_report.rows, loaded=100_000, rejected=0, healed=0)
    engine.load = replace(
        load_report, rows=rows, exit_code=0, heals=(), notes=(), trials=(), reject_reasons={}, plan=None,
        leftovers_path=None,
    )  # fmt: skip
    expected = "✔ 100,000 of 100,000 rows loaded into public.messages  1.2 s  80,000 rows/s\n"
    assert heal("load", "a.csv", "-t", "m", "-d", DSN) == (0, expected, "")


def test_a_load_that_was_stopped_says_so(heal: Any, engine: Any, load_report: Any) -> None:
    """Its rows are those that were read, and not all there are. Previously it read like a whole load."""
    engine.load = replace(load_report, exit_code=130)
    first = heal("load", "a.csv", "-t", "m", "-d", DSN).out.splitlines()[0]
    assert "rows loaded into public.messages; 2,310 healed, 130 rejected, stopped before the end" in first


@pytest.mark.parametrize("flag", [["--rejects", "mine.jsonl"], ["--state-dir", "here"]])
def test_the_next_command_finds_the_rejects(
    heal: Any, engine: Any, load_report: Any, flag: list[str]
) -> None:
    """Rejects that were sent elsewhere are named by their path, which `heal rejects show` can open."""
    engine.load = replace(load_report, rejects_path="/data/my rejects.jsonl")
    last = heal("load", "a.csv", "-t", "m", "-d", DSN, *flag).out.splitlines()[-1]
    assert last.split(maxsplit=1) == ["next", "heal rejects show '/data/my rejects.jsonl'"]


def test_a_dry_run_says_that_nothing_stays(heal: Any, engine: Any, load_report: Any) -> None:
    """Nobody takes what was rolled back for loaded."""
    engine.load = replace(load_report, dry_run=True)
    result = heal("load", "a.csv", "-t", "m", "-d", DSN, "--dry-run")
    assert " rows would be loaded into public.messages; " in result.out.splitlines()[0]
    assert (
        json.loads(heal("load", "a.csv", "-t", "m", "-d", DSN, "--dry-run", "--json").out)["dry_run"] is True
    )


@pytest.mark.parametrize(("already", "rows"), [(3, "all 3 rows"), (1, "the only row")])
def test_a_source_that_was_loaded_before(
    heal: Any, engine: Any, load_report: Any, already: int, rows: str
) -> None:
    """A no-op is one line and exit code 0."""
    engine.load = replace(
        load_report, rows=Rows(already=already), exit_code=0, heals=(), notes=(), trials=(), reject_reasons={},
        rejects_path=None, leftovers_path=None,
    )  # fmt: skip
    expected = f"✔ nothing new: earlier runs have loaded or rejected {rows}\n"
    assert heal("load", "a.csv", "-t", "m", "-d", DSN) == (0, expected, "")


def test_where_duplicates_are_is_said(heal: Any, engine: Any, load_report: Any) -> None:
    """Without one reject, too; there is nothing to do about them."""
    engine.load = replace(
        load_report, rows=Rows(read=3, loaded=2, duplicates=1), exit_code=0, heals=(), notes=(), trials=(),
        reject_reasons={}, leftovers_path=None,
    )  # fmt: skip
    lines = heal("load", "a.csv", "-t", "m", "-d", DSN).out.splitlines()
    assert lines[-1] == f"  duplicates {load_report.rejects_path}"


def test_an_interrupted_run_prints_the_command_that_goes_on(heal: Any, engine: Any) -> None:
    """SIGTERM is told to the engine, the exit code is 143, and no password is in the command."""

    def stop(should_stop: Any, **_: object) -> None:
        signal.raise_signal(signal.SIGTERM)
        raise Interrupted("Stopped with 5 rows loaded", signal_number=should_stop())

    engine.during = stop
    result = heal("load", "my file.csv", "-t", "m", "-d", DSN)
    told = "heal: Stopped with 5 rows loaded.\n      Go on with: heal load 'my file.csv' -t m -d 'postgresql://u:***@h/db'\n"
    assert (result.code, result.out) == (143, "")
    assert result.err.endswith(told)


def test_the_ledger_never_sees_a_password(heal: Any, engine: Any) -> None:
    """The command that goes to the engine is masked."""
    heal("load", "a.csv", "-t", "m", "-d", DSN)
    assert engine.command == "heal load a.csv -t m -d 'postgresql://u:***@h/db'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load"], "heal: Missing argument 'SOURCE'.\n      See: heal load --help\n"),
        (["load", "a"], "heal: Missing option '-t' / '--table'.\n      See: heal load --help\n"),
        (
            ["load", "a.csv", "-t", "t", "--bogus"],
            "heal: No such option: --bogus.\n      See: heal load --help\n",
        ),
        (["laod"], "heal: No such command 'laod'. Did you mean 'load'?\n      See: heal --help\n"),
        (
            ["load", "a", "-t", "m", "--jobs", "many"],
            "heal: --jobs must be a whole number from 1 to 256, not 'many'\n",
        ),
        (
            ["load", "a", "-t", "m", "--date-order", "XYZ"],
            "heal: --date-order must be one of 'DMY', 'MDY', 'YMD', not 'XYZ'\n",
        ),
        (
            ["load", "a", "-t", "m", "--map", "sender"],
            "heal: --map must be SOURCE=TARGET pairs, not ['sender']\n",
        ),
        (
            ["load", "a", "-t", "m", "-q", "-v"],
            "heal: --quiet and --verbose cannot both hold.\n      Leave one of them out\n",
        ),
        (
            ["load", "a", "-t", "m", "-d", "mysql://u:hunter2@h"],
            "heal: --dsn: 'mysql://u:***@h' is not a PostgreSQL connection string.\n"
            "      Write it as 'postgresql://user@host:5432/database' or as 'host=... dbname=...'\n",
        ),
    ],
)
def test_wrong_usage_is_two(heal: Any, engine: Any, arguments: list[str], message: str) -> None:
    """What was meant is said, the exit code is 2, nothing is on stdout."""
    assert heal(*arguments) == (2, "", message)


def test_warnings_of_settings_go_to_stderr(heal: Any, engine: Any) -> None:
    """A password with an '@' is warned about, masked."""
    result = heal("load", "a.csv", "-t", "m", "-d", "postgresql://u:hunter2@x@h/db", "-q")
    assert result.err == (
        "heal: warning: 'postgresql://u:***@h/db' has more than one '@', so libpq takes part of the password for"
        " the host name; write an '@' inside a password as %40\n"
    )


def test_no_connection_starts_the_embedded_server(heal: Any, engine: Any, monkeypatch: Any) -> None:
    """Without any connection heal uses its own server and says so in one line."""
    import heal_cli.embedded as embedded

    class Server:
        conninfo, is_new = "host=/sock", True

    monkeypatch.setattr(embedded, "start", lambda folder, bin_dir=None: Server)
    result = heal("load", "a.csv", "-t", "m", "--data-dir", "/data")
    assert engine.options.conninfo == "host=/sock"
    assert result.err == (
        "heal: no connection was given: started heal's own PostgreSQL in '/data' (heal db stop ends it)\n"
    )


def test_libpq_variables_are_left_to_libpq(heal: Any, engine: Any, monkeypatch: Any) -> None:
    """PGHOST means there is a server: the connection string stays empty."""
    monkeypatch.setenv("PGHOST", "db.example")
    heal("load", "a.csv", "-t", "m")
    assert engine.options.conninfo == ""
