"""`heal runs`: what the ledger knows of earlier runs."""

from __future__ import annotations

import json

import pytest

import heal_cli
from heal_cli.cli.app import run as command


@pytest.fixture
def two_runs(conn, dsn, tmp_path, capsys):
    """Two loads that differ in a column, a heal, a reject; and the runner of a command."""
    conn.execute("create table t (id int primary key, amount numeric, note text)")
    runs = []
    for name, text in (
        ("a", "id,amount,note\n1,1.5,x\n2,2.5,y\n"),
        ("b", "id,Amount,note\n3,3.5,z\n1,1,x\n4,bad,x\n"),
    ):
        path = tmp_path / f"{name}.csv"
        path.write_text(text)
        runs.append(heal_cli.load(path, table="t", dsn=dsn, state_dir=str(tmp_path / "state")).run)

    def heal(*arguments: str) -> str:
        capsys.readouterr()
        assert command(["runs", *arguments, "--dsn", dsn]) == 0
        return capsys.readouterr().out

    heal.dsn = dsn
    return heal, runs


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("runs", "list"), 0),
        (("runs", "show", "0123abcd"), 2),
        (("runs", "prune", "--yes"), 2),
        (("undo", "0123abcd", "--yes"), 2),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else None,
)
def test_to_ask_for_runs_makes_no_ledger(conn, dsn, capsys, words: tuple[str, ...], code: int) -> None:
    """In a database that nothing was loaded into there is nothing to see, and nothing is made."""
    conn.execute("drop schema if exists heal cascade")
    assert command([*words, "--dsn", dsn]) == code
    told = capsys.readouterr()
    assert "no run" in told.err or "This database has no ledger" in told.err
    assert conn.execute("select to_regnamespace('heal')").fetchone() == (None,)


def test_a_table_without_runs(heal, conninfo) -> None:
    """Others may have some, and so it is named. Previously the ledger was said to know none at all."""
    assert (
        heal("runs", "list", "-d", conninfo, "-t", "nope").err == "heal: the ledger knows no run on 'nope'\n"
    )


def test_compare_names_what_differs(two_runs) -> None:
    """Columns, rows and rejects with the value of each run; what is the same is left out."""
    heal, runs = two_runs
    told = json.loads(heal("compare", *runs, "--json"))
    found = {each["what"]: (each["first"], each["second"]) for each in told["differences"]}
    assert found["rows loaded"] == (2, 1)
    assert found["rejected unique_violation"] == (None, 1)
    assert found["rejected not_convertible"] == (None, 1)
    assert found["column amount"][0] != found["column amount"][1]
    assert "table" not in found
    assert "column note" not in found
    assert "rejected unique_violation" in heal("compare", *runs)


@pytest.mark.parametrize("columns", [30, 60, 80])
def test_list_keeps_ids_whole(two_runs, monkeypatch, columns: int) -> None:
    """Also on a narrow terminal, where they have to be copied from. Previously they came in pieces."""
    heal, runs = two_runs
    monkeypatch.setenv("COLUMNS", str(columns))
    told = heal("list")
    assert all(run in told for run in runs)


def test_a_run_differs_from_itself_in_nothing(two_runs) -> None:
    """And that is said."""
    heal, runs = two_runs
    assert heal("compare", runs[0], runs[0]) == "the two runs differ in nothing that heal keeps of them\n"


def test_show_tells_of_transactions(two_runs) -> None:
    """Who wrote how many rows, from the audit log."""
    heal, runs = two_runs
    assert "1 insert by " in heal("show", runs[0])
    (told,) = json.loads(heal("show", runs[0], "--json"))["transactions"]
    assert (told["kind"], told["count"], told["rows"], told["outcome"]) == ("insert", 1, 2, "committed")


def test_list_names_both(two_runs) -> None:
    """Newest first."""
    heal, runs = two_runs
    listed = [run["run"] for run in json.loads(heal("list", "--json", "-n", "2"))["runs"]]
    assert listed == runs[::-1]


def test_an_undo_and_its_run_name_each_other(two_runs) -> None:
    """Which run was undone by which, until the undo is undone itself."""
    heal, runs = two_runs

    def links(run: str) -> tuple[str | None, str | None]:
        told = json.loads(heal("show", run, "--json"))
        return told["undid"], told["undone_by"]

    undo = heal_cli.undo(runs[1], dsn=heal.dsn).run
    assert [links(run) for run in (*runs, undo)] == [(None, None), (None, undo), (runs[1], None)]
    assert f"undone   by run {undo}" in heal("show", runs[1])
    assert f"undid    run {runs[1]}" in heal("show", undo)
    redo = heal_cli.undo(undo, dsn=heal.dsn).run
    assert [links(run) for run in (runs[1], undo, redo)] == [(None, None), (runs[1], redo), (undo, None)]


def test_prune_has_a_document(two_runs) -> None:
    """How many runs lost their restore points, and their bytes."""
    heal, _ = two_runs
    assert json.loads(heal("prune", "--yes", "--json")) == {"heal": 1, "runs": 0, "bytes": 0}
