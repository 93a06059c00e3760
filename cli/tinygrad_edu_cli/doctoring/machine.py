"""What every run needs, and what pictures, data and lessons do: Python, NumPy, Graphviz, fonts, terminal, extras."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import numpy as np

import tinygrad_edu
from tinygrad_edu_tutorials.learning.finding import EXTRAS
from tinygrad_edu_viz.pictures import dot_binary
from tinygrad_edu_words import _

from .. import output
from ..tui import COLUMNS, ROWS
from .finding import Finding, first_line

OLDEST = 3, 11
THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"
DOT = "apt install graphviz | brew install graphviz | winget install Graphviz"


def python() -> Iterator[Finding]:
    version = platform.python_version()
    where = _("in a virtual environment") if sys.prefix != sys.base_prefix else _("not in a virtual environment")
    is_old = sys.version_info[:2] < OLDEST
    yield Finding(
        "Python", "old" if is_old else "works", f"{version}, {where}", _("install Python 3.11 or newer") * is_old
    )
    folder = Path(tinygrad_edu.__file__).parents[1]
    yield Finding("tinygrad-edu", "works", f"{tinygrad_edu.__version__}, {folder}")


def numpy() -> Iterator[Finding]:
    yield Finding("NumPy", "works", np.__version__)
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    said = [f"{name}={os.environ[name]}" for name in THREADS if os.environ.get(name)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = ", ".join(said) or _("as many threads as there are cores, {cores}").format(cores=cores)
    yield Finding("BLAS", "works", f"{blas['name']} {blas['version']}, {threads}")


def graphviz() -> Iterator[Finding]:
    program = dot_binary.choose()
    if program is None:
        advice = f"pip install graphviz-pure   ({DOT})"
        yield Finding("Graphviz", "broken", _("neither dot nor graphviz-pure is found"), advice)
        return
    if Path(program).stem != "dot":
        yield Finding("Graphviz", "works", _("graphviz-pure: svg and png, no pdf"), DOT)
        return
    try:
        spoken = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("Graphviz", "broken", f"{program}: {first_line(error)}", DOT)
        return
    version = (spoken.stderr or spoken.stdout).strip()
    if spoken.returncode:
        yield Finding("Graphviz", "broken", f"{program}: {version or spoken.returncode}", DOT)
    else:
        yield Finding("Graphviz", "works", version)


def fonts() -> Iterator[Finding]:
    """Letters on pictures."""
    try:
        from tinygrad_edu_viz.pictures import fonts  # needs the extra `plots`
    except ImportError:
        yield Finding(_("fonts"), "absent", _("pictures with letters need the extra plots"), _install("plots"))
        return
    lacking = fonts.missing("∂·Σ→η²ß漢한")
    if lacking:
        fact = _("no font has {letters}: names with such letters are drawn as frames").format(letters=lacking)
        yield Finding(_("fonts"), "absent", fact, "apt install fonts-noto-cjk")
    else:
        yield Finding(_("fonts"), "works", _("formulas, and Chinese, Japanese and Korean names"))


def terminal() -> Iterator[Finding]:
    columns, lines = shutil.get_terminal_size()
    if not output.can_redraw():
        fact = _("this is none that can redraw: commands print lines")
        yield Finding(_("terminal"), "absent", fact)
        return
    coding = output.encoding(sys.stdout)
    signs = _("without the signs of boxes") if output.is_ascii() else coding
    colours = _("with colours") if output.has_colour() else _("without colours")
    is_small = columns < COLUMNS or lines < ROWS
    larger = _("make it at least {columns} columns wide and {rows} lines high")
    advice = larger.format(columns=COLUMNS, rows=ROWS) * is_small
    fact = f"{columns}×{lines}, {signs}, {colours}"
    yield Finding(_("terminal"), "old" if is_small else "works", fact, advice)


def extras() -> Iterator[Finding]:
    for extra, modules in EXTRAS.items():
        missing: list[str] = []
        broken: list[str] = []
        versions: list[str] = []
        for module in modules:
            try:
                importlib.import_module(module)
                versions.append(_version(module))
            except ModuleNotFoundError as error:
                (missing if error.name == module else broken).append(f"{module} ({first_line(error)})")
            except Exception as error:  # a damaged installation raises whatever it likes
                broken.append(f"{module} ({first_line(error)})")
        name = _("extra {extra}").format(extra=extra)
        if broken:
            yield Finding(name, "broken", ", ".join(broken), f"pip install --force-reinstall {' '.join(modules)}")
        elif missing:
            fact = _("not installed: {modules}").format(modules=", ".join(m.partition(" ")[0] for m in missing))
            yield Finding(name, "absent", fact, _install(extra))
        else:
            yield Finding(name, "works", ", ".join(versions))


def _version(module: str) -> str:
    names = metadata.packages_distributions().get(module, [module])
    return f"{names[0]} {metadata.version(names[0])}"


def _install(extra: str) -> str:
    return f"pip install 'tinygrad-edu[{extra}]'"
