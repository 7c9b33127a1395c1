"""Where a traceback goes: a file for the report of the defect, never the terminal."""

from __future__ import annotations

import os
import platform
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from heal_cli.cli.command import masked_command
from heal_cli.conninfo import mask_text
from heal_cli.errors import RecordError, UsageError


def keep_traceback(error: Exception, arguments: Sequence[str]) -> str:
    """Write the traceback, without secrets, to a private file; the sentence that says where it is."""
    from heal_cli.durable import DurableFile
    from heal_cli.homes import state_dir

    lines = [
        f"heal {version('heal-cli')}, Python {platform.python_version()}, {platform.platform()}",
        masked_command(arguments),
        *traceback.format_exception(error),
    ]
    try:
        folder = Path(os.environ.get("HEAL_STATE_DIR") or state_dir())
        path = folder / "crashes" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.{os.getpid()}.log"
        file = DurableFile(path, "the traceback")
        file.append(without_secrets("\n".join(lines), arguments).encode("utf-8", "backslashreplace"))
        file.close()
    except (RecordError, UsageError) as failure:
        return f"Please report it: {type(error).__name__}; the traceback could not be kept: {failure.message}"
    return f"Please report it, with what is in {str(path)!r}"


def without_secrets(text: str, arguments: Sequence[str]) -> str:
    """`text` without the passwords of any connection string that this process was given."""
    given = [*arguments, os.environ.get("HEAL_DSN", ""), os.environ.get("DATABASE_URL", "")]
    for one in given:
        conninfo = one.removeprefix("--dsn=").removeprefix("-d")
        if "://" in conninfo or "password=" in conninfo.replace(" ", ""):
            text = mask_text(text, conninfo)
    password = os.environ.get("PGPASSWORD")
    return text.replace(password, "***") if password else text
