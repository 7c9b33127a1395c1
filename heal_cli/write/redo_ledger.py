"""What an undo took out of the ledger, into it again: where nobody has taken its place meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.errors import WriteError
from heal_cli.write.ledger import CLAIM_LOCK_CLASS
from heal_cli.write.pieces import check_nobody_works
from heal_cli.write.undo_owners import Owner

_PIECES: Final = ("load_batches", "load_retries")

_AGAIN: Final = (
    # Later savepoints of its batches, and retries of the same rows.
    "SELECT later.run::text, later.source_name FROM heal.undone_lines AS k JOIN heal.load_batches AS later"
    " ON later.source = k.source AND later.batch = (line ->> 'batch')::int4 AND later.piece >= (line ->> 'piece')::int4"
    " WHERE undo = %(undo)s AND relation = 'load_batches'"
    " UNION ALL SELECT later.run::text, later.source_name FROM heal.undone_lines AS k JOIN heal.load_retries AS later"
    " ON later.source = k.source AND later.batch = (line ->> 'batch')::int4"
    " AND later.rows && (SELECT array_agg(row::int8) FROM json_array_elements_text(line -> 'rows') AS row)"
    " WHERE undo = %(undo)s AND relation = 'load_retries'"
    # Sources that look like those which are gone. What another undo of an undo brought back was there before,
    # under the same name perhaps; then its content has to differ, or to be what this one went on from.
    " UNION ALL SELECT later.run::text, later.name FROM heal.undone_lines AS k JOIN heal.load_sources AS later"
    " ON later.table_oid = %(oid)s AND later.source > %(newest)s AND later.generation = (line ->> 'generation')::int4"
    " AND later.source_id IS NOT DISTINCT FROM line ->> 'source_id'"
    " AND (later.first_digest = line ->> 'first_digest' OR later.digest = line ->> 'digest'"
    # Of one that was cut otherwise and has not ended nobody knows.
    " OR (later.stop IS NULL AND later.first_stop <> (line ->> 'first_stop')::int8)"
    " OR (later.name = line ->> 'name' AND NOT EXISTS (SELECT FROM heal.undone_lines AS back JOIN heal.undos AS u"
    " ON u.undo = back.undo AND u.undone_by IS NOT NULL WHERE back.source = later.source)))"
    " AND ((later.stop, later.digest) = ((line ->> 'before_stop')::int8, line ->> 'before_digest')) IS NOT TRUE"
    " WHERE undo = %(undo)s AND relation = 'load_sources' AND after IS NULL LIMIT 1"
)

_CHANGED: Final = (
    "SELECT line ->> 'name' FROM heal.undone_lines AS k LEFT JOIN heal.load_sources AS s USING (source)"
    " WHERE undo = %(undo)s AND relation = 'load_sources' AND after IS NOT NULL"
    " AND to_jsonb(s) - %(free)s::text[] IS DISTINCT FROM after - %(free)s::text[]"
    # A retry rests on the batch that rejected its rows.
    " UNION ALL SELECT line ->> 'source_name' FROM heal.undone_lines AS k WHERE undo = %(undo)s"
    " AND relation = 'load_retries'"
    " AND NOT EXISTS (SELECT FROM heal.load_batches AS b WHERE b.source = k.source"
    " AND b.batch = (k.line ->> 'batch')::int4)"
    " AND NOT EXISTS (SELECT FROM heal.undone_lines AS b WHERE b.undo = k.undo AND b.relation = 'load_batches'"
    " AND b.source = k.source AND b.line ->> 'batch' = k.line ->> 'batch')"
    # A longer source rests on the shorter one that it went on from, with every row of that.
    " UNION ALL SELECT line ->> 'name' FROM heal.undone_lines AS k WHERE undo = %(undo)s"
    " AND relation = 'load_sources' AND after IS NULL AND line ->> 'before_stop' IS NOT NULL"
    " AND NOT EXISTS (SELECT FROM heal.load_sources AS s JOIN LATERAL"
    " (SELECT sum(loaded + rejected + duplicates) AS rows,"
    " bool_or((b.stop, b.digest) = ((k.line ->> 'before_stop')::int8, k.line ->> 'before_digest')) AS is_base"
    " FROM heal.load_batches AS b WHERE b.source = s.source) AS settled ON true"
    " WHERE s.table_oid = %(oid)s AND (is_base"
    " OR (s.stop, s.digest) = ((k.line ->> 'before_stop')::int8, k.line ->> 'before_digest'))"
    " AND settled.rows + (SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(s.settled_before) AS r)"
    " >= (SELECT coalesce(sum(upper(r) - lower(r)), 0)"
    " FROM unnest((k.line ->> 'settled_before')::int8multirange) AS r)) LIMIT 1"
)

_FREE: Final = ["source", "plan", "schema_version"]
"""What of a source may change while nothing of it is loaded."""


class KeptLines:
    """The lines of the ledger that one undo kept.

    Args:
        run: That the undo took back.
        oid: Of the table.
    """

    def __init__(self, cursor: psycopg.Cursor, undo: str, run: str, oid: int) -> None:
        self._cursor, self._undo, self._run, self._oid = cursor, undo, run, oid
        cursor.execute(
            "SELECT relation, mark::text, line ->> 'was' FROM heal.undone_lines WHERE undo = %s ORDER BY place",
            (undo,),
        )
        found = cursor.fetchall()
        self.marks = list(dict.fromkeys(mark for relation, mark, _ in found if relation in _PIECES))
        """xmins of the pieces, each once."""
        self._moved = [(mark, was) for relation, mark, was in found if relation == "moved_rows"]
        self._renewed: dict[str, str] = {}

    def check_free(self, newest: int) -> None:
        """Nobody has loaded the same since, and what the lines rest on is there; and it stays so.

        Args:
            newest: Source of the table when the undo was made.

        Raises:
            WriteError: Somebody has, or it is not.
        """
        # As for a new source: of two that look which there are, the second has to see what the first adds.
        self._cursor.execute(
            "SELECT pg_catalog.pg_advisory_xact_lock(%s, %s::oid::int4)", (CLAIM_LOCK_CLASS, self._oid)
        )
        self._cursor.execute(
            "SELECT source FROM heal.load_sources WHERE source IN"
            " (SELECT source FROM heal.undone_lines WHERE undo = %s) ORDER BY source FOR UPDATE",
            (self._undo,),
        )
        check_nobody_works(self._cursor, [source for (source,) in self._cursor.fetchall()], self._undo)
        values = {"undo": self._undo, "oid": self._oid, "newest": newest, "free": _FREE}
        self._cursor.execute(_AGAIN.encode(), values)
        if again := self._cursor.fetchone():
            raise WriteError(
                f"Run {self._undo} was not undone: since then run {again[0]} has loaded {again[1]!r}, or begun to",
                hint=f"Undo that first: heal undo {again[0]}",
            )
        self._cursor.execute(_CHANGED.encode(), values)
        if changed := self._cursor.fetchone():
            raise WriteError(
                f"Run {self._undo} was not undone: what it took back rests on other loads of {changed[0]!r}, and"
                " those were undone or went on since",
                hint="See which with: heal runs list",
            )

    def put_back_sources(self) -> None:
        """Sources as they were; those that were gone get new numbers, by which all others see that they are there."""
        numbers = {source: self._add_source(source, place) for source, place in self._sources_gone()}
        self._cursor.execute(
            "UPDATE heal.load_sources AS s SET (finished_at, stop, digest, rows, retried_at, limited_to) ="
            " (was.finished_at, was.stop, was.digest, was.rows, was.retried_at, was.limited_to)"
            " FROM heal.undone_lines AS k CROSS JOIN LATERAL json_populate_record(NULL::heal.load_sources, line) AS was"
            " WHERE undo = %s AND relation = 'load_sources' AND after IS NOT NULL AND s.source = k.source",
            (self._undo,),
        )
        for old, new in numbers.items():
            self._cursor.execute(
                "UPDATE heal.load_sources AS s SET superseded_by = %s FROM heal.undone_lines AS k"
                " WHERE undo = %s AND relation = 'load_sources' AND after IS NOT NULL AND s.source = k.source"
                " AND line ->> 'superseded_by' = %s",
                (new, self._undo, str(old)),
            )
        self._cursor.execute(
            "INSERT INTO heal.load_run_sources (run, source, name) SELECT (line ->> 'run')::uuid, source, line ->> 'name'"
            " FROM heal.undone_lines WHERE undo = %s AND relation = 'load_run_sources' ON CONFLICT DO NOTHING",
            (self._undo,),
        )

    def put_back(self, mark: str) -> None:
        """The pieces that had this xmin, with that of the savepoint."""
        for relation in _PIECES:
            self._cursor.execute(
                sql.SQL(
                    "INSERT INTO {table} SELECT piece.* FROM heal.undone_lines AS k CROSS JOIN LATERAL"
                    " jsonb_populate_record(json_populate_record(NULL::{table}, line), jsonb_build_object("
                    "'source', k.source, 'xact', pg_catalog.pg_current_xact_id()::text,"
                    " 'former', (line::jsonb -> 'former') || to_jsonb(k.mark::text))) AS piece"
                    " WHERE undo = %s AND relation = %s AND k.mark = %s::text::xid ORDER BY place RETURNING xmin::text"
                ).format(table=sql.Identifier("heal", relation)),
                (self._undo, relation, mark),
            )
            if row := self._cursor.fetchone():
                self._renewed[mark] = row[0]

    def owners(self, xmins: Sequence[str]) -> dict[str, set[Owner]]:
        """xmin of rows that are no piece's -> who had them.

        Raises:
            WriteError: The run had not.
        """
        self._cursor.execute(
            "WITH known AS (SELECT xmin AS x, run, was FROM heal.moved_rows"
            " UNION SELECT xmin, run, xmin FROM heal.load_batches WHERE run = %(run)s"
            " UNION SELECT xmin, run, xmin FROM heal.load_retries WHERE run = %(run)s)"
            " SELECT x::text, run::text, was::text FROM known WHERE x = ANY(%(xmins)s::xid[])",
            {"run": self._run, "xmins": list(xmins)},
        )
        found: defaultdict[str, set[Owner]] = defaultdict(set)
        for xmin, run, was in self._cursor.fetchall():
            found[xmin].add((run, was))
        for xmin, was in self._moved:
            found[xmin].add((self._run, was))
        for xmin in xmins:
            if xmin not in self.marks and self._run not in {run for run, _ in found[xmin]}:
                raise WriteError(
                    f"Run {self._undo} cannot be undone: the ledger does not say whose its rows were"
                )
        return found

    def renewed(self, owners: Iterable[Owner]) -> list[Owner]:
        """The same, by the xmins that their pieces have now."""
        return sorted((run, self._renewed.get(was, was)) for run, was in owners)

    def _sources_gone(self) -> list[tuple[int, int]]:
        self._cursor.execute(
            "SELECT source, place FROM heal.undone_lines WHERE undo = %s AND relation = 'load_sources'"
            " AND after IS NULL ORDER BY source",
            (self._undo,),
        )
        return [(source, place) for source, place in self._cursor.fetchall()]

    def _add_source(self, source: int, place: int) -> int:
        self._cursor.execute(
            "INSERT INTO heal.load_sources OVERRIDING USER VALUE SELECT was.* FROM heal.undone_lines"
            " CROSS JOIN LATERAL json_populate_record(NULL::heal.load_sources, line) AS was WHERE place = %s"
            " RETURNING source",
            (place,),
        )
        (number,) = self._cursor.fetchone() or (0,)
        self._cursor.execute("UPDATE heal.undone_lines SET source = %s WHERE source = %s", (number, source))
        return int(number)
