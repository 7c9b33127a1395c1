"""Commands that take some of the flags of a load, or all of them, as one object."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from dataclasses import fields
from typing import Annotated, Any, get_type_hints

from heal_cli.cli.load_flags import LoadFlags


def with_load_flags(command: Callable[..., None]) -> Callable[..., None]:
    """`command`, whose parameter `flags: LoadFlags` is, as Typer has to see it, an option a field."""
    return with_flags(*(field.name for field in fields(LoadFlags)))(command)


def with_flags(*names: str, **helps: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The same for a command that takes only these of the flags, some with a help of its own."""
    hints = get_type_hints(LoadFlags, include_extras=True)
    types = {name: hints[name] for name in names} | {
        name: _helped(hints[name], help) for name, help in helps.items()
    }

    def spread_flags(command: Callable[..., None]) -> Callable[..., None]:
        options = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in types.items()
        ]

        def spread(**values: Any) -> None:
            flags = LoadFlags(**{name: values.pop(name) for name in types})
            command(**values, flags=flags)

        signature = inspect.signature(command, eval_str=True)
        own = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in signature.parameters.values()
            if parameter.name != "flags"
        ]
        spread.__name__, spread.__doc__ = command.__name__, command.__doc__
        spread.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *options]}
        spread.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
        return spread

    return spread_flags


def _helped(hint: Any, help: str) -> Any:
    """The flag with another help text."""
    option = copy(hint.__metadata__[0])
    option.help = help
    return Annotated[hint.__origin__, option]
