"""The connection that keeps a command's books, which outlives a cut while it is idle."""

from __future__ import annotations

import psycopg

from heal_cli.model import WriteOptions
from heal_cli.write.connection import connect, stands


class Books:
    """Short transactions over one connection, made when first needed and anew where it was cut while it was idle.

    Args:
        application_name: How the server lists it.
        limits: Whose time limits count for each transaction.
    """

    def __init__(self, conninfo: str, *, application_name: str, limits: WriteOptions | None = None) -> None:
        self._conninfo = conninfo
        self._name = application_name
        self._limits = limits
        self._connection: psycopg.Connection | None = None

    @property
    def connection(self) -> psycopg.Connection:
        """One that stands; each statement is a transaction by itself.

        Raises:
            ConnectionRefused: Login, database or TLS refused.
            DatabaseUnavailable: Nobody answers.
        """
        if self._connection is None or not stands(self._connection):
            self.close()
            self._connection = connect(self._conninfo, application_name=self._name, limits=self._limits)
            self._connection.autocommit = True
        return self._connection

    @property
    def kept(self) -> psycopg.Connection | None:
        """The connection as it is, if there is one and nobody has seen it broken."""
        return None if self._connection is None or self._connection.broken else self._connection

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
