"""tinygrad-edu help, and tinygrad-edu completion."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import _

from ..completion import SHELLS
from ..errors import CommandError


def _commands(context: click.Context, param: Any, incomplete: str) -> list[str]:
    group = context.find_root().command
    return [name for name in group.list_commands(context) if name.startswith(incomplete)]  # type: ignore[attr-defined]


@click.command("help")
@click.argument("name", metavar="[COMMAND]", required=False, shell_complete=_commands)
@click.pass_context
def help_command(context: click.Context, name: str | None) -> None:
    """Explain a command; without COMMAND, list them all."""
    root = context.find_root()
    if name is None:
        click.echo(root.get_help())
        return
    _name, command, _rest = root.command.resolve_command(root, [name])  # type: ignore[attr-defined]
    command.make_context(name, ["--help"], parent=root)


@click.command()
@click.argument("shell", metavar="[bash|zsh|fish]", required=False, type=click.Choice(list(SHELLS)))
def completion(shell: str | None) -> None:
    """Say what makes a shell complete commands, options, data sets, files and names at the Tab key.

    Without an argument: for the shell that SHELL names. The lines may be appended to the shell's file as they are.

    \b
    Examples:
      tinygrad-edu completion bash
      tinygrad-edu completion zsh >> ~/.zshrc
    """
    shell = shell or Path(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        raise CommandError(
            _("completion for which shell?"),
            _("write one: tinygrad-edu completion {shells}").format(shells="|".join(SHELLS)),
        )
    file, line = SHELLS[shell]
    click.echo(
        _("# Completion of tinygrad-edu: put this into {file}, and open a new terminal.").format(file=file)
        + f"\n{line}"
    )
