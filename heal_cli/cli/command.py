"""The command that was typed, as it may be shown and kept: without secrets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Final

from heal_cli.conninfo import mask

_DSN_FLAG: Final = re.compile(r"(?P<flag>--dsn=|-d=?)(?P<value>.+)", re.DOTALL)
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
    return shlex.join(["heal", *shown])
