"""tinygrad-edu tutorial: lessons, and what a learner does with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tinygrad_edu_words import LANGUAGES, _

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
plain_option = click.option("--plain", is_flag=True, help="Print lines of text only (the default without a terminal).")
_EXPORTED = ("ipynb", "html", "py")
exercise_argument = click.argument("exercise", metavar="[FILE|NAME]", required=False, default="")


def _do(name: str, *arguments: Any) -> None:
    from ..tutor import actions  # brings NumPy and rich, which `--help` need not wait for

    actions.run(getattr(actions, name), *arguments)


@click.group(invoke_without_command=True)
@plain_option
@json_option
@click.pass_context
def tutorial(context: click.Context, plain: bool, as_json: bool) -> None:
    """Learn how networks learn, in lessons: predict, look, write, and have it checked. In English and German.

    Without a command: on a terminal of at least 60 by 16 characters the page where you are, on the whole screen, where
    you read, predict, run, write and check; ? shows its keys. Otherwise where you are, and what to type next.

    \b
    Begin:
      tinygrad-edu tutorial start
      tinygrad-edu tutorial start lessons --lang de
    """
    if context.invoked_subcommand is None:
        _do("where", plain, as_json)
    looks = {"plain": plain, "as_json": as_json}  # `tutorial --json list` is `tutorial list --json`
    context.default_map = dict.fromkeys(tutorial.commands, looks)


@tutorial.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the lessons, and what is done of each."""
    _do("list_lessons", as_json)


@tutorial.command()
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default="tinygrad-tutorials")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), help="The language of the lessons.")
@plain_option
def start(folder: Path, language: str | None, plain: bool) -> None:
    """Make the folder for your exercises: tinygrad-tutorials, or DIR; and begin."""
    _do("start", folder, language, plain)


@tutorial.command("next")
@plain_option
@json_option
def next_command(plain: bool, as_json: bool) -> None:
    """Show the next page."""
    _do("next_page", plain, as_json)


@tutorial.command()
@click.argument("lesson", metavar="[LESSON]", required=False, default="")
@click.argument("page", metavar="[PAGE]", required=False, type=int)
@plain_option
@json_option
def read(lesson: str, page: int | None, plain: bool, as_json: bool) -> None:
    """Go to a lesson, by its number or name, where you left it; without LESSON, show this page again."""
    _do("read", lesson, page, plain, as_json)


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
        raise click.UsageError(_("--all checks every file: leave out the name"))
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


@tutorial.command()
@click.argument("lesson", metavar="[LESSON]", required=False, default="")
@click.option("--all", "all_lessons", is_flag=True, help="All lessons, each as a file of its own.")
@click.option(
    "--to",
    "kind",
    type=click.Choice(_EXPORTED),
    help="A notebook whose cells are checked, a page that needs no network, or one file of Python; by default, what "
    "the end of FILE says.",
)
@click.option(
    *("-o", "--output"),
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="Where to write; by default here, under the name of the lesson.",
)
@click.option("--with-solutions", "solutions", is_flag=True, help="For teachers: with what is right in its place.")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), help="The language of the lesson.")
@click.option("--force", is_flag=True, help="Also over a file that exists.")
def export(
    lesson: str,
    all_lessons: bool,
    kind: str | None,
    output: Path | None,
    solutions: bool,
    language: str | None,
    force: bool,
) -> None:
    """Write a lesson, by its number or name, as a notebook, a page, or a file of Python.

    \b
    Examples:
      tinygrad-edu tutorial export 8 --to ipynb
      tinygrad-edu tutorial export 8 --lang de -o backprop.html
      tinygrad-edu tutorial export --all --to ipynb --with-solutions -o for_teachers
    """
    if bool(lesson) == all_lessons:
        raise click.UsageError(_("which lesson? Give its number or its name, or --all"))
    kind = kind or (output.suffix[1:] if output else "")
    if kind not in _EXPORTED:
        raise click.UsageError(_("as what? Give --to ipynb, --to html or --to py, or -o FILE that ends so"))
    from ..tutor import exporting  # brings NumPy, which `--help` need not wait for

    exporting.export(lesson, kind, output, solutions, language, force)


@tutorial.command()
@click.argument("letters", metavar="[LETTER]...", nargs=-1)
@click.option("--after", is_flag=True, help="The second time, after the course: what has it brought?")
@click.option("--restart", is_flag=True, help="Forget the answers of this time, and begin it anew.")
@json_option
def quiz(letters: tuple[str, ...], after: bool, restart: bool, as_json: bool) -> None:
    """Answer 24 questions before the course, and once more after it: the gain is shown.

    In a terminal they are asked in turn; Ctrl-C loses nothing. Elsewhere LETTER answers the question that is open,
    several letters answer several questions, and "-" reads them from the input. x means "I do not know".

    \b
    Examples:
      tinygrad-edu tutorial quiz
      tinygrad-edu tutorial quiz b x a
      tinygrad-edu tutorial quiz --after --json - < answers.txt
    """
    from ..tutor import actions
    from ..tutor import quiz as face  # both bring NumPy

    actions.run(face.quiz, letters, after, restart, as_json)
