"""A login that failed, in our words: whether the user has to mend something, or a server is away."""

from __future__ import annotations

import os
import re
import select
from typing import Final

import psycopg
from psycopg import pq

from heal_cli.conninfo import mask_text
from heal_cli.errors import ConnectionRefused, DatabaseUnavailable, HealError, UsageError
from heal_cli.write.sqlstate import Fault, fault_of_code

CONNECT_TIMEOUT_S: Final = 10
"""libpq waits for ever by default; what the connection string itself says of this or of TCP wins."""

_REFUSED: Final = (
    *("authentication failed", "does not exist", "no password supplied", "SSL"),
    *("no pg_hba.conf entry", "pg_hba.conf rejects"),
    *("is not permitted to log in", "permission denied for database"),
    # what PGTZ, PGOPTIONS and their kin ask of the server, or of a pooler before it
    *("for parameter", "configuration parameter", "startup parameter", "to set parameter"),
)
_BROKE_OFF: Final = ("SSL SYSCALL error", "closed unexpectedly", "unexpected eof")  # the network, not TLS
_NO_ADDRESS: Final = (
    *("connection is bad: invalid", "could not match", "Servname not supported"),
    *("definition of service", "service file", "Unix-domain socket path"),
)
"""What is said of settings that no wait mends, by libpq and, of a port in PGPORT, by the resolver."""

_SAID_BY_SERVER: Final = re.compile(r"\S:  \S")  # libpq sets the severity, in any language, before two blanks
_TRACED_CODE: Final = re.compile(rb'\tErrorResponse\t S "[^"]*" (?:V "\w*" )?C "(\w{5})"')
_WAYS: Final = {pq.PollingStatus.READING: select.POLLIN, pq.PollingStatus.WRITING: select.POLLOUT}
_USERS_TO_MEND: Final = (Fault.CONFIGURATION, Fault.ROW, Fault.PLAN)  # a setting, a right, a name


def connect_error(error: psycopg.OperationalError, conninfo: str) -> HealError:
    """A failed login in our words; psycopg gives no SQLSTATE there, only text."""
    sentences = re.sub(r"(?<=\w)\s*\n\s*(?=[A-Z])", ". ", str(error))
    text = mask_text(" ".join(sentences.split()), conninfo)
    hint = "Check it with: heal doctor"
    has_broken_off = any(word in text for word in _BROKE_OFF)
    if not has_broken_off and (any(word in text for word in _REFUSED) or _is_refused(error, conninfo)):
        return ConnectionRefused(f"The server refused the connection: {text}", hint=hint)
    if any(word in text for word in _NO_ADDRESS):
        return UsageError(f"No server can be meant by that: {text}", hint=hint)
    return DatabaseUnavailable(f"No connection to the database: {text}", hint=hint)


def _is_refused(error: psycopg.OperationalError, conninfo: str) -> bool:
    """A server speaks in words of its own language (`lc_messages`), and means what the user has to mend."""
    if not _SAID_BY_SERVER.search(str(error)):
        return False
    codes = _refusal_codes(conninfo)
    return bool(codes) and all(fault_of_code(code) in _USERS_TO_MEND for code in codes)


def _refusal_codes(conninfo: str) -> list[str]:
    """SQLSTATEs with which the servers refuse one more login: libpq shows them in its trace alone, on Linux."""
    attempt = pq.PGconn.connect_start(conninfo.encode())
    try:
        # In memory: the trace shows the password, too.
        with open(os.memfd_create("login"), "rb") as trace:  # noqa: PTH123  a descriptor has no path
            attempt.trace(trace.fileno())
            _finish_login(attempt)
            attempt.untrace()
            trace.seek(0)
            return [code.decode() for code in _TRACED_CODE.findall(trace.read())]
    except (AttributeError, psycopg.NotSupportedError):  # neither is there on other systems
        return []
    finally:
        attempt.finish()


def _finish_login(attempt: pq.abc.PGconn) -> None:
    while way := _WAYS.get(pq.PollingStatus(attempt.connect_poll())):
        ready = select.poll()
        ready.register(attempt.socket, way)
        if not ready.poll(CONNECT_TIMEOUT_S * 1000):
            return
