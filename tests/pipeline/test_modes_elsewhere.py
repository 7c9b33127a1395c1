"""`--mode` and undo where partitions, triggers or other tables hang on the rows that change."""

from __future__ import annotations

import json

import pytest

from heal_cli.errors import WriteError

from .conftest import OLD


@pytest.mark.parametrize("mode", ["upsert", "update", "delete"])
def test_rows_that_move_between_partitions_come_back(changing, mode) -> None:
    """What they were is kept, wherever the change puts them."""
    changing.conn.execute(
        "create table p (id int, part int, old text, primary key (id, part)) partition by list (part);"
        "create table p1 partition of p for values in (1); create table p2 (old text, part int not null, id int not null);"
        "alter table p attach partition p2 for values in (2); alter table p add unique (id, part);"
        "insert into p select g, g % 2 + 1, 'old ' || g from generate_series(1, 6) g"
    )
    before = changing.all("select tableoid::regclass::text, * from p order by id")
    run = changing.load("id,part,old\n1,2,x\n2,1,y\n", table="p", mode=mode).run
    assert changing.all("select tableoid::regclass::text, * from p order by id") != before
    changing.undo(run)
    assert changing.all("select tableoid::regclass::text, * from p order by id") == before


def test_a_trigger_that_keeps_a_row_makes_a_reject(changing) -> None:
    """The others change, and undo brings exactly them back."""
    changing.conn.execute(
        "create function keep() returns trigger language plpgsql as $$ begin return case when old.id <> 3 then new end;"
        " end $$; create trigger keep before update on t for each row execute function keep()"
    )
    report = changing.load("id,n\n1,10\n3,30\n5,50\n", mode="update")
    assert dict(report.reject_reasons) == {"trigger_skipped": 1}
    assert changing.all("select id, n from t where id in (1, 3, 5) order by id") == [(1, 10), (3, 3), (5, 50)]
    changing.undo(report.run)
    assert changing.all() == OLD


@pytest.mark.parametrize("mode", ["upsert", "update", "delete", "replace"])
def test_a_trigger_that_changes_what_comes_back_is_refused(changing, mode) -> None:
    """A row with another time of change is not the row that was there; with the trigger off it is."""
    changing.conn.execute(
        "alter table t add touched int not null default 0;"
        "create function touch() returns trigger language plpgsql as $$ begin new.touched := new.touched + 1;"
        " return new; end $$; create trigger touch before insert or update on t for each row execute function touch()"
    )
    before = changing.all()
    run = changing.load("id,name,n\n2,two,22\n4,four,44\n", mode=mode).run
    after = changing.all()
    with pytest.raises(WriteError, match=r"triggers \(touch\) change [26] of the rows") as caught:
        changing.undo(run)
    assert "DISABLE TRIGGER" in str(caught.value)
    assert changing.all() == after
    changing.conn.execute("alter table t disable trigger touch")
    changing.undo(run)
    assert changing.all() == before


@pytest.mark.parametrize("action", ["cascade", "set null", "set default"])
def test_a_delete_that_would_change_rows_elsewhere_is_refused(changing, action) -> None:
    """No restore point keeps rows of other tables; --no-restore leaves it to the foreign key."""
    changing.conn.execute(
        f"create table child (c int, t int references t on delete {action}); insert into child values (1, 2), (2, 6)"
    )
    with pytest.raises(WriteError, match=r"1 row of .*child refers to rows that --mode delete"):
        changing.load("id\n2\n3\n", mode="delete")
    assert changing.all() == OLD
    assert changing.all("select * from child order by c") == [(1, 2), (2, 6)]
    changing.load("id\n3\n4\n", mode="delete", name="b.csv")
    changing.load("id\n2\n", mode="delete", name="c.csv", restore=False)
    assert len(changing.all()) == 3


@pytest.mark.parametrize("action", ["restrict", "no action"])
def test_a_row_that_others_refer_to_is_a_reject_of_a_delete(changing, action) -> None:
    """Whatever the foreign key says to it, the reason is its, and names it."""
    changing.conn.execute(
        f"create table child (t int constraint kept references t on delete {action}); insert into child values (2)"
    )
    report = changing.load("id\n1\n2\n3\n", mode="delete")
    assert dict(report.reject_reasons) == {"foreign_key_violation": 1}
    (record,) = map(json.loads, changing.rejects.read_text().splitlines())
    assert (record["row"], record["constraint"]) == (2, "kept")
    assert [id for id, *_ in changing.all()] == [2, 4, 5, 6]


