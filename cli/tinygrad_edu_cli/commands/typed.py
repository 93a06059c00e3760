"""What was typed on the command line, and is no default."""

import click


def was_typed(context: click.Context, name: str | None) -> bool:
    """Whether the value of a parameter, by its name in Python, was typed."""
    return context.get_parameter_source(str(name)) is click.core.ParameterSource.COMMANDLINE
