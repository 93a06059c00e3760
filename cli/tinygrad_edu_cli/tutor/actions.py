"""What each command of `tutorial` does: the session is asked, and what it gives is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

import tinygrad_edu_words
from tinygrad_edu_tutorials.learning import advice, session
from tinygrad_edu_tutorials.learning.advice import Step
from tinygrad_edu_tutorials.learning.problems import Problem
from tinygrad_edu_tutorials.learning.session import Checked, Page, Session
from tinygrad_edu_tutorials.learning.workspace import NAME, Workspace
from tinygrad_edu_words import _

from .. import output
from ..errors import MISSING, NEGATIVE, UNREADABLE, USAGE, CommandError, FileError, MissingPieceError, NegativeResult
from . import facts, lines, said, screen

_ERRORS = {"negative": NegativeResult, "usage": CommandError, "missing": MissingPieceError, "unreadable": FileError}
assert [kind.exit_code for kind in _ERRORS.values()] == [NEGATIVE, USAGE, MISSING, UNREADABLE]


@contextmanager
def errors() -> Iterator[None]:
    """Problems of a session become errors of the command."""
    try:
        yield
    except Problem as problem:
        raise _ERRORS[problem.kind](problem.message, problem.hint) from None


def here() -> Session | None:
    """The session of the current folder, whose language is spoken from here on; None if there is none."""
    found = Session.find(_current_folder(), tinygrad_edu_words.language())
    if found is not None:
        tinygrad_edu_words.choose(found.state.language)
        if found.workspace.damaged:
            told = _("{name} was damaged. It is kept as {aside}, and what is done was found out anew from your files.")
            click.echo(output.shown(told.format(name=NAME, aside=found.workspace.damaged)), err=True)
    return found


def _current_folder() -> Path:
    """Where we are.

    Raises:
        FileError: that was deleted meanwhile.
    """
    try:
        return Path.cwd()
    except OSError:
        raise FileError(
            _("the folder that you are in is gone"), _("go to another: {command}").format(command="cd ~")
        ) from None


def _beside() -> Path | None:
    """The tutorial folder that stands in the current one, where somebody may have begun yesterday."""
    found = sorted(Path.cwd().glob(f"*/{NAME}"))
    return found[0].parent.relative_to(Path.cwd()) if found else None


def open_session() -> Session:
    """The session of the current folder.

    Raises:
        CommandError: there is none.
    """
    found = here()
    if found is None:
        hint = _("make one: {start}\nor go to yours with cd").format(start="tinygrad-edu tutorial start")
        if beside := _beside():
            hint = _("go to yours: {command}").format(command=f"cd {_in_shell(beside)}")
        raise CommandError(_("this folder is no tutorial folder, nor are those above it"), hint)
    return found


def say(as_json: bool, found: dict[str, Any], text: Iterable[str], steps: list[Step] = ()) -> None:  # type: ignore[assignment]
    """Print a result, and what to type next."""
    if as_json:
        click.echo(json.dumps(found | {"next": facts.steps(steps)}, ensure_ascii=False, allow_nan=False))
        return
    output.say("\n".join(text).rstrip("\n"))
    if steps:
        output.say("")
        for line in lines.steps(steps):
            output.say(line)


def show(found: Session, page: Page, left: Page | None = None, message: str = "") -> None:
    """Show a page on the screen; when it is left, say how to come back."""
    found = screen.show(found, page, left, message)
    if not found.workspace.root.is_dir():  # renamed meanwhile, or deleted
        raise FileError(
            _("the folder {folder} is gone").format(folder=found.workspace.root),
            _("go to where it is, and type: {command}").format(command="tinygrad-edu tutorial"),
        )
    last = found.here()
    told = _("Lesson {name}, page {n} of {total}: all is kept.")
    text = [told.format(name=last.lesson.name, n=last.number, total=last.total)] if last else []
    say(False, {}, text, [*_to_folder(found.workspace.root), Step(_("To go on:"), "tinygrad-edu tutorial")])


def _to_folder(folder: Path) -> list[Step]:
    """How to go to a learner's folder, for who is not in it."""
    if Path.cwd().is_relative_to(folder.resolve()):
        return []
    with suppress(ValueError):
        folder = folder.relative_to(Path.cwd())
    return [Step(_("Go there:"), f"cd {_in_shell(folder)}")]


def where(plain: bool, as_json: bool) -> None:
    found = here()
    if found is not None and not (plain or as_json) and screen.is_welcome():
        show(found, found.read())
        return
    if found is None:
        if beside := _beside():
            told, steps = (
                _("{folder} is your tutorial folder.").format(folder=beside),
                [*_to_folder(beside), Step(_("To go on:"), "tinygrad-edu tutorial")],
            )
        else:
            told = _("Lessons that you predict, look at and write: in this folder they have not begun yet.")
            steps = advice.to_begin()
        say(as_json, {"workspace": None}, [told], steps)
        return
    page = found.here()
    if page is None:
        told, steps = _("Nothing is read yet."), [Step(_("Begin:"), "tinygrad-edu tutorial next")]
        say(as_json, {"workspace": str(found.workspace.root), "lesson": None}, [told], steps)
        return
    told = _("Lesson {name}, page {n} of {total}: {title}").format(
        name=page.lesson.name, n=page.number, total=page.total, title=page.lesson.head.get("title", "")
    )
    steps = [*advice.after_page(found, page), Step(_("To see this page again:"), "tinygrad-edu tutorial read")]
    of_page = facts.page(found, page)
    shown = {name: of_page[name] for name in ("lesson", "title", "page", "pages", "open")}
    say(as_json, {"workspace": str(found.workspace.root), **shown}, [told], steps)