def test_a_delete_of_rows_that_refer_to_each_other(changing) -> None:
    """Rows that the batch deletes itself are in the restore point; others are not."""
    changing.conn.execute(
        "create table tree (id int primary key, up int references tree on delete cascade);"
        "insert into tree values (1, null), (2, 1), (3, 2), (4, 3)"
    )
    with pytest.raises(WriteError, match=r"1 row of .*tree refers to rows"):
        changing.load("id\n2\n3\n", mode="delete", table="tree", name="b.csv")
    run = changing.load("id\n2\n3\n4\n", mode="delete", table="tree", name="c.csv").run
    assert changing.all("select id from tree") == [(1,)]
    changing.undo(run)
    assert changing.all("select * from tree order by id") == [(1, None), (2, 1), (3, 2), (4, 3)]


@pytest.mark.parametrize("action", ["set null", "set default"])
@pytest.mark.parametrize("mode", ["update", "upsert"])
def test_an_update_that_would_change_rows_elsewhere_is_refused(changing, action, mode) -> None:
    """No restore point keeps what they referred to; --no-restore leaves it to the foreign key."""
    changing.conn.execute(
        "alter table t add unique (n);"
        f"create table child (c int, n int references t (n) on update {action}); insert into child values (1, 2), (2, 6)"
    )
    with pytest.raises(WriteError, match=rf"1 row of .*child refers to rows that --mode {mode} changes"):
        changing.load("id,n,name\n2,22,x\n3,33,y\n", mode=mode)
    assert changing.all("select * from child order by c") == [(1, 2), (2, 6)]
    changing.load("id,n,name\n3,34,x\n6,6,same\n", mode=mode, name="b.csv")
    changing.load("id,n,name\n2,23,x\n", mode=mode, name="c.csv", restore=False)
    assert changing.all("select * from child order by c") == [(1, None), (2, 6)]


def test_an_undo_that_would_change_rows_elsewhere_is_refused(changing) -> None:
    """Rows that came to refer to what an update made keep it."""
    changing.conn.execute(
        "alter table t add unique (n); create table child (c int, n int references t (n) on update set null)"
    )
    run = changing.load("id,n\n2,22\n3,33\n", mode="update").run
    changing.conn.execute("insert into child values (1, 22)")
    with pytest.raises(WriteError, match=r"1 row of .*child refers to its rows"):
        changing.undo(run)
    assert changing.all("select * from child") == [(1, 22)]


def test_rows_elsewhere_follow_an_update_and_its_undo(changing) -> None:
    """ON UPDATE CASCADE takes them along, there and back."""
    changing.conn.execute(
        "alter table t add unique (n); create table child (c int, n int references t (n) on update cascade);"
        "insert into child values (1, 2), (2, 6)"
    )
    run = changing.load("id,n\n2,22\n3,33\n", mode="update").run
    assert changing.all("select * from child order by c") == [(1, 22), (2, 6)]
    undo = changing.undo(run).run
    assert changing.all("select * from child order by c") == [(1, 2), (2, 6)]
    changing.undo(undo)
    assert changing.all("select * from child order by c") == [(1, 22), (2, 6)]


@pytest.mark.parametrize("mode", ["update", "upsert"])
def test_a_reference_that_is_not_there_is_a_reject_of_a_change(changing, mode) -> None:
    """A row of a table that refers to itself, and to no row there is, ends no load; an upsert tries it as a new one."""
    changing.conn.execute(
        "create table tree (id int primary key, up int references tree); insert into tree values (1)"
    )
    report = changing.load("id,up\n1,77\n", mode=mode, table="tree")
    reason = "unique_violation" if mode == "upsert" else "foreign_key_violation"
    assert dict(report.reject_reasons) == {reason: 1}
    assert changing.load(None, mode=mode, table="tree").rows.already == 1
