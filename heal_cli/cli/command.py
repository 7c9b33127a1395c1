"""The command that was typed, as it may be shown and kept: without secrets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Final

from heal_cli.cli.terminal import CONTROL
from heal_cli.conninfo import mask

_DSN_FLAG: Final = re.compile(r"(?P<flag>--dsn=|-d=?)(?P<value>.+)", re.DOTALL)
_ASCII_END: Final = 0x80
_LONE_BYTE: Final = 0xDC00  # and its value: a byte of an argument that is no UTF-8 (PEP 383)
_UNSHOWN: Final = re.compile(CONTROL.pattern + r"|[\udc80-\udcff]")
_MAY_HOLD_SECRETS: Final = re.compile(r"://|password|secret", re.IGNORECASE)


def masked_command(arguments: Sequence[str]) -> str:
    """`heal ...` as one line for a shell, each connection string masked."""
    shown = []
    for before, argument in zip(["", *arguments], arguments, strict=False):
        flag = _DSN_FLAG.fullmatch(argument)
        if flag and not argument.startswith("--data"):
            shown.append(flag["flag"] + mask(flag["value"]))
        elif before in ("-d", "--dsn") or _MAY_HOLD_SECRETS.search(argument):
            shown.append(mask(argument))
        else:
            shown.append(argument)
    return " ".join(map(shell_word, ["heal", *shown]))


def shell_word(text: str) -> str:
    """One word of a command that can be pasted: a character that a terminal acts on, or no text, is an escape."""
    if not _UNSHOWN.search(text):
        return shlex.quote(text)
    escaped = _UNSHOWN.sub(_ansi_c, text.replace("\\", "\\\\").replace("'", "\\'"))
    return f"$'{escaped}'"


def _ansi_c(found: re.Match[str]) -> str:
    """The escape of bash, zsh and POSIX 2024."""
    code = ord(found[0])
    if code >= _LONE_BYTE:
        return f"\\x{code - _LONE_BYTE:02x}"
    return f"\\x{code:02x}" if code < _ASCII_END else f"\\u{code:04x}"