def list_lessons(as_json: bool) -> None:
    found = session.rows(here(), tinygrad_edu_words.language())
    for line in (json.dumps(facts.row(row), ensure_ascii=False) for row in found) if as_json else lines.rows(found):
        output.say(line)


def start(folder: Path, language: str | None, plain: bool) -> None:
    language = language or tinygrad_edu_words.language()
    tinygrad_edu_words.choose(language)
    _current_folder()
    if folder.exists() and not folder.is_dir():
        raise FileError(_("{folder} is a file").format(folder=folder), _("give the name of a folder, or of none yet"))
    existing = (folder / NAME).exists()
    if existing:
        found = Session.find(folder, language)
        assert found is not None
        if language != found.state.language:
            found.state.language = language
            found.workspace.save()
        told = _("{folder} is your tutorial folder already; your files are as they were.")
    else:
        found = Session(Workspace.make(folder, language))
        told = _("{folder} is your tutorial folder. Open it in your editor; your exercises will appear in it.")
    told = told.format(folder=folder)
    if not plain and screen.is_welcome():
        show(found, found.read(), message=told)
        return
    say(False, {}, [told], [*_to_folder(folder), Step(_("The first page:"), "tinygrad-edu tutorial next")])


def next_page(plain: bool, as_json: bool) -> None:
    found = open_session()
    before = found.here()
    page = found.next()
    if not (plain or as_json) and screen.is_welcome():
        if page:
            show(found, page, before)
        else:
            show(found, found.read(), message=said.last_page())
        return
    if page is None:
        steps = [Step(_("What there is, and what is done:"), "tinygrad-edu tutorial list")]
        say(as_json, {"lesson": None}, [said.last_page()], steps)
        return
    text = [*(lines.left(found, before) if before else ()), *lines.page(page)]
    say(as_json, facts.page(found, page), text, advice.after_page(found, page))


def read(word: str, number: int | None, plain: bool, as_json: bool) -> None:
    found = open_session()
    page = found.read(word, number)
    if not (plain or as_json) and screen.is_welcome():
        show(found, page)
        return
    say(as_json, facts.page(found, page), lines.page(page), advice.after_page(found, page))


def answer(key: str, given: str, as_json: bool) -> None:
    at_work = open_session()
    found = at_work.answer(key, given)
    say(as_json, facts.answered(found), lines.answered(found), advice.after_answer(at_work, found))
    _exit_unless(found.right)


def check(word: str, all_files: bool, as_json: bool) -> None:
    found = open_session()
    if not all_files:
        _exit_unless(show_check(found, found.check(word), as_json))
        return
    passed = [show_check(found, each, as_json, brief=True) for each in found.check_all()]
    if not passed:
        raise NegativeResult(
            _("there is no exercise to check yet"), _("see: {command}").format(command="tinygrad-edu tutorial next")
        )
    _exit_unless(all(passed))


def show_check(found: Session, checked: Checked, as_json: bool, brief: bool = False) -> bool:
    """Print a verdict; gives whether it is "right"."""
    if brief and not as_json:
        output.say(f"--- {found.workspace.shown(checked.file)}")
    steps = [] if brief and not as_json else advice.after_check(checked)
    say(as_json, facts.checked(found, checked), lines.checked(found, checked), steps)
    return checked.verdict.passed


def hint(word: str, as_json: bool) -> None:
    found = open_session().hint(word)
    say(as_json, facts.hint(found), lines.hint(found), advice.after_hint(found))


def solution(word: str, as_json: bool) -> None:
    found = open_session().solution(word)
    say(as_json, facts.hint(found), lines.hint(found))


def reset(word: str, as_json: bool) -> None:
    found = open_session()
    path, mine = found.reset(word)
    shown = found.workspace.shown
    told = [_("{file} is as it was at first.").format(file=shown(path))]
    if mine:
        told.append(_("What you had written is kept as {file}.").format(file=shown(mine)))
    say(as_json, {"file": str(path), "kept": str(mine) if mine else None}, told)


def watch(as_json: bool) -> None:
    from .watching import saved  # its package is seldom needed

    found = open_session()
    output.say(_("Save a file, and it is checked. Ctrl-C ends this.")) if not as_json else None
    for path in saved(found):
        found = open_session()  # another command may have gone on
        show_check(found, found.check(str(path)), as_json, brief=True)


def run(action: Callable[..., None], *arguments: Any) -> None:
    """Do what a command does, with problems as errors."""
    with errors():
        action(*arguments)


def _exit_unless(right: bool) -> None:
    if not right:
        click.get_current_context().exit(NEGATIVE)


def _in_shell(folder: Path) -> str:
    text = str(folder)
    return text if text.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum() else f'"{text}"'
