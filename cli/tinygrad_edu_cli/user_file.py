"""FILE.py:FUNC: a function of the user, without arguments, that returns a node.

The file is the user's own program, so it is run; what goes wrong in it is reported by its own lines.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import inspect
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from tinygrad_edu_words import _

from .errors import CommandError, FileError, UserCodeError, reason
from .output import encoding, shown

PATIENCE = 0.4  # seconds


def call(path: Path, name: str) -> Any:
    """What the function `name` of the file at `path` returns.

    Raises:
        FileError: the file cannot be read, or is no Python.
        CommandError: it has no such function, or the function needs arguments.
        UserCodeError: the user's code raised an exception.
    """
    _check(path)
    own_output = contextlib.redirect_stdout(sys.stderr)  # stdout is for our results
    with (
        announced(_("running {path}:{name} ...").format(path=path, name=name)),
        _importable(path.resolve().parent),
        own_output,
    ):
        module = _load(path)
        function = _find(module, path, name)
        with _failures_of(path, f"{name}()"):
            result = function()
        if inspect.iscoroutine(result):
            result.close()  # or Python would complain that nobody awaits it
        return result


@contextlib.contextmanager
def announced(text: str) -> Iterator[None]:
    """Show a text on a terminal if this takes long enough for a person to wonder whether anything happens."""
    clock = threading.Timer(PATIENCE, click.echo, [shown(text, encoding(sys.stderr))], {"err": True})
    clock.daemon = True
    if sys.stderr.isatty():
        clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _check(path: Path) -> None:
    """Refuse what is no Python file, before anything of it runs."""
    try:
        compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except OSError as error:
        near = _near(path)
        raise FileError(
            _("cannot read {path}: {why}").format(path=path, why=reason(error)),
            _("did you mean {near}?").format(near=near) if near else "",
        ) from None
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise FileError(
            _("{path}, line {lineno}: {msg}").format(path=path, lineno=error.lineno or 1, msg=error.msg), line
        ) from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise FileError(_("{path} is no Python file: {error}").format(path=path, error=error)) from None


def _near(path: Path) -> str:
    """A file that was probably meant."""
    try:
        names = [other.name for other in path.parent.glob("*.py")]
    except OSError:
        return ""
    return "".join(str(path.parent / name) for name in difflib.get_close_matches(path.name, names, n=1))


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let the file import its neighbours, as Python does, and leave nothing behind: no path, no module, no cache."""
    path, writes_none, known = list(sys.path), sys.dont_write_bytecode, set(sys.modules)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.path[:] = path
        sys.dont_write_bytecode = writes_none
        for name in set(sys.modules) - known:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).resolve().parent == folder:
                del sys.modules[name]


def _load(path: Path) -> ModuleType:
    name = f"user_file_{path.stem}"  # not the stem alone: a numpy.py must not stand in for NumPy
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look their module up
    with _failures_of(path, _("the file")):
        spec.loader.exec_module(module)
    return module


def _find(module: ModuleType, path: Path, name: str) -> Callable[[], Any]:
    own = [key for key, item in vars(module).items() if inspect.isfunction(item) and item.__module__ == module.__name__]
    shown = [key for key in own if not key.startswith("_")]
    function = getattr(module, name, None) if name else None
    if not callable(function):
        near = difflib.get_close_matches(name, own, n=1)
        hint = _("its functions are: {shown}").format(shown=", ".join(shown)) if shown else _("it defines no function")
        what = (
            _("{path} has no function '{name}'").format(path=path, name=name)
            if name
            else _("{path}: name the function, as in {path}:FUNC").format(path=path)
        )
        raise CommandError(
            what, _("did you mean {near}?").format(near=f"{path}:{near[0]}") + f"\n{hint}" if near else hint
        )
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return function
    needed = [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if needed:
        raise CommandError(
            _("the function {name} of {path} needs arguments: {needed}").format(
                name=name, path=path, needed=", ".join(needed)
            ),
            _("write one without, as in\ndef example():\n    return {name}(...)").format(name=name),
        )
    return function


@contextlib.contextmanager
def _failures_of(path: Path, what: str) -> Iterator[None]:
    """Report an exception of the user's code by the user's line."""
    try:
        yield
    except KeyboardInterrupt:  # Ctrl-C is no failure
        raise
    except BaseException as error:  # the user's own kinds, too
        said, *more = "".join(traceback.format_exception_only(error)).strip().splitlines()
        said = said.removeprefix("tinygrad_edu.errors.")
        raise UserCodeError(
            _("{what} of {path} raised {said}").format(what=what, path=path, said=said),
            "\n".join([*_line(error, path), *more]),
        ) from None


def _line(error: BaseException, path: Path) -> list[str]:
    """The innermost line in the user's folder that led to an exception."""
    folder = path.resolve().parent
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve().parent == folder]
    if not frames:
        return []
    return [
        _("{filename}, line {lineno}, in {name}:").format(
            filename=frames[-1].filename, lineno=frames[-1].lineno, name=frames[-1].name
        ),
        f"  {frames[-1].line}",
    ]
