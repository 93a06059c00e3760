"""tinygrad-edu tutorial: lessons, and what a learner does with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import LANGUAGES

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
exercise_argument = click.argument("exercise", metavar="[FILE|NAME]", required=False, default="")


def _do(name: str, *arguments: Any) -> None:
    from ..tutor import actions  # brings NumPy and rich, which `--help` need not wait for

    actions.run(getattr(actions, name), *arguments)


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def tutorial(context: click.Context, as_json: bool) -> None:
    """Learn how networks learn, in lessons: predict, look, write, and have it checked. In English and German.

    Without a command: where you are, and what to type next.

    \b
    Begin:
      tinygrad-edu tutorial start
      tinygrad-edu tutorial start lessons --lang de
    """
    if context.invoked_subcommand is None:
        _do("where", as_json)


@tutorial.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the lessons, and what is done of each."""
    _do("list_lessons", as_json)


@tutorial.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default="tinygrad-tutorials")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), help="The language of the lessons.")
def start(folder: Path, language: str | None) -> None:
    """Make the folder for your exercises: tinygrad-tutorials, or DIR."""
    _do("start", folder, language)


@tutorial.command("next")
@json_option
def next_command(as_json: bool) -> None:
    """Show the next page."""
    _do("next_page", as_json)


@tutorial.command()
@click.argument("lesson", metavar="[LESSON]", required=False, default="")
@click.argument("page", metavar="[PAGE]", required=False, type=int)
@json_option
def read(lesson: str, page: int | None, as_json: bool) -> None:
    """Go to a lesson, by its number or name, where you left it; without LESSON, show this page again."""
    _do("read", lesson, page, as_json)


@tutorial.command(context_settings={"ignore_unknown_options": True})
@click.argument("key")
@click.argument("answer")
@json_option
def answer(key: str, answer: str, as_json: bool) -> None:
    """Answer a prediction: a number, or the letter of a choice. The exit code is 1 if it is wrong."""
    _do("answer", key, answer, as_json)


@tutorial.command()
@exercise_argument
@click.option("--all", "all_files", is_flag=True, help="Check all files that there are.")
@json_option
def check(exercise: str, all_files: bool, as_json: bool) -> None:
    """Check the open exercise, or another. The exit code is 1 if it is not right yet."""
    if exercise and all_files:
        raise click.UsageError("--all checks every file: leave out the name")
    _do("check", exercise, all_files, as_json)


@tutorial.command()
@exercise_argument
@json_option
def hint(exercise: str, as_json: bool) -> None:
    """Show the next hint; there are three."""
    _do("hint", exercise, as_json)


@tutorial.command()
@exercise_argument
@json_option
def solution(exercise: str, as_json: bool) -> None:
    """Show a solution, after the third hint or once yours is right."""
    _do("solution", exercise, as_json)


@tutorial.command()
@click.argument("exercise", metavar="FILE|NAME")
@json_option
def reset(exercise: str, as_json: bool) -> None:
    """Bring an exercise back as it was; your file stays as NAME.mine-1.py."""
    _do("reset", exercise, as_json)


@tutorial.command()
@json_option
def watch(as_json: bool) -> None:
    """Check each file when you save it, until Ctrl-C."""
    _do("watch", as_json)
