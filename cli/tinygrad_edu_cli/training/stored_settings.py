"""Settings as the files of a run hold them: checked as the options of the command line are."""

from __future__ import annotations

from functools import cache
from typing import Any

import click

from tinygrad_edu.storage.schema import Check, Mismatch, boolean, list_of, optional, plain, text, whole
from tinygrad_edu_words import _

from .options import MOST_UNITS, Net, run_options


@cache
def setting(name: str) -> Check:
    """The check of an option's value as a file holds it, in JSON's types: the same as on the command line."""
    option = _by_name()[name]
    typed = {type(click.STRING): optional(text), type(click.BOOL): optional(boolean)}
    single = typed.get(type(option.type), plain)
    one = single if option.nargs == 1 else list_of(single, option.nargs)

    def check(value: Any) -> Any:
        if isinstance(option.type, Net):
            value = "-".join(map(str, list_of(whole(1, MOST_UNITS))(value)))
        value = one(value)
        if value is None:
            raise Mismatch(_("is missing"))
        try:
            if option.nargs == 1:
                return option.type.convert(value, None, None)
            return tuple(option.type.convert(each, None, None) for each in value)
        except click.BadParameter as error:
            raise Mismatch(_("is wrong: {message}").format(message=error.message)) from None

    return check


@cache
def _by_name() -> dict[str, click.Option]:
    command = click.command()(run_options(lambda: None))
    return {str(param.name): param for param in command.params if isinstance(param, click.Option)}
