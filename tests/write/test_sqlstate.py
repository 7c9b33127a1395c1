"""Whose fault an error is: the table of design 9, for SQLSTATEs and for what libpq says without one."""

from __future__ import annotations

import psycopg
import pytest

from heal_cli.errors import ConnectionRefused, DatabaseUnavailable, UsageError
from heal_cli.write.connection import connect
from heal_cli.write.login import connect_error
from heal_cli.write.sqlstate import Fault, fault_of

FAULTS = {
    "08006": Fault.WORLD, "25006": Fault.WORLD, "53100": Fault.WORLD, "53200": Fault.WORLD,
    "53300": Fault.WORLD, "57P01": Fault.WORLD, "57P02": Fault.WORLD, "57P03": Fault.WORLD, "58030": Fault.WORLD,
    "40001": Fault.RETRY, "40P01": Fault.RETRY, "55P03": Fault.RETRY,
    "57014": Fault.LIMIT, "25P03": Fault.LIMIT, "25P04": Fault.LIMIT,
    "22P02": Fault.ROW, "23505": Fault.ROW, "44000": Fault.ROW, "P0001": Fault.ROW, "54000": Fault.ROW,
    "28P01": Fault.CONFIGURATION, "3D000": Fault.CONFIGURATION, "42P01": Fault.PLAN,
}  # fmt: skip


@pytest.mark.parametrize(("code", "fault"), FAULTS.items())
def test_a_sqlstate_says_whose_fault_it_is(code: str, fault: Fault) -> None:
    """Data faults are never the world's, and the world's never a row's."""
    error = psycopg.DatabaseError()
    error.sqlstate = code
    assert fault_of(error) is fault


@pytest.mark.parametrize(
    "text",
    [
        "consuming input failed: server closed the connection unexpectedly",
        "sending query failed: Connection reset by peer",
        "the connection is lost",
    ],
)
def test_a_lost_connection_is_the_world(text: str) -> None:
    """libpq has no SQLSTATE for what happens to the network."""
    assert fault_of(psycopg.OperationalError(text)) is Fault.WORLD


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("connection failed: Connection refused", DatabaseUnavailable),
        ("failed to resolve host 'nosuch': [Errno -2] Name or service not known", DatabaseUnavailable),
        ("connection timeout expired", DatabaseUnavailable),
        ("FATAL:  the database system is starting up", DatabaseUnavailable),
        ("FATAL:  sorry, too many clients already", DatabaseUnavailable),
        ("SSL SYSCALL error: EOF detected", DatabaseUnavailable),
        ('FATAL:  password authentication failed for user "u"', ConnectionRefused),
        ('FATAL:  database "x" does not exist', ConnectionRefused),
        ("SSL error: certificate verify failed", ConnectionRefused),
        ('FATAL:  invalid value for parameter "TimeZone": "Mars/X"', ConnectionRefused),
        ('FATAL:  unrecognized configuration parameter "foo"', ConnectionRefused),
        ('FATAL:  permission denied to set parameter "log_statement"', ConnectionRefused),
        ("FATAL:  unsupported startup parameter: search_path", ConnectionRefused),
        ('connection is bad: invalid sslmode value: "x"', UsageError),
        ("could not match 3 port numbers to 2 hosts", UsageError),
        ('connection is bad: definition of service "x" not found', UsageError),
        ('connection is bad: service file "x" not found', UsageError),
        ('connection is bad: syntax error in service file "x", line 1', UsageError),
        ('connection is bad: Unix-domain socket path "/x" is too long (maximum 107 bytes)', UsageError),
        ("failed to resolve host 'h': [Errno -8] Servname not supported for ai_socktype", UsageError),
    ],
)
def test_a_failed_login_is_told_from_a_server_that_is_away(text: str, kind: type[Exception]) -> None:
    """What the user has to mend is never spooled; what passes by itself is."""
    assert isinstance(connect_error(psycopg.OperationalError(text), ""), kind)


def test_what_libpq_asks_below_its_message_is_a_sentence_of_its_own() -> None:
    """Its lines are joined as a person would. Previously the question ran on from the message."""
    error = connect_error(psycopg.OperationalError("Connection refused\n\tIs the server running?"), "")
    assert error.message == "No connection to the database: Connection refused. Is the server running?"


@pytest.mark.parametrize("address", ["host=127.0.0.1 port=1", "host=no-such-host.invalid"])
def test_nobody_there(address: str) -> None:
    """A refused connection and a name without an address are the world's."""
    with pytest.raises(DatabaseUnavailable):
        connect(f"{address} connect_timeout=3 user=u dbname=d")


@pytest.mark.parametrize(
    "conninfo",
    ["postgresql://u:hun/ter2@h/d", "postgresql://u@h:70000/d", "host=h port=0", "host=a,b port=5432,x"],
)
def test_a_port_that_cannot_be_is_no_outage(conninfo: str) -> None:
    """Nothing is retried and nothing spooled: the string is shown without its password, and how to write one."""
    with pytest.raises(UsageError) as caught:
        connect(conninfo)
    shown = conninfo.replace("hun/ter2", "***")
    assert caught.value.message == f"{shown!r} gives a port that is no number from 1 to 65535"
    assert caught.value.hint == "Write a '/' inside a password as %2F, a ':' as %3A and an '@' as %40"
