"""The table of a run that is undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.errors import WriteError
from heal_cli.write.connection import table_name
from heal_cli.write.references import silent_references

_KINDS: Final = {
    "v": "it went through a view, and nothing tells which rows of the tables behind it are its own",
    "f": "the table is foreign, or has foreign partitions, whose rows do not say who wrote them",
}
"""pg_class.relkind, 'f' also where a partition is one -> why rows in it are not known again."""

_TRIGGERS: Final = (
    "SELECT tgname::text FROM pg_catalog.pg_trigger WHERE tgrelid = %s AND NOT tgisinternal AND tgenabled <> 'D'"
    " AND tgtype & 28 <> 0 ORDER BY 1"  # INSERT, DELETE or UPDATE
)
_SEQUENCES: Final = (
    "SELECT DISTINCT s.oid::pg_catalog.regclass::text FROM pg_catalog.pg_depend AS d"
    " JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = %s AND d.deptype IN ('a', 'i')"
    " ORDER BY 1"
)


@dataclass(frozen=True, slots=True)
class UndoTable:
    """A table whose rows say who wrote them."""

    oid: int
    schema: str
    name: str
    kind: str  # pg_class.relkind

    @property
    def qualified(self) -> str:
        """For messages."""
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        """For INSERT, and as the name of its row type."""
        return table_name(self.schema, self.name)

    @property
    def rows(self) -> sql.Composed:
        """For FROM: the rows that a load writes, none of inheritance children."""
        only = sql.SQL("" if self.kind == "p" else "ONLY ")
        return sql.SQL("{}{}").format(only, self.identifier)

    def refers_to_itself(self, cursor: psycopg.Cursor) -> bool:
        """Rows of it refer to others of it."""
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contype = 'f'"
            " AND (conrelid, confrelid) = (%(oid)s, %(oid)s))",
            {"oid": self.oid},
        )
        return cursor.fetchone() == (True,)

    def triggers(self, cursor: psycopg.Cursor) -> tuple[str, ...]:
        """Those that fire on INSERT, DELETE or UPDATE."""
        return self._names(cursor, _TRIGGERS)

    def sequences(self, cursor: psycopg.Cursor) -> tuple[str, ...]:
        """Those that columns take values from."""
        return self._names(cursor, _SEQUENCES)

    def _names(self, cursor: psycopg.Cursor, query: str) -> tuple[str, ...]:
        cursor.execute(query.encode(), (self.oid,))
        return tuple(str(name) for (name,) in cursor.fetchall())


def find_table(cursor: psycopg.Cursor, run: str, oid: int) -> UndoTable:
    """The table that a run has written.

    Raises:
        WriteError: It is gone, or its rows do not say who wrote them.
    """
    cursor.execute(
        "SELECT c.oid::int8, nspname::text, relname::text, CASE WHEN EXISTS (SELECT"
        " FROM pg_catalog.pg_partition_tree(c.oid) JOIN pg_catalog.pg_class AS part ON part.oid = relid"
        " WHERE part.relkind = 'f') THEN 'f' ELSE relkind::text END FROM pg_catalog.pg_class AS c"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = relnamespace WHERE c.oid = %s",
        (oid,),
    )
    row = cursor.fetchone()
    if row is None:
        raise WriteError(f"Run {run} has nothing to undo: the table that it loaded was dropped")
    table = UndoTable(*row)
    if table.kind in _KINDS:
        raise WriteError(
            f"Run {run} cannot be undone: {_KINDS[table.kind]}", hint="Delete its rows by what is in them"
        )
    return table


def written_by(row: str, xmins: list[str]) -> sql.Composed:
    """The row, called so, has one of these xmins."""
    return sql.SQL("{} = ANY({}::pg_catalog.xid[])").format(sql.Identifier(row, "xmin"), sql.Literal(xmins))


def check_references(cursor: psycopg.Cursor, run: str, table: UndoTable, xmins: list[str]) -> None:
    """No foreign key would change rows elsewhere in silence; one that only refuses says so itself.

    Args:
        xmins: Of the rows that are to be deleted.

    Raises:
        WriteError: Rows of a table refer to them, and would be deleted or changed with them.
    """
    going = written_by("t", xmins)
    staying = sql.SQL("NOT {}").format(written_by("c", xmins))
    for found in silent_references(cursor, table.oid, table.rows, going=going, own=staying):
        raise WriteError(
            f"Run {run} was not undone: {found.told} to its rows, and"
            f" {found.constraint} would delete or change them in silence",
            hint=f"Look after those rows of {found.table} first",
        )
