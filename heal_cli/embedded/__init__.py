"""The embedded PostgreSQL: found, initialised, started once for everybody, stopped when told."""

from heal_cli.embedded.binaries import find_binaries
from heal_cli.embedded.folders import default_data_dir
from heal_cli.embedded.supervisor import Server, Status, start, status, stop

__all__ = ["Server", "Status", "default_data_dir", "find_binaries", "start", "status", "stop"]
