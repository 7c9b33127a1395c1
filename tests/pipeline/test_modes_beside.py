"""`--mode` and undo while others are at work, and keys that no source gives values."""

from __future__ import annotations

import importlib
from datetime import timedelta

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from heal_cli.errors import WriteError
from heal_cli.write import connect, prune_restore_points
from heal_cli.write.undo_changes import Restorer


def test_pruned_restore_points_are_missed(changing, capsys) -> None:
    """Undo never takes a changed row for an inserted one because its former self is gone."""
    from heal_cli.cli.app import run as command

    run = changing.load("id,name,n\n2,two,22\n9,nine,99\n", mode="upsert").run
    assert command(["runs", "show", run, "--dsn", changing.dsn]) == 0
    assert "bytes keep what its rows were before" in capsys.readouterr().out
    assert command(["runs", "prune", "--older-than", "0", "--dsn", changing.dsn]) == 2
    assert command(["runs", "prune", "--older-than", "0", "--dsn", changing.dsn, "--yes"]) == 0
    before = changing.all()
    with pytest.raises(WriteError, match="were pruned"):
        changing.undo(run)
    assert changing.all() == before


@pytest.mark.parametrize("mode", ["update", "delete", "replace"])
def test_a_prune_waits_for_an_undo(changing, monkeypatch, mode) -> None:
    """An undo that has begun finds every restore point, or it would call rows taken back that are not."""
    before = changing.all()
    run = changing.load("id,name,n\n1,x,1\n2,y,2\n", mode=mode).run
    stage, refused = Restorer._stage, []

    def pruned_first(restorer: Restorer, made: list[str]) -> int:
        with changing.conn.transaction():
            changing.conn.execute("set local lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable) as caught:
                prune_restore_points(changing.conn, older_than=timedelta(0))
            refused.append(caught.value)
            raise psycopg.Rollback
        return stage(restorer, made)

    monkeypatch.setattr(Restorer, "_stage", pruned_first)
    changing.undo(run)
    assert refused
    assert changing.all() == before


@pytest.mark.parametrize("room", ["change", "replace"])
def test_no_row_comes_to_refer_to_those_that_go(changing, monkeypatch, room) -> None:
    """Between the look at foreign keys and the delete: such a row would go with the cascade, and in no restore point."""
    changing.conn.execute("create table child (id int references t on delete cascade)")
    module = importlib.import_module(f"heal_cli.write.{room}")
    found = module.silent_references

    def then_a_child(*given, **named) -> list[object]:
        there = list(found(*given, **named))
        with pytest.raises(psycopg.errors.LockNotAvailable), changing.conn.transaction():
            changing.conn.execute("set local lock_timeout = '100ms'; insert into child values (2)")
        return there

    monkeypatch.setattr(module, "silent_references", then_a_child)
    mode = {"change": "delete"}.get(room, room)
    assert changing.load("id,name,n\n2,x,3\n", mode=mode).rows.loaded == 1
    assert changing.all("select count(*) from child") == [(0,)]


def test_settings_of_a_role_change_no_value(changing) -> None:
    """Without array_nulls, a NULL in an array that comes back from its text would be a word."""
    changing.conn.execute("alter table t add a text[]; update t set a = array['x', null]")
    before = changing.all()
    options = conninfo_to_dict(changing.dsn)["options"]
    changing.options["dsn"] = make_conninfo(changing.dsn, options=f"{options} -c array_nulls=off")
    run = changing.load('id,name,a\n1,one,"{y,NULL}"\n2,two,{}\n', mode="upsert").run
    assert changing.all("select a from t where id < 3") == [(["y", None],), ([],)]
    changing.undo(run)
    assert changing.all() == before


def test_dates_of_the_ledger_are_read_in_any_style(changing) -> None:
    """The same load again, an undo and its undo look at times that the server prints as it was set up to."""
    options = conninfo_to_dict(changing.dsn)["options"]
    changing.options["dsn"] = make_conninfo(changing.dsn, options=f"{options} -c DateStyle=German")
    before = changing.all()
    text = "id,name,n\n2,x,3\n"
    run = changing.load(text, mode="upsert").run
    after = changing.all()
    again = changing.load(text, mode="upsert", again=False)
    assert (again.rows.loaded, again.rows.already) == (0, 1)
    undo = changing.undo(run).run
    assert changing.all() == before
    changing.undo(undo)
    assert changing.all() == after


def test_every_transaction_sees_what_others_committed(changing) -> None:
    """Whatever a role's default is: who waited for a lock goes by what its holder left."""
    isolation = "default_transaction_isolation=serializable"
    with connect(make_conninfo(changing.dsn, options=f"-c {isolation}")) as connection:
        assert connection.execute("show transaction_isolation").fetchone() == ("read committed",)


@pytest.mark.parametrize("mode", ["upsert", "update", "delete"])
@pytest.mark.parametrize(
    ("key", "modes", "hint"),
    [
        ("int generated always as (n * 2) stored", {"upsert", "update", "delete"}, "unique key with --key"),
        ("int generated always as identity", {"upsert"}, "--override-identity"),
    ],
)
def test_a_key_that_takes_no_values_is_refused(retrying, mode, key, modes, hint) -> None:
    """The server makes it, and the refusal says what to do; where it only finds rows, an identity will do."""
    retrying.conn.execute(
        f"create table t (n int, name text, id {key} primary key); insert into t values (1, 'a')"
    )
    if mode not in modes:
        assert retrying.load("id,name\n1,b\n", mode=mode).rows.loaded == 1
        return
    with pytest.raises(WriteError, match=f"--mode {mode} finds rows by 'id'") as caught:
        retrying.load("id,name\n1,b\n", mode=mode)
    assert hint in (caught.value.hint or "")
    assert retrying.all("select name from t") == [("a",)]
