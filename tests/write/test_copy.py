"""Rows arrive as they are, however large they are and however many there are."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import polars as pl
import pytest

from heal_cli.model import ROW
from heal_cli.schema import introspect
from heal_cli.write.connection import connect
from heal_cli.write.copy import Copier
from heal_cli.write.encode import CHUNK_ROWS

COLUMNS = "id bigint, s text, b boolean, n numeric(10,2), at timestamptz, wall timestamp"


def _rows(height: int) -> pl.DataFrame:
    """Of every dtype that Arrow stores in its own way, with nulls at places that no slice begins at."""
    return pl.DataFrame({ROW: range(height)}).select(
        pl.col(ROW),
        id=pl.col(ROW),
        s=pl.when(pl.col(ROW) % 3 > 0).then(pl.format("a,\n\"{}'", ROW)),
        b=pl.when(pl.col(ROW) % 7 > 0).then(pl.col(ROW) % 2 == 0),
        n=(pl.col(ROW) / 4).cast(pl.Decimal(10, 2)),
        at=pl.from_epoch(pl.col(ROW), "s").cast(pl.Datetime("us", "UTC")),
        wall=(pl.col(ROW) * 250_000).cast(pl.Datetime("us")),
    )


@pytest.mark.parametrize(("format_", "more"), [("binary", ""), ("csv", ", words tsvector")])
def test_slices_leave_nothing_out(conn, format_, more) -> None:
    """Each of the slices that a frame is sent in arrives whole, in binary and in CSV."""
    conn.execute(f"create table t ({COLUMNS}{more})")
    rows = _rows(2 * CHUNK_ROWS + 7)
    if more:
        rows = rows.with_columns(words=pl.lit("'a'"))
    copier = Copier(introspect(conn, "t"))
    with conn.cursor() as cursor:
        assert copier.copy(cursor, rows) == rows.height
        sent = cursor.execute("select id, s, b, n, at, wall from t order by id").fetchall()
    assert copier.format == format_
    assert sent == rows.select("id", "s", "b", "n", "at", "wall").rows()


@pytest.mark.parametrize("type_", ["text", "jsonpath"])
def test_one_value_of_many_blocks(conn, type_) -> None:
    """A value larger than what is handed over at once arrives whole, in binary and in CSV."""
    conn.execute(f"create table t (v {type_})")
    value = f'"{"0123456789" * 350_000}"'
    with conn.cursor() as cursor:
        Copier(introspect(conn, "t")).copy(cursor, pl.DataFrame({ROW: [1], "v": [value]}))
        assert cursor.execute("select v::text from t").fetchall() == [(value,)]


def test_the_form_is_chosen_for_each_frame(conn) -> None:
    """A frame whose times travel as text, `infinity` among them, may follow one whose times are binary."""
    conn.execute("CREATE TABLE t (at timestamptz)")
    copier = Copier(introspect(conn, "t"))
    times = pl.DataFrame({ROW: [1], "at": [datetime(2024, 1, 2, tzinfo=UTC)]})
    words = pl.DataFrame({ROW: [2, 3], "at": ["infinity", "2024-01-03 00:00:00+00"]})
    with conn.cursor() as cursor:
        assert [copier.copy(cursor, frame) for frame in (times, words, times)] == [1, 2, 1]
    days = conn.execute("SELECT at::text FROM t ORDER BY at").fetchall()
    assert [day[:10] for (day,) in days] == ["2024-01-02", "2024-01-02", "2024-01-03", "infinity"]


@pytest.mark.parametrize("type_", ["text", "jsonb", "text[]"])
def test_texts_are_those_of_the_source_whatever_the_connection_asks_for(conn, conninfo, type_) -> None:
    """A `client_encoding` in the connection string does not make other characters of a binary COPY."""
    conn.execute(f"create table public.encoded (v {type_})")
    value = '{"é": "ß"}' if type_ == "jsonb" else '{"é"}'
    try:
        with connect(f"{conninfo} client_encoding=latin1") as connection, connection.cursor() as cursor:
            copier = Copier(introspect(connection, "public.encoded"))
            copier.copy(cursor, pl.DataFrame({ROW: [1], "v": [value]}))
        assert copier.format == "binary"
        assert conn.execute(f"select v = %s::{type_} from public.encoded", [value]).fetchone() == (True,)
    finally:
        conn.execute("drop table public.encoded")


def test_room_for_a_batch(conninfo) -> None:
    """The kernel may take more on its way to a server of this machine than it does unasked."""

    def room(connection) -> int:
        with socket.fromfd(connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM) as handle:
            return handle.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)

    fresh, other = socket.socketpair()
    with connect(conninfo) as connection, fresh, other:
        assert room(connection) > fresh.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
